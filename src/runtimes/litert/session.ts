// A TFLite file behind the session that all runtimes share: named tensors in, named tensors out, any number of rows.

import { errors } from '../../errors.ts';
import { type Interface, type Port, quantizationOf } from '../../formats/tflite/interface.ts';
import type { TfliteFile } from '../../formats/tflite/records.ts';
import type { DType } from '../../graph/dtype.ts';
import { type Tensor, tensorFromBytes } from '../../graph/tensor.ts';
import { checkFeeds } from '../feeds.ts';
import type { Session, TensorInfo } from '../session.ts';
import { type Compiled, compile, type Slot } from './compiled.ts';
import { type Library, NAME } from './library.ts';
import { batchSizes, hasRows, withRows } from './resize.ts';
import { areClose, hasDifferentRows, joinRows, sliceRows } from './rows.ts';

export type Source = {
  readonly bytes: Uint8Array;
  readonly file: TfliteFile;
  readonly ports: Interface;
  /** For messages. */
  readonly label: string;
};

export async function openSession(library: Library, source: Source): Promise<Session> {
  const { ports } = source;
  const inRows = hasRows(ports);
  const scales = quantizationOf(ports);
  const describe = ({ name, tensor }: Port): TensorInfo => {
    const shape = tensor.shape?.map((dim, axis) => (inRows && axis === 0 ? 'batch' : dim));
    const info = { name, dtype: tensor.type as DType, shape };
    const quantization = scales[name];
    return quantization === undefined ? info : { ...info, quantization };
  };
  const inputs = ports.inputs.map(describe);
  const outputs = ports.outputs.map(describe);
  const runner = new Runner(library, source);
  await runner.sized(1);
  let isReleased = false;
  const running = new Set<Promise<unknown>>();
  return {
    runtime: NAME,
    inputs,
    outputs,
    async run(feeds, wanted) {
      if (isReleased) throw errors.RUNTIME_FAILED(NAME, 'the session was released');
      checkFeeds(inputs, feeds);
      const names = wanted ?? outputs.map(({ name }) => name);
      const places = names.map((name) => placeOf(outputs, name));
      const given = inputs.map(({ name }) => feeds[name] as Tensor);
      const run = inRows ? runner.runRows(given) : runner.runWhole(given);
      running.add(run);
      const results = await run.finally(() => running.delete(run));
      return Object.fromEntries(names.map((name, index) => [name, results[places[index] ?? 0] as Tensor]));
    },
    async release() {
      isReleased = true;
      await Promise.allSettled(running);
      await runner.release();
    },
  };
}

function placeOf(outputs: readonly TensorInfo[], name: string): number {
  const place = outputs.findIndex((output) => output.name === name);
  if (place >= 0) return place;
  const known = outputs.map((output) => output.name).join(', ');
  throw errors.RUNTIME_FAILED(NAME, `the model has no output ${name}; it has ${known}`);
}

class Runner {
  readonly #library: Library;
  readonly #source: Source;
  readonly #sizes: readonly number[];
  readonly #compiled = new Map<number, Promise<Compiled>>();
  /** undefined until rows run together were compared with rows run one by one. */
  #mayResize: boolean | undefined;

  constructor(library: Library, source: Source) {
    this.#library = library;
    this.#source = source;
    this.#sizes = batchSizes(source.file, source.ports, source.bytes.length);
    if (this.#sizes.length === 1) this.#mayResize = false;
  }

  async release(): Promise<void> {
    const all = [...this.#compiled.values()];
    this.#compiled.clear();
    for (const compiled of all) await compiled.then((each) => each.release()).catch(() => undefined);
  }

  /** The model for this many rows; for 1, as the file has it. */
  sized(rows: number): Promise<Compiled> {
    const known = this.#compiled.get(rows);
    if (known) return known;
    const { bytes, file, ports, label } = this.#source;
    const slot = ({ name, tensor }: Port): Slot => {
      const dims = tensor.shape ?? [];
      return { name, dtype: tensor.type as DType, dims: rows === 1 ? dims : [rows, ...dims.slice(1)] };
    };
    const made = compile(this.#library, rows === 1 ? bytes : withRows(file, ports, rows), {
      signature: ports.signature,
      inputs: ports.inputs.map(slot),
      outputs: ports.outputs.map(slot),
      label,
    });
    this.#compiled.set(rows, made);
    made.catch(() => this.#compiled.delete(rows));
    return made;
  }

  async runWhole(feeds: readonly Tensor[]): Promise<Tensor[]> {
    return (await this.sized(1)).run(feeds);
  }

  async runRows(feeds: readonly Tensor[]): Promise<Tensor[]> {
    const rows = this.#countRows(feeds);
    if (rows === 0)
      return this.#source.ports.outputs.map(({ tensor }) => emptyRows(tensor.type, tensor.shape));
    const smallest = this.#sizes.at(-2);
    if (this.#mayResize === undefined && smallest !== undefined && rows >= smallest) {
      await this.#tryResizing(feeds, smallest);
    }
    const parts: Tensor[][] = [];
    for (let at = 0; at < rows; ) {
      const size = this.#mayResize ? (this.#sizes.find((each) => each <= rows - at) ?? 1) : 1;
      const compiled = await this.sized(size);
      parts.push(await compiled.run(feeds.map((feed) => sliceRows(feed, at, size))));
      at += size;
    }
    return this.#source.ports.outputs.map((_, index) => joinRows(parts.map((part) => part[index] as Tensor)));
  }

  #countRows(feeds: readonly Tensor[]): number {
    const [first, ...others] = feeds.map(({ dims }) => dims[0] ?? 0);
    const odd = others.findIndex((count) => count !== first);
    if (odd < 0) return first ?? 0;
    const name = this.#source.ports.inputs[odd + 1]?.name ?? '';
    throw errors.FEED_INVALID(name, `it has ${others[odd]} rows, and the first input has ${first}`);
  }

  // A Reshape with the batch written into it, say, does not take more rows, or mixes them up.
  async #tryResizing(feeds: readonly Tensor[], size: number): Promise<void> {
    const some = feeds.map((feed) => sliceRows(feed, 0, size));
    if (!some.some(hasDifferentRows)) return;
    try {
      const together = await (await this.sized(size)).run(some);
      const single = await this.sized(1);
      const each: Tensor[][] = [];
      for (let row = 0; row < size; row++)
        each.push(await single.run(some.map((feed) => sliceRows(feed, row, 1))));
      this.#mayResize = together.every((tensor, index) =>
        areClose(joinRows(each.map((outputs) => outputs[index] as Tensor)), tensor),
      );
    } catch {
      this.#mayResize = false;
    }
    if (!this.#mayResize) await this.#forget(size);
  }

  async #forget(size: number): Promise<void> {
    const compiled = this.#compiled.get(size);
    this.#compiled.delete(size);
    await compiled?.then((each) => each.release()).catch(() => undefined);
  }
}

function emptyRows(type: string, shape: readonly number[] = []): Tensor {
  return tensorFromBytes(type as DType, [0, ...shape.slice(1)], new Uint8Array());
}

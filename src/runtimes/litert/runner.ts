// A model whose inputs have one size but for their rows: as many of those as there are, in the batches that pay.

import { errors } from '../../errors.ts';
import type { Interface, Port } from '../../formats/tflite/interface.ts';
import type { TfliteFile } from '../../formats/tflite/records.ts';
import { byteLength, type DType } from '../../graph/dtype.ts';
import { elementCount, type Tensor, tensorFromBytes } from '../../graph/tensor.ts';
import { type Compiled, compile, type OutputSlot, type Slot } from './compiled.ts';
import type { Library } from './library.ts';
import { batchSizes, withRows } from './resize.ts';
import { areClose, hasDifferentRows, joinRows, sliceRows } from './rows.ts';

export type Source = {
  readonly bytes: Uint8Array;
  readonly file: TfliteFile;
  readonly ports: Interface;
  /** For messages. */
  readonly label: string;
};

export class Runner {
  readonly #library: Library;
  readonly #source: Source;
  readonly #inRows: boolean;
  readonly #sizes: readonly number[];
  readonly #compiled = new Map<number, Promise<Compiled>>();
  /** undefined until rows run together were compared with rows run one by one. */
  #mayResize: boolean | undefined;

  constructor(library: Library, source: Source, inRows: boolean) {
    this.#library = library;
    this.#source = source;
    this.#inRows = inRows;
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
    const input = ({ name, tensor }: Port): Slot => {
      const dims = tensor.shape ?? [];
      return { name, dtype: tensor.type as DType, dims: rows === 1 ? dims : [rows, ...dims.slice(1)] };
    };
    const output = ({ name, tensor }: Port): OutputSlot => {
      const dims = (tensor.shape ?? []).map((dim, axis) => {
        if (this.#inRows && axis === 0) return rows;
        return tensor.shapeSignature?.[axis] === -1 ? null : dim;
      });
      return { name, dtype: tensor.type as DType, dims };
    };
    const made = compile(this.#library, rows === 1 ? bytes : withRows(file, ports, rows), {
      signature: ports.signature,
      inputs: ports.inputs.map(input),
      outputs: ports.outputs.map(output),
      label,
    });
    this.#compiled.set(rows, made);
    made.catch(() => this.#compiled.delete(rows));
    return made;
  }

  /** Not more than so many rows at once. */
  async run(feeds: readonly Tensor[], atMost = Number.POSITIVE_INFINITY): Promise<Tensor[]> {
    if (!this.#inRows) return (await this.sized(1)).run(feeds);
    const rows = this.#countRows(feeds);
    if (rows === 0) return this.#runNone(feeds);
    const smallest = this.#sizes.at(-2);
    if (this.#mayResize === undefined && smallest !== undefined && Math.min(rows, atMost) >= smallest) {
      await this.#tryResizing(feeds, smallest);
    }
    const parts: Tensor[][] = [];
    for (let at = 0; at < rows; ) {
      const most = this.#mayResize ? Math.min(rows - at, atMost) : 1;
      const size = this.#sizes.find((each) => each <= most) ?? 1;
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

  // What lengths its outputs have, only a run may tell.
  async #runNone(feeds: readonly Tensor[]): Promise<Tensor[]> {
    const zeros = feeds.map(({ dtype, dims }) => {
      const row = [1, ...dims.slice(1)];
      return tensorFromBytes(dtype, row, new Uint8Array(byteLength(dtype, elementCount(row))));
    });
    return (await (await this.sized(1)).run(zeros)).map((tensor) => sliceRows(tensor, 0, 0));
  }
}

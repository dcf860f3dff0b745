// A model whose inputs have open axes beside their rows: one compilation for each set of lengths it is fed with.

import { errors } from '../../errors.ts';
import type { Tensor } from '../../graph/tensor.ts';
import type { Library } from './library.ts';
import { hasRows, openAxes, withDims } from './resize.ts';
import { Runner, type Source } from './runner.ts';

// Lengths for a first look; a window of a convolution may not fit into the first of them.
const LENGTHS = [1, 32, 256];

const MOST_VARIANTS = 8;
/** Of all variants together: each has a copy of the weights. */
const MOST_BYTES = 128 * 2 ** 20;

export class Variants {
  readonly #library: Library;
  readonly #source: Source;
  /** By place of the input. */
  readonly #open: readonly (readonly number[])[];
  readonly #most: number;
  /** The one used longest ago is first. */
  readonly #runners = new Map<string, Entry>();

  constructor(library: Library, source: Source) {
    this.#library = library;
    this.#source = source;
    const first = hasRows(source.ports) ? 1 : 0;
    this.#open = source.ports.inputs.map((port) => openAxes(port).filter((axis) => axis >= first));
    this.#most = Math.max(1, Math.min(MOST_VARIANTS, Math.floor(MOST_BYTES / source.bytes.length)));
  }

  /** Compiles the model for some lengths, and says which dims its inputs have then. Errors: RUNTIME_FAILED. */
  async first(): Promise<readonly (readonly number[])[]> {
    const isOpen = this.#open.some((axes) => axes.length > 0);
    let failure: unknown;
    for (const length of isOpen ? LENGTHS : [1]) {
      const dims = this.#source.ports.inputs.map(({ tensor }, place) =>
        (tensor.shape ?? []).map((dim, axis) => (this.#open[place]?.includes(axis) ? length : dim)),
      );
      try {
        await this.#use(dims, (runner) => runner.sized(1));
        return dims;
      } catch (cause) {
        failure ??= cause;
      }
    }
    throw failure;
  }

  run(feeds: readonly Tensor[]): Promise<Tensor[]> {
    const empty = feeds.findIndex(({ dims }, place) =>
      (this.#open[place] ?? []).some((axis) => dims[axis] === 0),
    );
    if (empty >= 0) {
      const { name } = this.#source.ports.inputs[empty] ?? { name: '' };
      return Promise.reject(errors.FEED_INVALID(name, 'it has no elements, which LiteRT does not run'));
    }
    return this.#use(
      feeds.map(({ dims }) => dims),
      (runner) => runner.run(feeds),
    );
  }

  async release(): Promise<void> {
    const all = [...this.#runners.values()];
    this.#runners.clear();
    for (const { runner } of all) await runner.release();
  }

  async #use<T>(dims: readonly (readonly number[])[], work: (runner: Runner) => Promise<T>): Promise<T> {
    const lengths = dims.map((each, place) => (this.#open[place] ?? []).map((axis) => each[axis] ?? 1));
    const key = lengths.join(';');
    const entry = this.#runners.get(key) ?? {
      runner: new Runner(this.#library, this.#sourceFor(lengths)),
      users: 0,
    };
    this.#runners.delete(key);
    this.#runners.set(key, entry);
    entry.users++;
    try {
      await this.#makeRoom();
      return await work(entry.runner);
    } finally {
      entry.users--;
    }
  }

  #sourceFor(lengths: readonly (readonly number[])[]): Source {
    if (lengths.flat().every((length) => length === 1)) return this.#source;
    const { file, ports, label } = this.#source;
    const dims = ports.inputs.map(({ tensor }, place) => {
      const shape = [...(tensor.shape ?? [])];
      for (const [at, axis] of (this.#open[place] ?? []).entries()) shape[axis] = lengths[place]?.[at] ?? 1;
      return shape;
    });
    return { ...withDims(file, ports, dims), label };
  }

  async #makeRoom(): Promise<void> {
    for (const [key, { runner, users }] of this.#runners) {
      if (this.#runners.size <= this.#most) return;
      if (users > 0) continue;
      this.#runners.delete(key);
      await runner.release();
    }
  }
}

type Entry = { readonly runner: Runner; users: number };

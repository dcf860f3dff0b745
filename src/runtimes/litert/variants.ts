// A model whose inputs have open axes: one compilation for each set of lengths it is fed with, but for rows, which are run
// in the batches there are compilations of. An open first axis holds rows when they do not depend on one another; it may be
// that of time as well.

import { errors } from '../../errors.ts';
import { encodeTfliteBytes } from '../../formats/tflite/encode.ts';
import type { Tensor } from '../../graph/tensor.ts';
import type { Library } from './library.ts';
import { outputShapes } from './output-shapes.ts';
import { activationBytes, hasOpenRows, mayHaveRows, openAxes, withDims, withOutputs } from './resize.ts';
import { areClose, hasDifferentRows, sliceRows } from './rows.ts';
import { Runner, type Source } from './runner.ts';

// Lengths for a first look, not 1, which is what a tensor of unknown size has in a file; a window may need more, and parts
// of equal size a length they divide.
const LENGTHS = [2, 32, 60, 256];

const MOST_VARIANTS = 8;
/** Of all variants together: each has a copy of the weights. */
const MOST_BYTES = 128 * 2 ** 20;

/** A row that takes more is run by itself; scratch memory may be as large again, of the 2 GB there are. */
const MOST_TRIED_BYTES = 128 * 2 ** 20;

export class Variants {
  readonly #library: Library;
  readonly #source: Source;
  readonly #openRows: boolean;
  readonly #most: number;
  /** The one used longest ago is first. */
  readonly #runners = new Map<string, Entry>();
  #inRows: boolean;
  #isDecided: boolean;
  /** A kernel that finds no memory for several large rows leaves them zero, and says nothing: those are not tried. */
  readonly #isLarge: boolean;

  constructor(library: Library, source: Source) {
    this.#library = library;
    this.#source = source;
    this.#inRows = mayHaveRows(source.ports);
    this.#openRows = this.#inRows && source.ports.inputs.every(hasOpenRows);
    this.#isDecided = !this.#openRows;
    this.#isLarge = activationBytes(source.ports.subgraph) > MOST_TRIED_BYTES;
    this.#most = Math.max(1, Math.min(MOST_VARIANTS, Math.floor(MOST_BYTES / source.bytes.length)));
  }

  /** Compiles the model for some lengths, and says which dims its inputs have then. Errors: RUNTIME_FAILED. */
  async first(): Promise<readonly (readonly number[])[]> {
    const open = this.#openAxes(this.#inRows);
    const isOpen = open.some((axes) => axes.length > 0);
    let failure: unknown;
    for (const length of isOpen ? LENGTHS : [1]) {
      const dims = this.#source.ports.inputs.map(({ tensor }, place) =>
        (tensor.shape ?? []).map((dim, axis) => (open[place]?.includes(axis) ? length : dim)),
      );
      try {
        await this.#use(dims, this.#inRows, (runner) => runner.sized(1));
        return dims;
      } catch (cause) {
        failure ??= cause;
      }
    }
    throw failure;
  }

  async run(feeds: readonly Tensor[]): Promise<Tensor[]> {
    const rows = feeds[0]?.dims[0] ?? 0;
    const isTried = !this.#isDecided && !this.#isLarge && rows > 1;
    if (!isTried || feeds.some(({ dims }) => dims[0] !== rows)) {
      return this.#runUndecided(feeds);
    }
    const some = feeds.map((feed) => sliceRows(feed, 0, 2));
    const together = await this.#runTwice(some).catch(() => undefined);
    if (together !== undefined) {
      // Where the first axis of an output is another one, they cannot be run apart.
      const apart = await this.#runAs(some, true, 1).catch(() => undefined);
      const isSame = together.every((tensor, index) => apart?.[index] && areClose(apart[index], tensor));
      // Of equal rows nothing can be said; together is what the file says.
      if (isSame && !some.some(hasDifferentRows)) return this.#runAs(feeds, false);
      this.#inRows &&= isSame;
    }
    this.#isDecided = true;
    if (this.#inRows) await this.#releaseWhole();
    return this.#runAs(feeds, this.#inRows);
  }

  async #runUndecided(feeds: readonly Tensor[]): Promise<Tensor[]> {
    if (this.#isDecided || !this.#inRows) return this.#runAs(feeds, this.#inRows);
    try {
      return await this.#runAs(feeds, true);
    } catch (cause) {
      const whole = await this.#runTwice(feeds).catch(() => undefined);
      if (whole === undefined) throw cause;
      this.#inRows = false;
      this.#isDecided = true;
      return whole;
    }
  }

  // An output whose size was found out during a run is rubbish, and only the run after it fails.
  async #runTwice(feeds: readonly Tensor[]): Promise<Tensor[]> {
    await this.#runAs(feeds, false);
    return this.#runAs(feeds, false);
  }

  async release(): Promise<void> {
    const all = [...this.#runners.values()];
    this.#runners.clear();
    for (const { runner } of all) await runner.release();
  }

  /** Axes with lengths of their own, by place of the input. */
  #openAxes(inRows: boolean): readonly (readonly number[])[] {
    return this.#source.ports.inputs.map((port) => openAxes(port).filter((axis) => axis > 0 || !inRows));
  }

  async #runAs(feeds: readonly Tensor[], inRows: boolean, atMost?: number): Promise<Tensor[]> {
    const open = this.#openAxes(inRows);
    const empty = feeds.findIndex(({ dims }, place) => open[place]?.some((axis) => dims[axis] === 0));
    const { name = '' } = this.#source.ports.inputs[empty] ?? {};
    if (empty >= 0) throw errors.FEED_INVALID(name, 'it has no elements, which LiteRT does not run');
    const dims = feeds.map((feed) => feed.dims);
    return this.#use(dims, inRows, (runner) => runner.run(feeds, atMost));
  }

  async #use<T>(
    dims: readonly (readonly number[])[],
    inRows: boolean,
    work: (runner: Runner) => Promise<T>,
  ): Promise<T> {
    const open = this.#openAxes(inRows);
    const lengths = open.map((axes, place) => axes.map((axis) => dims[place]?.[axis] ?? 1));
    const key = `${inRows} ${lengths.join(';')}`;
    const entry = this.#runners.get(key) ?? {
      runner: new Runner(this.#library, this.#sourceFor(open, lengths), inRows),
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

  #sourceFor(open: readonly (readonly number[])[], lengths: readonly (readonly number[])[]): Source {
    if (lengths.flat().length === 0) return this.#source;
    const { ports, label } = this.#source;
    const dims = ports.inputs.map(({ tensor }, place) => {
      const shape = [...(tensor.shape ?? [])];
      for (const [at, axis] of (open[place] ?? []).entries()) shape[axis] = lengths[place]?.[at] ?? 1;
      return shape;
    });
    const resized = withDims(this.#source, dims);
    const shapes = outputShapes(resized, this.#source);
    if (typeof shapes === 'string') {
      const { name } = ports.inputs[open.findIndex((axes) => axes.length > 0)] ?? { name: '' };
      throw errors.FEED_INVALID(name, `its lengths do not suit the model: ${shapes}`);
    }
    const made = withOutputs(resized, shapes);
    return { ...made, bytes: encodeTfliteBytes(made.file), label };
  }

  /** Those for several rows at once. */
  async #releaseWhole(): Promise<void> {
    for (const [key, { runner, users }] of this.#runners) {
      if (users > 0 || !key.startsWith('false ')) continue;
      this.#runners.delete(key);
      await runner.release();
    }
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

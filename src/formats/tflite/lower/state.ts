// State that one run leaves for the next, as inputs and outputs of the graph (`convert --state-as-io`): an interpreter
// keeps it by itself, a graph is fed each `<name>_next` back as `<name>`.

import type { GraphBuilder } from '../../../graph/builder.ts';
import type { DType } from '../../../graph/dtype.ts';
import type { Tensor } from '../../../graph/tensor.ts';
import type { TfliteTensor } from '../records.ts';
import type { ValueNames } from './names.ts';

/** One number everywhere, which is how all of them begin. */
export type InitialState = {
  readonly dtype: DType;
  readonly dims: readonly number[];
  readonly start: number;
};

type Port = InitialState & { readonly input: string; now: string };

/** A resource variable by name, or a variable tensor. */
type Key = string | TfliteTensor;

export class State {
  readonly #builder: GraphBuilder;
  readonly #names: ValueNames;
  readonly #ports = new Map<Key, Port>();

  constructor(builder: GraphBuilder, names: ValueNames) {
    this.#builder = builder;
    this.#names = names;
  }

  has(key: Key): boolean {
    return this.#ports.has(key);
  }

  /** What the state holds at this point of the run, as stored: the graph's input, until `set` says otherwise. */
  get(key: Key, name: string, initial: InitialState): string {
    const known = this.#ports.get(key);
    if (known !== undefined) return known.now;
    const input = this.#builder.input(this.#names.claim(name), initial.dtype, initial.dims);
    this.#ports.set(key, { ...initial, input, now: input });
    return input;
  }

  set(key: Key, value: string): void {
    const port = this.#ports.get(key);
    if (port !== undefined) port.now = value;
  }

  /** Adds the outputs, and tells what to feed the first run. */
  finish(): readonly { readonly input: string; readonly output: string; readonly start: number }[] {
    return [...this.#ports.values()].map(({ input, now, dtype, dims, start }) => {
      const output = this.#names.claim(`${input}_next`);
      this.#builder.output(output, now, dtype, dims);
      return { input, output, start };
    });
  }
}

/** The number that all elements are; undefined when they differ. */
export function onlyNumber({ data }: Tensor): number | undefined {
  const [first] = data;
  if (typeof first !== 'number' && typeof first !== 'bigint') return undefined;
  for (let at = 1; at < data.length; at++) if (data[at] !== first) return undefined;
  return Number(first);
}

// One-input graphs in a line or two, for tests of rewrites.

import { GraphBuilder } from '../../src/graph/builder.ts';
import type { Attribute, Model, Shape } from '../../src/graph/model.ts';
import { float32 } from '../../src/graph/tensor.ts';
import { Random } from './graphs.ts';

export type Made = { readonly model: Model; readonly feeds: { x: ReturnType<Random['tensor']> } };

export class Maker {
  readonly b = new GraphBuilder('g');
  readonly x: string;
  readonly random: Random;
  readonly #dims: readonly number[];

  /** The first axis is the batch. */
  constructor(dims: readonly number[], seed = 3) {
    this.#dims = dims;
    this.random = new Random(seed);
    this.x = this.b.input('x', 'float32', ['batch', ...dims.slice(1)] satisfies Shape);
  }

  op(
    opType: string,
    inputs: readonly (string | number)[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): string {
    const values = inputs.map((input) => (typeof input === 'string' ? input : this.b.number('n', input)));
    return this.b.add(opType, values, { attributes });
  }

  constant(dims: readonly number[]): string {
    return this.b.constant('c', this.random.tensor(dims));
  }

  numbers(values: readonly number[]): string {
    return this.b.constant('c', float32([values.length], values));
  }

  ints(values: readonly number[]): string {
    return this.b.ints('i', values);
  }

  /** Declares one more output that keeps its own name. */
  expose(value: string): void {
    this.b.graph.outputs.push(value);
    this.b.graph.types.set(value, { kind: 'tensor', dtype: 'float32', shape: undefined });
  }

  done(value: string): Made {
    this.b.output('y', value, 'float32', []);
    this.b.graph.types.set('y', { kind: 'tensor', dtype: 'float32', shape: undefined });
    return {
      model: this.b.model({ name: 't', version: '1' }),
      feeds: { x: this.random.tensor(this.#dims) },
    };
  }
}

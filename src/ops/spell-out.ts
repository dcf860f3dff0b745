// Operators in terms of older ones, a line for each step: what downgrades of whole operators are written with.

import { int } from '../graph/attribute.ts';
import type { Attribute, Node } from '../graph/model.ts';
import { int64, type Tensor } from '../graph/tensor.ts';
import type { UpgradeContext } from './definition.ts';
import { elementType } from './element-type.ts';
import { outputOf, part, scalarLike, valueName } from './rewrite.ts';

/** Collects the steps that stand for a node. */
export class SpellOut {
  readonly nodes: Node[] = [];
  readonly #node: Node;
  readonly #context: UpgradeContext;

  constructor(node: Node, context: UpgradeContext) {
    this.#node = node;
    this.#context = context;
  }

  /** Adds a step and returns its result; `to` is the name that has to have it. */
  add(
    opType: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    to?: string,
  ): string {
    const made = part(this.#context, this.#node, opType, inputs, {
      attributes,
      ...(to === undefined ? {} : { outputs: [to] }),
    });
    this.nodes.push(made);
    return outputOf(made);
  }

  /** A scalar of the element type of the node's first input. */
  number(name: string, value: number): string {
    const made = scalarLike(this.#context, this.#node, name, value, this.#node.inputs[0] ?? '');
    this.nodes.push(...made.nodes);
    return made.value;
  }

  ints(name: string, values: readonly number[]): string {
    return this.tensor(name, int64(values));
  }

  tensor(name: string, value: Tensor): string {
    return this.#context.constant(valueName(this.#node, name), value);
  }

  cast(value: string, dtype: 'float32' | 'float16' | 'bfloat16'): string {
    return this.add('Cast', [value], { to: int(elementType(dtype)) });
  }
}

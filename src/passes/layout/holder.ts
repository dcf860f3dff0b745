// Gives a value in another layout, by whatever costs least: what a Transpose already made it from, a rearranged
// constant, a Transpose of the same value that is there anyway, a Reshape, or a new Transpose.

import { int } from '../../graph/attribute.ts';
import { type Node, tensorType } from '../../graph/model.ts';
import { permute, reshape, take } from '../../graph/rearrange.ts';
import { int64 } from '../../graph/tensor.ts';
import type { Rewriter } from '../uses.ts';
import {
  compose,
  heldShape,
  invert,
  isIdentity,
  isReshape,
  keyOf,
  type Layout,
  orderOf,
  shapeEntries,
} from './layout.ts';
import { isTranspose, isTransposeTo, permOf } from './transpose.ts';

export class Holder {
  readonly #rewriter: Rewriter;
  readonly #constants = new Map<string, string>();
  readonly #made = new Map<string, Node>();

  constructor(rewriter: Rewriter) {
    this.#rewriter = rewriter;
  }

  /** The name of `value` held in `layout`. */
  held(value: string, layout: Layout): string {
    if (layout.kind === 'same') return value;
    if (this.#rewriter.constant(value)) return this.#constant(value, layout);
    if (layout.kind === 'order') throw new TypeError(`${value} cannot be rearranged along an axis`);
    return this.transposed(value, layout.perm);
  }

  /** The name of Transpose(value, perm). */
  transposed(value: string, perm: readonly number[]): string {
    if (isIdentity(perm)) return value;
    const rewriter = this.#rewriter;
    const maker = rewriter.producer(value);
    if (maker && isTranspose(maker)) {
      return this.transposed(maker.inputs[0] ?? '', compose(permOf(maker, perm.length), perm));
    }
    const layout: Layout = { kind: 'perm', perm };
    const key = `${value}\n${perm}`;
    let node = this.#made.get(key);
    if (!node || !rewriter.has(node) || node.inputs[0] !== value) {
      node =
        rewriter.users(value).find(({ node, inner }) => !inner && isTransposeTo(node, layout))?.node ??
        this.move(value, perm, rewriter.fresh(`${value}/${perm.join('')}`));
      this.#made.set(key, node);
    }
    return node.outputs[0] ?? '';
  }

  /** A new node that makes `output` = Transpose(value, perm); a Reshape where only axes of length one move. */
  move(value: string, perm: readonly number[], output: string): Node {
    const rewriter = this.#rewriter;
    const type = rewriter.type(value);
    const shape = rewriter.shape(value);
    const dtype = type?.kind === 'tensor' ? type.dtype : undefined;
    const types = [dtype && shape ? tensorType(dtype, heldShape(shape, { kind: 'perm', perm })) : undefined];
    const entries =
      shape && isReshape(shape, perm)
        ? shapeEntries(
            perm.map((axis) => shape[axis] ?? null),
            shape,
          )
        : undefined;
    if (entries) {
      const target = rewriter.addConstant(`${output}/shape`, int64(entries));
      return rewriter.add('Reshape', [value, target], { name: output, outputs: [output], types });
    }
    const attributes = { perm: int(perm) };
    return rewriter.add('Transpose', [value], { name: output, outputs: [output], attributes, types });
  }

  /** The name of the value whose held form `held` is. */
  restore(held: string, perm: readonly number[], output: string): Node {
    return this.move(held, invert(perm), output);
  }

  #constant(value: string, layout: Layout): string {
    const key = `${value}\n${keyOf(layout)}`;
    const known = this.#constants.get(key);
    if (known !== undefined) return known;
    const tensor = this.#rewriter.constant(value);
    if (!tensor) throw new TypeError(`${value} is not a constant`);
    let made = tensor;
    if (layout.kind === 'perm') {
      const front = new Array<number>(layout.perm.length - tensor.dims.length).fill(1);
      made = permute(reshape(tensor, [...front, ...tensor.dims]), layout.perm);
    } else if (layout.kind === 'order') {
      made = take(tensor, layout.axis, orderOf(layout.parts));
    }
    const name = this.#rewriter.addConstant(value, made);
    this.#constants.set(key, name);
    return name;
  }
}

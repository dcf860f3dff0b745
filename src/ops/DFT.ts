// https://onnx.ai/onnx/operators/onnx__DFT.html
// Opsets: 17, 20.

import { int } from '../graph/attribute.ts';
import type { Dim, Node } from '../graph/model.ts';
import { int64 } from '../graph/tensor.ts';
import { axisIn, unknownDims } from './axes.ts';
import type { OpFamily, UpgradeContext } from './definition.ts';
import { constantInts, dropInput, isGiven } from './restate.ts';
import { tensorOf } from './result.ts';
import { setInput, valueName } from './rewrite.ts';

export default {
  ops: {
    DFT: { since: 17, inputs: [1, 3], outputs: [1, 1], attributes: { inverse: int(0), onesided: int(0) } },
  },
  infer(context) {
    const shape = context.shape(0);
    if (shape === undefined) return [tensorOf(context.dtype(0), undefined)];
    const isOneSided = context.int('onesided') === 1;
    const isInverse = context.int('inverse') === 1;
    // The last axis holds the real and the imaginary part; the inverse of half a spectrum is real.
    const parts = isOneSided && isInverse ? 1 : 2;
    const axis = (context.node.inputs[2] ?? '') === '' ? -2 : context.integers(2)?.[0];
    if (typeof axis !== 'number') {
      return [tensorOf(context.dtype(0), [...unknownDims(shape.length - 1), parts])];
    }
    const at = axisIn(context, axis, shape.length);
    const hasLength = (context.node.inputs[1] ?? '') !== '';
    const length: Dim = hasLength ? (context.integers(1)?.[0] ?? null) : (shape[at] ?? null);
    const transformed = !isOneSided ? length : isInverse ? whole(length, hasLength) : half(length);
    const result = shape.map((dim, index) =>
      index === at ? transformed : index === shape.length - 1 ? parts : dim,
    );
    return [tensorOf(context.dtype(0), result)];
  },
  upgrades: [{ to: 20, opTypes: ['DFT'], rewrite: axisToInput }],
  downgrades: [{ from: 20, opTypes: ['DFT'], rewrite: axisToAttribute }],
} satisfies OpFamily;

function axisToAttribute(node: Node, context: UpgradeContext): readonly Node[] | string {
  const rank = context.shape(node.inputs[0] ?? '')?.length;
  const [axis] = isGiven(node, 2) ? (constantInts(node, 2, context) ?? []) : [-2];
  if (axis === undefined) return 'its axis is known only when the model runs';
  if (axis < 0 && rank === undefined) return 'its axis counts from the end of a tensor of unknown rank';
  if (context.read(node, 'int', 'inverse', 0) !== 0 && context.read(node, 'int', 'onesided', 0) !== 0) {
    return 'it is the inverse of half a spectrum';
  }
  node.attributes.set('axis', int(axis < 0 ? axis + (rank ?? 0) : axis));
  dropInput(node, 2);
  return [node];
}

/** How much of the spectrum of a real signal says it all. */
function half(length: Dim): Dim {
  return typeof length === 'number' ? Math.floor(length / 2) + 1 : null;
}

/** The signal's length from that of half its spectrum, unless it was given. */
function whole(length: Dim, isGiven: boolean): Dim {
  return isGiven || typeof length !== 'number' ? length : 2 * (length - 1);
}

/** The axis was an attribute counted from the front, 1 unless given. */
function axisToInput(node: Node, context: UpgradeContext): readonly Node[] {
  const axis = { ...int64([context.read(node, 'int', 'axis', 1)]), dims: [] };
  node.attributes.delete('axis');
  setInput(node, 2, context.constant(valueName(node, 'axis'), axis));
  return [node];
}

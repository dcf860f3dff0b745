// Weights that a file already holds as codes: taken as float32 constants while a graph is rewritten, and put back where
// nothing made use of that.
//
//   Given   x ─▶ Conv(DequantizeLinear(codes))          Result  x ─▶ Conv(w)

import { attribute } from '../../graph/attribute.ts';
import type { Node } from '../../graph/model.ts';
import { elementCount, type Tensor, type TypedArray } from '../../graph/tensor.ts';
import type { Rewriter } from '../uses.ts';
import type { QuantizedWeights } from './integer-weights.ts';

export type Held = {
  readonly node: Node;
  /** undefined: not as weights are to be, symmetric in −127 … 127. */
  readonly codes: QuantizedWeights | undefined;
};

/** By the name of the value, which is a constant now. Linear in their elements. */
export function takeHeldCodes(rewriter: Rewriter): ReadonlyMap<string, Held> {
  const held = new Map<string, Held>();
  for (const node of rewriter.nodes()) {
    if (node.opType !== 'DequantizeLinear' || node.domain !== '') continue;
    const [value = ''] = node.outputs;
    const [codes, scale, zero] = node.inputs.map((input) => rewriter.constant(input));
    const isWhole = codes?.dtype === 'int8' || codes?.dtype === 'uint8' || codes?.dtype === 'int32';
    if (!isWhole || scale?.dtype !== 'float32' || (node.inputs[2] && !zero)) continue;
    if (rewriter.isPinned(value) || rewriter.dtype(value) !== 'float32') continue;
    if (rewriter.users(value).some(({ inner }) => inner) || attribute(node, 'block_size', 0) !== 0) continue;
    const axis = axisOf(node, codes, scale);
    if (axis === null) continue;
    rewriter.remove(node);
    rewriter.setConstant(value, decode(codes, scale, zero, axis));
    const isSymmetric =
      codes.dtype === 'int8' && !(zero?.data as Int8Array | undefined)?.some((point) => point !== 0);
    const isNormal = (scale.data as Float32Array).every(
      (each) => each >= 2 ** -126 && each < Number.POSITIVE_INFINITY,
    );
    const isUsable = isSymmetric && isNormal && !(codes.data as Int8Array).includes(-128);
    held.set(value, { node, codes: isUsable ? { codes, scales: scale, axis } : undefined });
  }
  return held;
}

/** Nodes that still read such a constant read it from its codes again. */
export function putBackHeldCodes(rewriter: Rewriter, held: ReadonlyMap<string, Held>): void {
  for (const [value, { node }] of held) {
    if (rewriter.useCount(value) === 0) continue;
    const type = rewriter.type(value);
    rewriter.graph.initializers.delete(value);
    rewriter.add('DequantizeLinear', node.inputs, {
      name: node.name,
      outputs: [value],
      types: [type],
      attributes: Object.fromEntries(node.attributes),
    });
  }
}

/** undefined: one scale for all; null: not a shape that DequantizeLinear takes. */
function axisOf(node: Node, { dims }: Tensor, scale: Tensor): number | undefined | null {
  if (scale.data.length === 1) return undefined;
  const given = attribute(node, 'axis', 1);
  const axis = given < 0 ? given + dims.length : given;
  return scale.dims.length === 1 && dims[axis] === scale.data.length ? axis : null;
}

function decode(
  { dims, data }: Tensor,
  scale: Tensor,
  zero: Tensor | undefined,
  axis: number | undefined,
): Tensor {
  const scales = scale.data as Float32Array;
  const points = zero?.data as TypedArray | undefined;
  const inner = elementCount(dims.slice((axis ?? 0) + 1));
  const codes = data as Int8Array;
  const values = new Float32Array(codes.length);
  for (let i = 0; i < codes.length; i++) {
    const at = axis === undefined ? 0 : Math.floor(i / inner) % scales.length;
    values[i] = ((codes[i] as number) - Number(points?.[at] ?? 0)) * (scales[at] as number);
  }
  return { dtype: 'float32', dims, data: values };
}

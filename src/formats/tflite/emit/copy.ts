// The same elements as a tensor of its own.

import type { Node } from '../../../graph/model.ts';
import type { Emission } from './emission.ts';
import { reshape, shapeTensor } from './shape-tensor.ts';

export function copy(emission: Emission, tensor: number, node: Node): undefined {
  const { shape, type, data } = emission.tensor(tensor);
  if (shape === undefined) return emission.refuse('the number of axes of a value is not known');
  if (data !== undefined) {
    // Kernels that only move a constant do so when the model is loaded, into memory the caller does not see.
    const flat =
      shape.length === 0
        ? emission.add({ name: emission.named(`${node.name}/value`), type, shape: [1], data })
        : tensor;
    const dims = shape.length === 0 ? [1] : shape;
    const inputs = [flat, emission.int32(dims.map(() => 0)), emission.int32(dims.map(() => -1))];
    if (shape.length > 0) return emission.give('SLICE', inputs, node);
    const made = emission.make('SLICE', inputs, { dtype: type, shape: [1] });
    return emission.give('SQUEEZE', [made], node, { squeezeDims: [] });
  }
  if (shape.length === 0) {
    const line = reshape(emission, tensor, [1]);
    return emission.give('SQUEEZE', [line], node, { squeezeDims: [] });
  }
  emission.give('RESHAPE', [tensor, shapeTensor(emission, shape, [tensor], true)], node);
}

/** The node's output is the value `x`: another name for it, or a copy where the graph gives it away under its own. */
export function same(emission: Emission, x: string, node: Node): undefined {
  const { inputs, outputs, nodes } = emission.graph;
  const [y = ''] = node.outputs;
  if (outputs.includes(y)) {
    const isShared = inputs.includes(x) || emission.constant(x) !== undefined || outputs.includes(x);
    const isGivenTwice = nodes.some(
      (other) =>
        other !== node &&
        other.inputs[0] === x &&
        outputs.includes(other.outputs[0] ?? '') &&
        other.opType === 'Identity',
    );
    if (isShared || isGivenTwice || !emission.has(x)) return copy(emission, emission.in(x), node);
  }
  emission.alias(y, emission.in(x));
}

/** As `copy`, for a tensor without a node of its own: what a branch or a loop hands on. */
export function copyInside(emission: Emission, tensor: number): number {
  const { shape, type, data } = emission.tensor(tensor);
  if (shape === undefined) return emission.refuse('the number of axes of a value is not known');
  const like = { dtype: type, shape, name: 'copy' };
  const scalar = shape.length === 0;
  const flat = !scalar
    ? tensor
    : data === undefined
      ? reshape(emission, tensor, [1])
      : emission.add({ name: emission.named('value'), type, shape: [1], data });
  if (data === undefined && !scalar) {
    return emission.make('RESHAPE', [tensor, shapeTensor(emission, shape, [tensor], true)], like);
  }
  const dims = scalar ? [1] : shape;
  const inputs = [flat, emission.int32(dims.map(() => 0)), emission.int32(dims.map(() => -1))];
  const made = emission.make('SLICE', inputs, { ...like, shape: dims });
  return scalar ? emission.make('SQUEEZE', [made], like, { squeezeDims: [] }) : made;
}

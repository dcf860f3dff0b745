// https://github.com/onnx/onnx/blob/v1.2.3/docs/Operators.md has Affine, Crop and ImageScaler under "experimental".
// Opsets: none; runtimes took them until 9, and files of the first ONNX years use them.

import type { Node } from '../graph/model.ts';
import { float32, int64 } from '../graph/tensor.ts';
import type { OpFamily, UpgradeContext } from './definition.ts';
import { tensorOf } from './result.ts';
import { outputOf, part, scalarLike, valueName } from './rewrite.ts';

export default {
  ops: {
    Affine: { since: 1, inputs: [1, 1], outputs: [1, 1], attributes: { alpha: null, beta: null } },
    Crop: { since: 1, inputs: [1, 1], outputs: [1, 1], attributes: { border: null, scale: null } },
    ImageScaler: { since: 1, inputs: [1, 1], outputs: [1, 1], attributes: { bias: null, scale: null } },
  },
  // Gone at opset 21: upgrading spells them out.
  infer: (context) => [
    tensorOf(
      context.dtype(0),
      context.shape(0)?.map(() => null),
    ),
  ],
  upgrades: [
    { to: 10, opTypes: ['Affine'], rewrite: spellOutAffine },
    { to: 10, opTypes: ['Crop'], rewrite: spellOutCrop },
    { to: 10, opTypes: ['ImageScaler'], rewrite: spellOutScaler },
  ],
} satisfies OpFamily;

/** alpha × x + beta */
function spellOutAffine(node: Node, context: UpgradeContext): readonly Node[] {
  const [x = ''] = node.inputs;
  const alpha = scalarLike(context, node, 'alpha', context.read(node, 'float', 'alpha', 1), x);
  const beta = scalarLike(context, node, 'beta', context.read(node, 'float', 'beta', 0), x);
  const scaled = part(context, node, 'Mul', [x, alpha.value]);
  const shifted = part(context, node, 'Add', [outputOf(scaled), beta.value], { outputs: node.outputs });
  return [...alpha.nodes, ...beta.nodes, scaled, shifted];
}

/** Cuts left, top, right and bottom borders off, or a window of `scale` (height, width) from the first two. */
function spellOutCrop(node: Node, context: UpgradeContext): readonly Node[] {
  const [left = 0, top = 0, right = 0, bottom = 0] = context.read(node, 'ints', 'border', []);
  const [height, width] = context.read(node, 'ints', 'scale', []);
  const far = 2 ** 31 - 1;
  const end = (from: number, size: number | undefined, border: number): number =>
    size !== undefined ? from + size : border === 0 ? far : -border;
  const list = (name: string, values: readonly number[]): string =>
    context.constant(valueName(node, name), int64(values));
  const inputs = [
    node.inputs[0] ?? '',
    list('starts', [top, left]),
    list('ends', [end(top, height, bottom), end(left, width, right)]),
    list('axes', [2, 3]),
  ];
  return [part(context, node, 'Slice', inputs, { outputs: node.outputs })];
}

/** scale × x + one bias for each channel */
function spellOutScaler(node: Node, context: UpgradeContext): readonly Node[] {
  const [x = ''] = node.inputs;
  const bias = context.read(node, 'floats', 'bias', []);
  const scale = scalarLike(context, node, 'scale', context.read(node, 'float', 'scale', 1), x);
  const column = context.constant(valueName(node, 'bias'), float32([bias.length, 1, 1], bias));
  const scaled = part(context, node, 'Mul', [x, scale.value]);
  return [
    ...scale.nodes,
    scaled,
    part(context, node, 'Add', [outputOf(scaled), column], { outputs: node.outputs }),
  ];
}

// https://onnx.ai/onnx/operators/onnx__GroupNormalization.html and likewise for the others.
// Opsets: GroupNormalization 18, 21; InstanceNormalization 1, 6, 22; LRN 1, 13; LpNormalization 1, 22;
// MeanVarianceNormalization 9, 13.
// The input is rescaled; its shape stays.

import { float, int } from '../graph/attribute.ts';
import type { DType } from '../graph/dtype.ts';
import type { Node } from '../graph/model.ts';
import { int64, type Tensor } from '../graph/tensor.ts';
import type { OpFamily, UpgradeContext } from './definition.ts';
import { likeInput } from './result.ts';
import { outputOf, part, valueName } from './rewrite.ts';
import { SpellOut } from './spell-out.ts';

export default {
  ops: {
    GroupNormalization: {
      since: 18,
      inputs: [3, 3],
      outputs: [1, 1],
      attributes: { epsilon: float(1e-5), num_groups: null, stash_type: int(1) },
    },
    InstanceNormalization: {
      since: 1,
      inputs: [3, 3],
      outputs: [1, 1],
      attributes: { epsilon: float(1e-5) },
      later: { bfloat16: 22 },
    },
    LRN: {
      since: 1,
      inputs: [1, 1],
      outputs: [1, 1],
      attributes: { alpha: float(0.0001), beta: float(0.75), bias: float(1), size: null },
    },
    LpNormalization: {
      since: 1,
      inputs: [1, 1],
      outputs: [1, 1],
      attributes: { axis: int(-1), p: int(2) },
      later: { bfloat16: 22 },
    },
    MeanVarianceNormalization: {
      since: 9,
      inputs: [1, 1],
      outputs: [1, 1],
      attributes: { axes: int([0, 2, 3]) },
    },
  },
  infer: likeInput,
  upgrades: [{ to: 21, opTypes: ['GroupNormalization'], rewrite: spreadOverChannels }],
  downgrades: [{ from: 21, opTypes: ['GroupNormalization'], rewrite: byInstances }],
} satisfies OpFamily;

/** Up to 20 scale and bias were by group, not by channel; InstanceNormalization of the groups leaves them to Mul and Add. */
function byInstances(node: Node, context: UpgradeContext): readonly Node[] | string {
  const [x = '', scale = '', bias = ''] = node.inputs;
  const rank = context.shape(x)?.length;
  const groups = context.read(node, 'int', 'num_groups', 1);
  const channels = context.shape(x)?.[1];
  if (typeof channels !== 'number' || groups < 1 || channels % groups !== 0) {
    return `it has ${channels ?? 'an unknown number of'} channels for ${groups} groups`;
  }
  const ones = filled(context.dtype(x), groups, 1);
  const zeros = filled(context.dtype(x), groups, 0);
  if (rank === undefined || ones === undefined || zeros === undefined)
    return 'the type of its input is not known';
  const out = new SpellOut(node, context);
  const grouped = out.add('Reshape', [x, out.ints('grouped', [0, groups, -1])]);
  const epsilon = float(context.read(node, 'float', 'epsilon', 1e-5));
  const instances = [grouped, out.tensor('ones', ones), out.tensor('zeros', zeros)];
  const normalized = out.add('InstanceNormalization', instances, { epsilon });
  const whole = out.add('Reshape', [normalized, out.add('Shape', [x])]);
  const column = out.ints('column', [-1, ...new Array<number>(rank - 2).fill(1)]);
  const scaled = out.add('Mul', [whole, out.add('Reshape', [scale, column])]);
  out.add('Add', [scaled, out.add('Reshape', [bias, column])], {}, outputOf(node));
  return out.nodes;
}

/** As many numbers of this type, all the same: 0 or 1. */
function filled(dtype: DType | undefined, count: number, value: 0 | 1): Tensor | undefined {
  const dims = [count];
  if (dtype === 'float32') return { dtype, dims, data: new Float32Array(count).fill(value) };
  if (dtype === 'float64') return { dtype, dims, data: new Float64Array(count).fill(value) };
  // 0x3c00 is how 1 is stored.
  if (dtype === 'float16') return { dtype, dims, data: new Uint16Array(count).fill(value * 0x3c00) };
  return undefined;
}

/** Scale and bias had one number for each group; now they have one for each channel. */
function spreadOverChannels(node: Node, context: UpgradeContext): readonly Node[] {
  const groups = context.read(node, 'int', 'num_groups', 1);
  const channels = context.shape(node.inputs[0] ?? '')?.[1];
  if (typeof channels !== 'number' || channels % groups !== 0) {
    return context.fail(node, `it has ${channels ?? 'an unknown number of'} channels for ${groups} groups`);
  }
  const column = context.constant(valueName(node, 'column'), int64([groups, 1]));
  const grid = context.constant(valueName(node, 'grid'), int64([groups, channels / groups]));
  const flat = context.constant(valueName(node, 'flat'), int64([-1]));
  const made: Node[] = [];
  for (const index of [1, 2]) {
    const tall = part(context, node, 'Reshape', [node.inputs[index] ?? '', column]);
    const wide = part(context, node, 'Expand', [outputOf(tall), grid]);
    const spread = part(context, node, 'Reshape', [outputOf(wide), flat]);
    node.inputs[index] = outputOf(spread);
    made.push(tall, wide, spread);
  }
  return [...made, node];
}

// https://onnx.ai/onnx/operators/onnx__Celu.html and likewise for the others.
// Opsets: Celu 12; Elu 1, 6, 22; Gelu 20; HardSigmoid 1, 6, 22; HardSwish 14, 22; LeakyRelu 1, 6, 16; Mish
// 18, 22; Relu 1, 6, 13, 14; Selu 1, 6, 22; Shrink 9; Softplus 1, 22; Softsign 1, 22; Swish 24;
// ThresholdedRelu 10, 22.
// Functions of one tensor with at most a few constants as attributes.

import { float, string } from '../graph/attribute.ts';
import type { Node } from '../graph/model.ts';
import type { OpFamily, UpgradeContext } from './definition.ts';
import { likeInput } from './result.ts';
import { outputOf } from './rewrite.ts';
import { SpellOut } from './spell-out.ts';

export default {
  ops: {
    Celu: { since: 12, inputs: [1, 1], outputs: [1, 1], attributes: { alpha: float(1) } },
    Elu: {
      since: 1,
      inputs: [1, 1],
      outputs: [1, 1],
      attributes: { alpha: float(1) },
      later: { bfloat16: 22 },
    },
    Gelu: { since: 20, inputs: [1, 1], outputs: [1, 1], attributes: { approximate: string('none') } },
    HardSigmoid: {
      since: 1,
      inputs: [1, 1],
      outputs: [1, 1],
      attributes: { alpha: float(0.2), beta: float(0.5) },
      later: { bfloat16: 22 },
    },
    HardSwish: { since: 14, inputs: [1, 1], outputs: [1, 1], later: { bfloat16: 22 } },
    LeakyRelu: { since: 1, inputs: [1, 1], outputs: [1, 1], attributes: { alpha: float(0.01) } },
    Mish: { since: 18, inputs: [1, 1], outputs: [1, 1], later: { bfloat16: 22 } },
    Relu: { since: 1, inputs: [1, 1], outputs: [1, 1] },
    Selu: {
      since: 1,
      inputs: [1, 1],
      outputs: [1, 1],
      attributes: { alpha: float(1.6732632), gamma: float(1.050701) },
      later: { bfloat16: 22 },
    },
    Shrink: { since: 9, inputs: [1, 1], outputs: [1, 1], attributes: { bias: float(0), lambd: float(0.5) } },
    Softplus: { since: 1, inputs: [1, 1], outputs: [1, 1], later: { bfloat16: 22 } },
    Softsign: { since: 1, inputs: [1, 1], outputs: [1, 1], later: { bfloat16: 22 } },
    Swish: { since: 24, inputs: [1, 1], outputs: [1, 1], attributes: { alpha: float(1) } },
    ThresholdedRelu: {
      since: 10,
      inputs: [1, 1],
      outputs: [1, 1],
      attributes: { alpha: float(1) },
      later: { bfloat16: 22 },
    },
  },
  infer: likeInput,
  downgrades: [
    { from: 24, opTypes: ['Swish'], rewrite: spellOutSwish },
    { from: 20, opTypes: ['Gelu'], rewrite: spellOutGelu },
    { from: 18, opTypes: ['Mish'], rewrite: spellOutMish },
    { from: 14, opTypes: ['HardSwish'], rewrite: spellOutHardSwish },
    { from: 12, opTypes: ['Celu'], rewrite: spellOutCelu },
  ],
} satisfies OpFamily;

/** x × sigmoid(alpha × x) */
function spellOutSwish(node: Node, context: UpgradeContext): readonly Node[] {
  const out = new SpellOut(node, context);
  const [x = ''] = node.inputs;
  const alpha = context.read(node, 'float', 'alpha', 1);
  const scaled = alpha === 1 ? x : out.add('Mul', [x, out.number('alpha', alpha)]);
  out.add('Mul', [x, out.add('Sigmoid', [scaled])], {}, outputOf(node));
  return out.nodes;
}

/** x / 2 × (1 + erf(x / √2)), or with tanh(√(2/π) × (x + 0.044715 x³)) instead of erf. */
function spellOutGelu(node: Node, context: UpgradeContext): readonly Node[] {
  const out = new SpellOut(node, context);
  const [x = ''] = node.inputs;
  const half = out.add('Mul', [x, out.number('half', 0.5)]);
  let inner: string;
  if (context.read(node, 'string', 'approximate', 'none') === 'tanh') {
    const cube = out.add('Mul', [out.add('Mul', [x, x]), x]);
    const sum = out.add('Add', [x, out.add('Mul', [cube, out.number('cubic', 0.044715)])]);
    inner = out.add('Tanh', [out.add('Mul', [sum, out.number('slope', Math.sqrt(2 / Math.PI))])]);
  } else inner = out.add('Erf', [out.add('Mul', [x, out.number('slope', Math.SQRT1_2)])]);
  out.add('Mul', [half, out.add('Add', [inner, out.number('one', 1)])], {}, outputOf(node));
  return out.nodes;
}

/** x × tanh(softplus(x)) */
function spellOutMish(node: Node, context: UpgradeContext): readonly Node[] {
  const out = new SpellOut(node, context);
  const [x = ''] = node.inputs;
  out.add('Mul', [x, out.add('Tanh', [out.add('Softplus', [x])])], {}, outputOf(node));
  return out.nodes;
}

/** x × max(0, min(1, x / 6 + 1 / 2)) */
function spellOutHardSwish(node: Node, context: UpgradeContext): readonly Node[] {
  const out = new SpellOut(node, context);
  const [x = ''] = node.inputs;
  const gate = out.add('HardSigmoid', [x], { alpha: float(1 / 6), beta: float(0.5) });
  out.add('Mul', [x, gate], {}, outputOf(node));
  return out.nodes;
}

/** alpha × elu(x / alpha), with the alpha of Elu being 1 */
function spellOutCelu(node: Node, context: UpgradeContext): readonly Node[] {
  const out = new SpellOut(node, context);
  const [x = ''] = node.inputs;
  const alpha = out.number('alpha', context.read(node, 'float', 'alpha', 1));
  out.add('Mul', [alpha, out.add('Elu', [out.add('Div', [x, alpha])])], {}, outputOf(node));
  return out.nodes;
}

// Activations TFLite does not have, in words it has.
// https://onnx.ai/onnx/operators/onnx__Selu.html and likewise for the others.

import type { Build } from '../rewrite/build.ts';
import type { Rewrite } from '../rewrite/definition.ts';

type Formula = (build: Build, x: string) => string;

/** α·(eˣ − 1) below zero, x above. */
function elu(build: Build, x: string, alpha: number, stretch = 1): string {
  const low = build.add('Min', [x, build.number(0)]);
  const inner = stretch === 1 ? low : build.add('Mul', [low, build.number(1 / stretch)]);
  const curve = build.add('Mul', [build.add('Elu', [inner]), build.number(alpha)]);
  return build.add('Add', [build.add('Relu', [x]), curve]);
}

/** log(1 + eˣ) without overflow. */
function softplus(build: Build, x: string): string {
  const decay = build.add('Exp', [build.add('Neg', [build.add('Abs', [x])])]);
  const tail = build.add('Log', [build.add('Add', [decay, build.number(1)])]);
  return build.add('Add', [build.add('Relu', [x]), tail]);
}

const formulas: Readonly<Record<string, Formula>> = {
  Celu: (build, x) => elu(build, x, build.attribute('alpha', 1), build.attribute('alpha', 1)),
  HardSigmoid(build, x) {
    const alpha = build.attribute('alpha', 0.2);
    const beta = build.attribute('beta', 0.5);
    // ONNX keeps float32: a sixth is not exactly one.
    if (Math.abs(6 * alpha - 1) < 1e-6) {
      const six = build.add('Clip', [
        build.add('Add', [x, build.number(6 * beta)]),
        build.number(0),
        build.number(6),
      ]);
      return build.add('Mul', [six, build.number(1 / 6)]);
    }
    const moved = build.add('Add', [build.add('Mul', [x, build.number(alpha)]), build.number(beta)]);
    return build.add('Clip', [moved, build.number(0), build.number(1)]);
  },
  Mish: (build, x) => build.add('Mul', [x, build.add('Tanh', [softplus(build, x)])]),
  Selu(build, x) {
    const alpha = build.attribute('alpha', 1.6732632423543772);
    return build.add('Mul', [
      elu(build, x, alpha),
      build.number(build.attribute('gamma', 1.0507009873554805)),
    ]);
  },
  Shrink(build, x) {
    const limit = build.attribute('lambd', 0.5);
    const bias = build.number(build.attribute('bias', 0));
    const above = build.add('Greater', [x, build.number(limit)]);
    const below = build.add('Less', [x, build.number(-limit)]);
    const low = build.add('Where', [below, build.add('Add', [x, bias]), build.number(0)]);
    return build.add('Where', [above, build.add('Sub', [x, bias]), low]);
  },
  Softplus: softplus,
  Softsign: (build, x) => build.add('Div', [x, build.add('Add', [build.add('Abs', [x]), build.number(1)])]),
  Swish(build, x) {
    const alpha = build.attribute('alpha', 1);
    const inner = alpha === 1 ? x : build.add('Mul', [x, build.number(alpha)]);
    return build.add('Mul', [x, build.add('Sigmoid', [inner])]);
  },
  ThresholdedRelu(build, x) {
    const above = build.add('Greater', [x, build.number(build.attribute('alpha', 1))]);
    return build.add('Where', [above, x, build.number(0)]);
  },
};

export default {
  opTypes: [...Object.keys(formulas), 'Elu'],
  isWholeInParts: true,
  rewrite(node, build) {
    const [x = ''] = node.inputs;
    if (node.opType !== 'Elu') return [formulas[node.opType]?.(build, x) ?? x];
    const alpha = build.attribute('alpha', 1);
    return alpha === 1 ? undefined : [elu(build, x, alpha)];
  },
} satisfies Rewrite;

// Activations of Keras that tfjs does not have, or computes otherwise, written from Keras' documentation.
// https://keras.io/api/layers/activations/

import type * as Core from '@tensorflow/tfjs-core';
import type { Tfjs } from './library.ts';

type Formula = (core: typeof Core, x: Core.Tensor) => Core.Tensor;

/** By the name tfjs gets to see; keras-activation.ts maps Keras' names to these. */
const formulas: Readonly<Record<string, Formula>> = {
  mlctlExponential: (core, x) => core.exp(x),
  mlctlLeakyRelu: (core, x) => core.maximum(x, core.mul(x, 0.2)),
  mlctlSilu: (core, x) => core.mul(x, core.sigmoid(x)),
  // Keras 3: relu6(x + 3) / 6. Keras 1 and 2 have clip(0.2 x + 0.5), which is tfjs' hardSigmoid.
  mlctlHardSigmoid3: (core, x) => hardSigmoid(core, x),
  mlctlHardSilu: (core, x) => core.mul(x, hardSigmoid(core, x)),
  mlctlHardTanh: (core, x) => core.clipByValue(x, -1, 1),
  mlctlTanhShrink: (core, x) => core.sub(x, core.tanh(x)),
  mlctlLogSigmoid: (core, x) => core.neg(core.softplus(core.neg(x))),
  mlctlSoftplus: (core, x) => core.add(core.relu(x), core.log1p(core.exp(core.neg(core.abs(x))))),
  mlctlGeluTanh: (core, x) => {
    const inner = core.mul(Math.sqrt(2 / Math.PI), core.add(x, core.mul(0.044715, core.pow(x, 3))));
    return core.mul(core.mul(0.5, x), core.add(1, core.tanh(inner)));
  },
  mlctlCelu: (core, x) => core.add(core.relu(x), core.minimum(0, core.expm1(x))),
  mlctlLogSoftmax: (core, x) => {
    const shifted = core.sub(x, core.max(x, -1, true));
    return core.sub(shifted, core.log(core.sum(core.exp(shifted), -1, true)));
  },
};

function hardSigmoid(core: typeof Core, x: Core.Tensor): Core.Tensor {
  return core.clipByValue(core.add(core.mul(x, 1 / 6), 0.5), 0, 1);
}

export function registerActivations({ core }: Pick<Tfjs, 'core'>): void {
  for (const [name, formula] of Object.entries(formulas)) {
    class Activation extends core.serialization.Serializable {
      static readonly className = name;
      apply(x: Core.Tensor): Core.Tensor {
        return core.tidy(() => formula(core, x));
      }
      override getConfig(): Core.serialization.ConfigDict {
        return {};
      }
    }
    core.serialization.registerClass(Activation);
  }
}

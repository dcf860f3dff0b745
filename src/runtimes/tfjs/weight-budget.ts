// The initializer of every weight: zeros, as the values are set afterwards, and no more of them than the file has.
// Without it a layer that claims a billion units would take the memory before its missing weights are noticed.

import type * as Core from '@tensorflow/tfjs-core';
import { Unsupported } from './keras/unsupported.ts';
import type { Tfjs } from './library.ts';

export const ZEROS = 'mlctlZeros';

// Models are loaded one at a time (session.ts), each from start to end.
let left = 0;

/** The number of elements that the weights of the next model may have together. */
export function allowWeights(elements: number): void {
  left = elements;
}

export function takeZeros(core: typeof Core, dims: readonly number[]): Core.Tensor {
  left -= dims.reduce((product, dim) => product * dim, 1);
  if (!(left >= 0)) throw new Unsupported('its layers ask for more weights than the file has');
  return core.zeros([...dims]);
}

export function registerZeros({ core }: Pick<Tfjs, 'core'>): void {
  class Zeros extends core.serialization.Serializable {
    static readonly className = ZEROS;
    apply(dims: readonly number[]): Core.Tensor {
      return takeZeros(core, dims);
    }
    override getConfig(): Core.serialization.ConfigDict {
      return {};
    }
  }
  core.serialization.registerClass(Zeros);
}

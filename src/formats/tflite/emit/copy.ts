// The same elements as a tensor of its own.

import type { Node } from '../../../graph/model.ts';
import type { Emission } from './emission.ts';
import { shapeTensor } from './shape-tensor.ts';

export function copy(emission: Emission, tensor: number, node: Node): undefined {
  const { shape } = emission.tensor(tensor);
  if (shape === undefined) return emission.refuse('the number of axes of a value is not known');
  emission.give('RESHAPE', [tensor, shapeTensor(emission, shape, [tensor], true)], node);
}

// Checks tensors before a runtime sees them: some runtimes read past the end of what they are given.

import { errors } from '../errors.ts';
import { byteLength, dtypes } from '../graph/dtype.ts';
import type { Shape } from '../graph/model.ts';
import { elementCount, type Tensor, type TypedArray } from '../graph/tensor.ts';
import type { Feeds, TensorInfo } from './session.ts';

/**
 * Throws FEED_INVALID naming the first input whose name, dtype, rank, fixed axes or amount of data does not fit.
 *
 * @example
 * checkFeeds(session.inputs, { x: float32([1, 4], [1, 2, 3, 4]) });
 */
export function checkFeeds(inputs: readonly TensorInfo[], feeds: Feeds): void {
  for (const name of Object.keys(feeds)) {
    if (!inputs.some((input) => input.name === name)) {
      const known = inputs.map((input) => input.name).join(', ');
      throw errors.FEED_INVALID(name, `the model has no input of this name; it takes ${known || 'none'}`);
    }
  }
  for (const input of inputs) {
    const tensor = Object.hasOwn(feeds, input.name) ? feeds[input.name] : undefined;
    if (tensor === undefined) throw errors.FEED_INVALID(input.name, 'no tensor was given for it');
    const problem = compare(input, tensor) ?? checkTensor(tensor);
    if (problem !== undefined) throw errors.FEED_INVALID(input.name, problem);
  }
}

/** `[batch,3,224,224]`, for messages. */
export function spellShape(shape: Shape): string {
  return `[${shape.map((dim) => dim ?? '?').join(',')}]`;
}

function compare(input: TensorInfo, tensor: Tensor): string | undefined {
  const { dtype, shape } = input;
  if (tensor.dtype !== dtype) return `it takes ${dtype}, ${tensor.dtype} was given`;
  if (shape === undefined) return undefined;
  const given = spellShape(tensor.dims);
  if (shape.length !== tensor.dims.length) return `it takes shape ${spellShape(shape)}, ${given} was given`;
  for (const [axis, dim] of shape.entries()) {
    if (typeof dim === 'number' && dim !== tensor.dims[axis]) {
      return `it takes shape ${spellShape(shape)}, ${given} was given: axis ${axis} must be ${dim}`;
    }
  }
  return undefined;
}

// The data must be what dtype and dims say it is.
function checkTensor(tensor: Tensor): string | undefined {
  const { dtype, dims, data } = tensor;
  if (dims.some((dim) => !Number.isInteger(dim) || dim < 0)) return `${spellShape(dims)} is not a shape`;
  const count = elementCount(dims);
  const { array } = dtypes[dtype];
  if (array === 'strings') {
    if (!Array.isArray(data)) return 'its data is not an array of strings';
    if (!data.every((item) => typeof item === 'string'))
      return 'its data holds something that is not a string';
    return data.length === count
      ? undefined
      : `shape ${spellShape(dims)} holds ${count} strings, ${data.length} were given`;
  }
  if (!(data instanceof array)) return `its data is not a ${array.name}`;
  const bytes = byteLength(dtype, count);
  const given = (data as TypedArray).byteLength;
  return given === bytes ? undefined : `shape ${spellShape(dims)} takes ${bytes} bytes, ${given} were given`;
}

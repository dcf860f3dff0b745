// Applies the signature's scale, mean and std to raw inputs, the same arithmetic evaluate applies to its data.

import type { InputSignature } from '../graph/signature.ts';
import type { TypedArray } from '../graph/tensor.ts';
import type { Port } from './ports.ts';

/** Changes the elements from `from` to `to` in place; `from` is where a row starts. */
export type Normalizer = (data: TypedArray, from: number, to: number) => void;

/**
 * x * scale, then (x - mean) / std; mean and std one number, or one per column or channel: the last axis, or the second one
 * where that fits and the last one does not. undefined when there is nothing to do.
 */
export function normalizerOf(port: Port, signature: InputSignature | undefined): Normalizer | undefined {
  const { scale = 1, mean = 0, std = 1 } = signature ?? {};
  if (scale === 1 && mean === 0 && std === 1) return undefined;
  if (port.dtype !== 'float32' && port.dtype !== 'float64') return undefined;
  const channels = Math.max(...[mean, std].map((value) => (typeof value === 'number' ? 1 : value.length)));
  const last = port.dims.at(-1);
  // Elements that share a channel before the next one comes.
  const isChannelsFirst = channels > 1 && last !== channels && port.dims[1] === channels;
  const stride = isChannelsFirst ? port.dims.slice(2).reduce((product, dim) => product * dim, 1) : 1;
  const means = spread(mean, channels);
  const stds = spread(std, channels);
  return (data, from, to) => {
    for (let at = from; at < to; at++) {
      const channel = channels === 1 ? 0 : Math.floor((at - from) / stride) % channels;
      data[at] = ((data[at] as number) * scale - (means[channel] ?? 0)) / (stds[channel] ?? 1);
    }
  };
}

function spread(value: number | readonly number[], channels: number): readonly number[] {
  return typeof value === 'number' ? Array.from({ length: channels }, () => value) : value;
}

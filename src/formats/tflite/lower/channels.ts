// TFLite has the channels last, ONNX first: the orders of axes between the two. The layout pass removes the Transposes.

import { int } from '../../../graph/attribute.ts';
import type { Op } from './definition.ts';

/** Axes of a value with the channels last, in ONNX's order. */
export function channelsFirst(rank: number): readonly number[] {
  return [0, rank - 1, ...Array.from({ length: rank - 2 }, (_, index) => index + 1)];
}

/** And back. */
export function channelsLast(rank: number): readonly number[] {
  return [0, ...Array.from({ length: rank - 2 }, (_, index) => index + 2), 1];
}

/** Runs `work` on a value with the channels on axis 1 and puts them back. */
export function withChannelsFirst(
  op: Op,
  value: string,
  rank: number,
  work: (value: string) => string,
): string {
  const turn = (input: string, perm: readonly number[], suffix: string) =>
    op.emit('Transpose', [input], { suffix, attributes: { perm: int(perm) } });
  const result = work(turn(value, channelsFirst(rank), 'to_channels_first'));
  return turn(result, channelsLast(rank), 'to_channels_last');
}

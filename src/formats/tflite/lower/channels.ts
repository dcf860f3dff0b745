// TFLite has the channels last, ONNX first: Transposes around an operator. The layout pass removes them.

import { int } from '../../../graph/attribute.ts';
import type { Op } from './definition.ts';

export function toChannelsFirst(op: Op, value: string, rank: number, suffix = 'to_channels_first'): string {
  const spatial = Array.from({ length: rank - 2 }, (_, index) => index + 1);
  return op.emit('Transpose', [value], { suffix, attributes: { perm: int([0, rank - 1, ...spatial]) } });
}

export function toChannelsLast(op: Op, value: string, rank: number, suffix = 'to_channels_last'): string {
  const spatial = Array.from({ length: rank - 2 }, (_, index) => index + 2);
  return op.emit('Transpose', [value], { suffix, attributes: { perm: int([0, ...spatial, 1]) } });
}

/** Runs `work` with the channels on axis 1 and puts them back. */
export function withChannelsFirst(op: Op, value: string, rank: number, work: (value: string) => string): string {
  return toChannelsLast(op, work(toChannelsFirst(op, value, rank)), rank);
}

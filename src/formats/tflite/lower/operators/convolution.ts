// CONV_2D, DEPTHWISE_CONV_2D and CONV_3D. Filters are stored (out, height, width, in), (1, height, width, out) and
// (depth, height, width, in, out); ONNX wants (out, in / groups, spatial…).

import { int } from '../../../../graph/attribute.ts';
import { activate, activationProblem } from '../activation.ts';
import { channelsFirst, channelsLast } from '../channels.ts';
import type { OperatorFamily, OperatorView } from '../definition.ts';
import { padding, readWindow, spatialOf, windowAttributes } from '../window.ts';

type Layout = {
  /** Letters of the spatial axes, as options name them. */
  readonly axes: string;
  /** Axes of the stored filter in the order ONNX has them. */
  readonly perm: readonly number[];
  /** Where the stored filter has its spatial axes begin. */
  readonly first: number;
};

const layouts: Readonly<Record<string, Layout>> = {
  CONV_2D: { axes: 'HW', perm: [0, 3, 1, 2], first: 1 },
  DEPTHWISE_CONV_2D: { axes: 'HW', perm: [3, 0, 1, 2], first: 1 },
  CONV_3D: { axes: 'DHW', perm: [4, 3, 0, 1, 2], first: 0 },
};

export default {
  opcodes: Object.keys(layouts),
  problem: (op) =>
    activationProblem(op) ??
    (op.input(1).shape.includes(null) ? 'the shape of its filter is not known' : undefined) ??
    (typeof groupsOf(op) === 'number' ? undefined : 'the number of its input channels is not known'),
  lower(op) {
    const { axes, perm, first } = layouts[op.opcode] ?? op.fail('it is no convolution');
    const { shape } = op.input(0);
    const filter = op.input(1).shape.map(Number);
    if (filter.length !== perm.length) op.fail(`its filter has ${filter.length} axes`);
    const window = readWindow(op, axes, filter.slice(first, first + axes.length));
    const spatial = spatialOf(op, shape, axes.length);
    const bias = op.hasInput(2) ? [op.real(2)] : [];
    const weights = op.arranged(1, perm);
    const x = op.arranged(0, channelsFirst(shape.length));
    const result = op.emit('Conv', [x, weights, ...bias], {
      attributes: {
        ...padding(op, spatial, window),
        ...windowAttributes(window),
        group: int(groupsOf(op) ?? 1),
      },
    });
    op.give(0, activate(op, result), 'float32', channelsLast(shape.length));
  },
} satisfies OperatorFamily;

/** How many groups the input channels are cut into; each has as many as the filter takes. */
function groupsOf(op: OperatorView): number | undefined {
  const channels = op.input(0).shape.at(-1);
  const filter = op.input(1).shape;
  if (op.opcode === 'DEPTHWISE_CONV_2D') {
    const groups = channels ?? Number(filter.at(-1)) / Math.max(1, op.int('depthMultiplier', 1));
    if (typeof groups !== 'number' || Number(filter.at(-1)) % groups !== 0) {
      op.fail(`${groups} channels do not divide the ${filter.at(-1)} of its filter`);
    }
    return groups;
  }
  const taken = Number(op.opcode === 'CONV_3D' ? filter.at(-2) : filter.at(-1));
  if (typeof channels !== 'number') return op.opcode === 'CONV_3D' ? 1 : undefined;
  const groups = channels / taken;
  return Number.isInteger(groups) && groups >= 1
    ? groups
    : op.fail(`it has ${channels} input channels and its filter takes ${taken}`);
}

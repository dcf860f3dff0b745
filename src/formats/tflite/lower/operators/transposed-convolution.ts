// TRANSPOSE_CONV and CONV_3D_TRANSPOSE: the convolution that has this input as its output, padding included.
// Inputs: output shape, filter (out, height, width, in) or (depth, height, width, out, in), input, bias.

import { int } from '../../../../graph/attribute.ts';
import { activate, activationProblem } from '../activation.ts';
import { channelsFirst, channelsLast } from '../channels.ts';
import type { OperatorFamily, OperatorView } from '../definition.ts';
import { readWindow, spatialOf, type Window } from '../window.ts';

export default {
  opcodes: ['TRANSPOSE_CONV', 'CONV_3D_TRANSPOSE', 'CUSTOM:Convolution2DTransposeBias'],
  problem: (op) => {
    if (op.opcode.startsWith('CUSTOM')) return undefined;
    return (
      activationProblem(op) ??
      (op.input(1).shape.includes(null) ? 'the shape of its filter is not known' : undefined)
    );
  },
  lower(op) {
    const isCustom = op.opcode.startsWith('CUSTOM');
    const is3d = op.opcode === 'CONV_3D_TRANSPOSE';
    const data = isCustom ? 0 : 2;
    const { shape } = op.input(data);
    const filter = op.input(1).shape.map(Number);
    const axes = is3d ? 'DHW' : 'HW';
    if (filter.length !== axes.length + 2) op.fail(`its filter has ${filter.length} axes`);
    const kernel = is3d ? filter.slice(0, 3) : filter.slice(1, 3);
    const options = isCustom
      ? readCustom(op, kernel)
      : { window: readWindow(op, axes, kernel), isSame: op.word('padding') === 'SAME' };
    const spatial = spatialOf(op, shape, axes.length);
    const output = isCustom ? undefined : (op.integers(0) ?? declared(op)).slice(1, -1);
    const bias = isCustom ? 2 : 3;
    const inputs = [
      op.arranged(1, is3d ? [4, 3, 0, 1, 2] : [3, 0, 1, 2]),
      ...(op.hasInput(bias) ? [op.real(bias)] : []),
    ];
    const ends = spatial.map((length, axis) =>
      ending(
        typeof length === 'number' ? length : undefined,
        output?.[axis],
        options.window,
        axis,
        options.isSame,
      ),
    );
    const x = op.arranged(data, channelsFirst(shape.length));
    const result = op.emit('ConvTranspose', [x, ...inputs], {
      attributes: {
        kernel_shape: int(kernel),
        strides: int(options.window.strides),
        dilations: int(options.window.dilations),
        pads: int([...ends.map(({ before }) => before), ...ends.map(({ after }) => after)]),
        output_padding: int(ends.map(({ extra }) => extra)),
      },
    });
    op.give(0, isCustom ? result : activate(op, result), 'float32', channelsLast(shape.length));
  },
} satisfies OperatorFamily;

function declared(op: OperatorView): readonly (number | undefined)[] {
  return op.output().shape.map((dim) => (typeof dim === 'number' ? dim : undefined));
}

/** How much is cut off before and after, or added after, so that the result has the wanted length. */
function ending(
  input: number | undefined,
  wanted: number | undefined,
  window: Window,
  axis: number,
  isSame: boolean,
) {
  const stride = window.strides[axis] ?? 1;
  const reach = ((window.kernel[axis] ?? 1) - 1) * (window.dilations[axis] ?? 1) + 1;
  const surplus =
    input === undefined || wanted === undefined
      ? isSame
        ? reach - stride
        : Math.min(0, reach - stride)
      : (input - 1) * stride + reach - wanted;
  const before = Math.floor(Math.max(surplus, 0) / 2);
  return { before, after: Math.max(surplus, 0) - before, extra: Math.max(-surplus, 0) };
}

/** MediaPipe's operator: the C structure TfLiteTransposeConvParams: padding (1 same, 2 valid), stride width and height. */
function readCustom(op: OperatorView, kernel: readonly number[]) {
  const bytes = op.customOptions;
  if (bytes.byteLength < 12) op.fail(`its options have ${bytes.byteLength} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [kind, width, height] = [0, 4, 8].map((at) => view.getInt32(at, true));
  if (!width || !height || width < 1 || height < 1 || (kind !== 1 && kind !== 2))
    op.fail('its options make no sense');
  return { window: { kernel, strides: [height ?? 1, width ?? 1], dilations: [1, 1] }, isSame: kind === 1 };
}

// MediaPipe's pooling operators. MaxPoolingWithArgmax2D also says where each maximum was, as (y · width + x) · channels
// + channel; MaxUnpooling2D puts values back there and zeros elsewhere.

import { int, tensor } from '../../../../graph/attribute.ts';
import { channelsFirst, channelsLast } from '../channels.ts';
import type { Op, OperatorFamily, OperatorView } from '../definition.ts';
import { readFlexMap } from '../flexbuffer.ts';
import { tensorOf } from '../tensors.ts';
import { type Window, windowPads } from '../window.ts';

const pooling = ['CUSTOM:MaxPoolingWithArgmax2D', 'CUSTOM:MaxPoolWithArgmax'];
const unpooling = ['CUSTOM:MaxUnpooling2D', 'CUSTOM:LiteRtMaxUnpooling2D'];

export default {
  opcodes: [...pooling, ...unpooling],
  problem: (op) => (op.input(0).shape.includes(null) ? 'the shape of its input is not known' : undefined),
  lower(op) {
    const { window, isSame } = readOptions(op);
    const [, height = 0, width = 0, channels = 0] = op.input(0).shape.map(Number);
    if (unpooling.includes(op.opcode)) {
      const [rows, columns] = [height, width].map((length, axis) => {
        const stride = window.strides[axis] ?? 1;
        return isSame ? length * stride : (length - 1) * stride + (window.kernel[axis] ?? 1);
      });
      unpool(op, [rows ?? 0, columns ?? 0, channels]);
      return;
    }
    const pads = isSame ? windowPads([height, width], window) : {};
    const [pooled = '', flat = ''] = op.emitAll('MaxPool', [op.arranged(0, channelsFirst(4))], 2, {
      attributes: { kernel_shape: int(window.kernel), strides: int(window.strides), ...pads },
    });
    op.give(0, pooled, 'float32', channelsLast(4));
    // ONNX counts over the whole tensor with the channels first.
    const size = op.numbers('plane', 'int64', [height * width]);
    const place = op.emit('Mod', [flat, size], { suffix: 'place' });
    const scaled = op.emit('Mul', [place, op.numbers('channels', 'int64', [channels])], { suffix: 'scaled' });
    const channel = op.numbers('channel', 'int64', [...Array(channels).keys()], [channels, 1, 1]);
    op.give(1, op.emit('Add', [scaled, channel], { suffix: 'argmax' }), 'int64', channelsLast(4));
  },
} satisfies OperatorFamily;

function unpool(op: Op, dims: readonly number[]): void {
  const size = dims.reduce((product, dim) => product * dim, 1);
  const rows = op.ints('rows', [0, -1]);
  const values = op.emit('Reshape', [op.real(0), rows], { suffix: 'values' });
  const places = op.emit('Reshape', [op.as(1, 'int64'), rows], { suffix: 'places' });
  const batch = op.emit('Slice', [op.shapeOf(op.stored(0)), op.ints('from', [0]), op.ints('to', [1])], {
    suffix: 'batch',
  });
  const shape = op.emit('Concat', [batch, op.ints('size', [size])], {
    suffix: 'flat',
    attributes: { axis: int(0) },
  });
  const zeros = op.emit('ConstantOfShape', [shape], {
    suffix: 'zeros',
    attributes: { value: tensor(tensorOf('float32', [1], [0])) },
  });
  const filled = op.emit('ScatterElements', [zeros, places, values], {
    suffix: 'filled',
    attributes: { axis: int(1) },
  });
  op.give(0, op.emit('Reshape', [filled, op.ints('image', [-1, ...dims])]));
}

type Options = { readonly window: Window; readonly isSame: boolean };

/**
 * TensorFlow's operator has a FlexBuffer; the others the C structure TfLitePoolParams: padding (1 same, 2 valid), strides
 * and filter, width before height.
 */
function readOptions(op: OperatorView): Options {
  const bytes = op.customOptions;
  const read = op.opcode === 'CUSTOM:MaxPoolWithArgmax' ? fromMap(op) : fromStructure(op, bytes);
  const numbers = [...read.window.kernel, ...read.window.strides];
  if (!numbers.every((value) => Number.isInteger(value) && value >= 1 && value < 2 ** 31)) {
    op.fail('its options make no sense');
  }
  return read;
}

function fromMap(op: OperatorView): Options {
  const map = readFlexMap(op.customOptions, op.fail);
  const list = (name: string): readonly number[] => {
    const value = map.get(name);
    return Array.isArray(value) ? value.slice(1, 3) : op.fail(`it has no option ${name}`);
  };
  const window = { kernel: list('ksize'), strides: list('strides'), dilations: [1, 1] };
  return { window, isSame: map.get('padding') === 'SAME' };
}

function fromStructure(op: OperatorView, bytes: Uint8Array): Options {
  if (bytes.byteLength < 20) op.fail(`its options have ${bytes.byteLength} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [kind = 0, strideW = 0, strideH = 0, width = 0, height = 0] = [0, 4, 8, 12, 16].map((at) =>
    view.getInt32(at, true),
  );
  if (kind !== 1 && kind !== 2) op.fail(`its padding is ${kind}`);
  return {
    window: { kernel: [height, width], strides: [strideH, strideW], dilations: [1, 1] },
    isSame: kind === 1,
  };
}

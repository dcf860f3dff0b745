// QuantizeLinear and DequantizeLinear with the scale and zero point of a tensor.
// https://onnx.ai/onnx/operators/onnx__DequantizeLinear.html

import { int } from '../../../graph/attribute.ts';
import type { DType } from '../../../graph/dtype.ts';
import { reshape } from '../../../graph/rearrange.ts';
import { elementCount, type Tensor } from '../../../graph/tensor.ts';
import type { Quantization } from '../records.ts';
import type { NodeMaker, Operand } from './definition.ts';
import { dequantized, parameter } from './quantization.ts';

type Stored = {
  readonly tensor: Tensor | undefined;
  readonly dtype: DType;
  readonly quantization: Quantization;
  readonly name: string;
  readonly blocks: Blocks | undefined;
};

export type Blocks = {
  readonly scale: Tensor;
  readonly zeroPoint: Tensor | undefined;
  readonly blockSize: number;
};

/** What QuantizeLinear gives; its zero point says which. */
const small: readonly DType[] = ['int8', 'uint8', 'int16', 'uint16'];

export function dequantize(op: NodeMaker, stored: Stored, value: () => string): string {
  const { tensor, dtype, quantization, name, blocks } = stored;
  const { scale, zeroPoint, axis } = quantization;
  if (blocks !== undefined) return dequantizeBlocks(op, stored, blocks, value());
  const suffix = `${name}/dequantize`;
  const isSmall = small.includes(dtype);
  // int32 is taken as it is, without a zero point.
  if (isSmall || (dtype === 'int32' && zeroPoint.every((zero) => zero === 0))) {
    const zero = isSmall ? [op.make(`${name}/zero_point`, parameter(dtype, zeroPoint))] : [];
    return op.emit(
      'DequantizeLinear',
      [value(), op.make(`${name}/scale`, parameter('float32', scale)), ...zero],
      {
        suffix,
        attributes: scale.length > 1 ? { axis: int(axis) } : {},
      },
    );
  }
  if (tensor !== undefined) return op.make(name, dequantized(tensor, quantization));
  if (scale.length > 1) op.refuse(`${name} is ${dtype} with a scale per slice`);
  const shifted = op.emit('Sub', [
    op.cast(value(), 'float32', `${suffix}/cast`),
    op.numbers(`${name}/zero_point`, 'float32', zeroPoint),
  ]);
  return op.emit('Mul', [shifted, op.make(`${name}/scale`, parameter('float32', scale))], { suffix });
}

function dequantizeBlocks(op: NodeMaker, { tensor, name }: Stored, blocks: Blocks, value: string): string {
  const { scale, zeroPoint, blockSize } = blocks;
  const dims = tensor?.dims ?? op.fail(`${name} is quantized in blocks and not constant`);
  // The blocks lie along the axis whose length they divide into as many as there are scales.
  const dimsOf = (axis: number) => dims.with(axis, (dims[axis] ?? 0) / blockSize);
  const axes = [...dims.keys()].reverse();
  const axis =
    axes.find((at) => `${dimsOf(at)}` === `${scale.dims}`) ??
    axes.find((at) => elementCount(dimsOf(at)) === elementCount(scale.dims));
  if (axis === undefined || blockSize < 1) {
    return op.fail(`${name} has ${elementCount(scale.dims)} scales for blocks of ${blockSize}`);
  }
  const zero =
    zeroPoint === undefined ? [] : [op.make(`${name}/zero_point`, reshape({ ...zeroPoint }, dimsOf(axis)))];
  return op.emit(
    'DequantizeLinear',
    [value, op.make(`${name}/scale`, reshape(scale, dimsOf(axis))), ...zero],
    {
      suffix: `${name}/dequantize`,
      attributes: { axis: int(axis), block_size: int(blockSize) },
    },
  );
}

export function quantize(
  op: NodeMaker,
  value: string,
  output: Operand,
  quantization: Quantization,
  suffix: string,
): string {
  const { scale, zeroPoint, axis, blockwise } = quantization;
  const { dtype, name } = output;
  if (blockwise !== undefined) return op.refuse(`its result ${name} is quantized in blocks`);
  const factor = op.make(`${suffix}/scale`, parameter('float32', scale));
  if (small.includes(dtype)) {
    const zero = op.make(`${suffix}/zero_point`, parameter(dtype, zeroPoint));
    const attributes = scale.length > 1 ? { axis: int(axis) } : {};
    return op.emit('QuantizeLinear', [value, factor, zero], { suffix, attributes });
  }
  if (scale.length > 1 || (dtype !== 'int32' && dtype !== 'int64')) {
    return op.refuse(`its result ${name} is quantized to ${dtype}`);
  }
  const rounded = op.emit('Round', [op.emit('Div', [value, factor], { suffix: `${suffix}/div` })], {
    suffix: `${suffix}/round`,
  });
  const zero = op.numbers(`${suffix}/zero_point`, 'float32', zeroPoint);
  return op.cast(op.emit('Add', [rounded, zero], { suffix: `${suffix}/add` }), dtype, suffix);
}

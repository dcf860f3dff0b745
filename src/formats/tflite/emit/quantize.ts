// QuantizeLinear → QUANTIZE, DequantizeLinear → DEQUANTIZE. What is between two of them is brought to whole numbers
// afterwards (absorb.ts).
// https://onnx.ai/onnx/operators/onnx__QuantizeLinear.html

import type { Node } from '../../../graph/model.ts';
import { tensorView } from '../../../graph/tensor.ts';
import type { Quantization } from '../records.ts';
import type { Emission } from './emission.ts';
import { typeName } from './emission.ts';
import type { Emitter } from './emitter.ts';

export default {
  opTypes: ['QuantizeLinear', 'DequantizeLinear'],
  emit(node, emission) {
    const [x = ''] = node.inputs;
    const [y = ''] = node.outputs;
    const quantization = quantizationOf(node, emission);
    const coded = emission.dtype(node.opType === 'QuantizeLinear' ? y : x);
    const isConstant = coded === 'int32' && emission.constant(x) !== undefined;
    if (!(coded === 'int8' || coded === 'uint8' || coded === 'int16' || isConstant)) {
      return emission.refuse(`TFLite has no codes of ${coded}`);
    }
    if (coded === 'int16' && quantization.zeroPoint.some((point) => point !== 0)) {
      return emission.refuse('TFLite has a zero point of 0 for 16 bits');
    }
    if (node.opType === 'QuantizeLinear') {
      const output = emission.out(y);
      emission.tensor(output).quantization = quantization;
      return emission.op('QUANTIZE', [emission.in(x)], [output]);
    }
    const held = emission.constant(x);
    if (held !== undefined) {
      const type = typeName(held.dtype);
      const data = tensorView(held);
      const codes = emission.add({
        name: emission.named(x),
        type,
        shape: [...held.dims],
        data,
        quantization,
      });
      return emission.op('DEQUANTIZE', [codes], [emission.out(y)]);
    }
    const input = emission.in(x);
    const tensor = emission.tensor(input);
    tensor.quantization ??= quantization;
    if (!isSame(tensor.quantization, quantization))
      return emission.refuse('codes that are read with another scale');
    emission.op('DEQUANTIZE', [input], [emission.out(y)]);
  },
} satisfies Emitter;

export function quantizationOf(node: Node, emission: Emission): Quantization {
  const [x = '', scale = '', zero = ''] = node.inputs;
  const held = emission.constant(scale) ?? emission.refuse('its scale is not constant');
  if (held.dtype !== 'float32') return emission.refuse(`a scale of ${held.dtype}`);
  if (emission.attribute(node, 'block_size', 0) !== 0) return emission.refuse('scales for blocks');
  const scales = Array.from(held.data as Float32Array);
  const points =
    zero === ''
      ? scales.map(() => 0)
      : (emission.ints(zero) ?? emission.refuse('its zero point is not constant'));
  const axis =
    held.dims.length === 0 || scales.length === 1
      ? 0
      : emission.axis(emission.attribute(node, 'axis', 1), emission.rank(x));
  return { scale: scales, zeroPoint: scales.map((_, at) => points[at] ?? points[0] ?? 0), axis };
}

export function isSame(a: Quantization, b: Quantization): boolean {
  return String(a.scale) === String(b.scale) && String(a.zeroPoint) === String(b.zeroPoint);
}

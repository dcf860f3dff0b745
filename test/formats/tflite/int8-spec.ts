// The restrictions of the TFLite quantization specification that a file breaks, each with the operator.
// https://ai.google.dev/edge/litert/models/quantization_spec

import type { Operator, Subgraph, TfliteFile, TfliteTensor } from '../../../src/formats/tflite/records.ts';

/** Where weights are, their axis of output channels, and where the bias is. */
const weighted: Readonly<Record<string, { data: number; weights: number; axis: number; bias: number }>> = {
  CONV_2D: { data: 0, weights: 1, axis: 0, bias: 2 },
  DEPTHWISE_CONV_2D: { data: 0, weights: 1, axis: 3, bias: 2 },
  FULLY_CONNECTED: { data: 0, weights: 1, axis: 0, bias: 2 },
  TRANSPOSE_CONV: { data: 2, weights: 1, axis: 0, bias: 3 },
};

/** Inputs and outputs have one scale and zero point. */
const same = new Set(
  (
    'AVERAGE_POOL_2D CONCATENATION DEPTH_TO_SPACE EXPAND_DIMS GATHER MAXIMUM MAX_POOL_2D MINIMUM MIRROR_PAD PACK PAD ' +
    'PADV2 RESHAPE RESIZE_BILINEAR RESIZE_NEAREST_NEIGHBOR SLICE SPACE_TO_DEPTH SPLIT SPLIT_V SQUEEZE STRIDED_SLICE ' +
    'TRANSPOSE UNPACK'
  ).split(' '),
);

/** What the outputs have, of 8 and of 16 bits. */
const fixed: Readonly<Record<string, { int8: string; int16: string }>> = {
  SOFTMAX: { int8: `${1 / 256} -128`, int16: `${2 ** -15} 0` },
  LOGISTIC: { int8: `${1 / 256} -128`, int16: `${2 ** -15} 0` },
  TANH: { int8: `${1 / 128} 0`, int16: `${2 ** -15} 0` },
  LOG_SOFTMAX: { int8: `${16 / 256} 127`, int16: `${2 ** -11} 0` },
  L2_NORMALIZATION: { int8: `${1 / 128} 0`, int16: `${2 ** -15} 0` },
};

const codes = new Set(['int8', 'int16']);
/** They convert, whatever the scale. */
const borders = new Set(['QUANTIZE', 'DEQUANTIZE']);

export function breaches({ subgraphs }: TfliteFile): string[] {
  return subgraphs.flatMap((subgraph) =>
    subgraph.operators.flatMap((operator) =>
      breachesOf(subgraph, operator).map((text) => `${operator.opcode}: ${text}`),
    ),
  );
}

/** Operators that compute on real numbers. */
export function floatOperators({ subgraphs }: TfliteFile): string[] {
  return subgraphs.flatMap(({ tensors, operators }) =>
    operators
      .filter(({ opcode, inputs, outputs }) => {
        const all = [...inputs, ...outputs].map((index) => tensors[index]?.type);
        return !borders.has(opcode) && all.includes('float32');
      })
      .map(({ opcode }) => opcode),
  );
}

function breachesOf({ tensors }: Subgraph, { opcode, inputs, outputs }: Operator): string[] {
  const at = (index: number | undefined) => tensors[index ?? -1];
  const found: string[] = [];
  const activations = [...inputs, ...outputs].flatMap((index) => {
    const tensor = at(index);
    return tensor && codes.has(tensor.type) ? [tensor] : [];
  });
  const place = weighted[opcode];
  for (const tensor of activations) {
    if (tensor === at(inputs[place?.weights ?? -1])) continue;
    const { scale = [], zeroPoint = [] } = tensor.quantization ?? {};
    if (scale.length !== 1 || !(scale[0] as number) || zeroPoint.length !== 1)
      found.push(`${tensor.name} has ${scale.length} scales`);
    if (tensor.type === 'int16' && zeroPoint[0] !== 0) found.push(`${tensor.name} is not symmetric`);
  }
  if (borders.has(opcode)) return found;
  if (same.has(opcode)) {
    const all = new Set(activations.map(spell));
    if (all.size > 1) found.push(`more than one scale: ${[...all].join(', ')}`);
  }
  const output = at(outputs[0]);
  const stated = output && fixed[opcode]?.[output.type as 'int8'];
  if (stated !== undefined && output && spell(output) !== stated) found.push(`gives ${spell(output)}`);
  if (place && at(inputs[place.weights])?.type === 'int8' && codes.has(at(inputs[place.data])?.type ?? '')) {
    found.push(...weightBreaches(at(inputs[place.data]), at(inputs[place.weights]), place.axis));
    const bias = at(inputs[place.bias]);
    if (bias) found.push(...biasBreaches(at(inputs[place.data]), at(inputs[place.weights]), bias));
  }
  return found;
}

function weightBreaches(data: TfliteTensor | undefined, weights: TfliteTensor | undefined, axis: number) {
  const found: string[] = [];
  const { scale = [], zeroPoint = [], axis: stated = 0 } = weights?.quantization ?? {};
  if (data === undefined || weights?.data === undefined) return ['its weights are not constant'];
  if (zeroPoint.some((point) => point !== 0)) found.push('its weights are not symmetric');
  if (Int8Array.from(weights.data).includes(-128)) found.push('its weights hold −128');
  if (scale.length !== zeroPoint.length) found.push('its weights have not as many zero points as scales');
  if (scale.length > 1 && (stated !== axis || scale.length !== weights.shape?.[axis]))
    found.push(`its weights have ${scale.length} scales along axis ${stated}`);
  if (scale.some((each) => !(each > 0))) found.push('its weights have a scale of 0');
  return found;
}

function biasBreaches(data: TfliteTensor | undefined, weights: TfliteTensor | undefined, bias: TfliteTensor) {
  const found: string[] = [];
  const wanted = data?.type === 'int16' ? 'int64' : 'int32';
  if (bias.type !== wanted) found.push(`its bias is ${bias.type}`);
  const { scale = [], zeroPoint = [] } = bias.quantization ?? {};
  if (zeroPoint.some((point) => point !== 0)) found.push('its bias has a zero point');
  const [input = 0] = data?.quantization?.scale ?? [];
  const products = (weights?.quantization?.scale ?? []).map((each) => Math.fround(each * input));
  const isProduct =
    scale.length === products.length &&
    scale.every((each, index) => Math.abs(each / (products[index] ?? 0) - 1) < 1e-6);
  if (!isProduct) found.push('its bias is not at input × weight scale');
  return found;
}

function spell({ quantization }: TfliteTensor): string {
  return `${quantization?.scale.join()} ${quantization?.zeroPoint.join()}`;
}

// A tensor's record as its table. https://ai.google.dev/edge/litert (schema.fbs, Tensor)

import type { Buffers } from './encode-buffers.ts';
import type { Quantization, SparseDimension, Sparsity, TfliteTensor } from './records.ts';
import { schemaType } from './schema-types.ts';

export function encodeTensor(tensor: TfliteTensor, buffers: Buffers) {
  const { name, type, shape, shapeSignature, quantization, sparsity, variants } = tensor;
  return {
    shape: shape ?? [],
    type: schemaType(type),
    buffer: buffers.add(tensor.data),
    name: name === '' ? undefined : name,
    quantization: quantization && encodeQuantization(quantization),
    isVariable: tensor.isVariable === true,
    sparsity: sparsity && encodeSparsity(sparsity),
    shapeSignature,
    // Without it, the runtime does not look at the signature.
    hasRank: shape !== undefined,
    variantTensors: variants?.map((variant) => ({
      shape: variant.shape ?? [],
      type: schemaType(variant.type),
      hasRank: variant.shape !== undefined,
    })),
  };
}

function encodeQuantization({ scale, zeroPoint, axis, min, max, ...details }: Quantization) {
  return {
    min,
    max,
    ...(scale.length > 0 ? { scale, zeroPoint } : {}),
    details: encodeDetails(details),
    quantizedDimension: axis,
  };
}

function encodeDetails({ blockwise, custom }: Pick<Quantization, 'blockwise' | 'custom'>) {
  if (custom) return { type: 'CustomQuantization', value: { custom } };
  if (blockwise === undefined) return undefined;
  const { axes, ...value } = blockwise;
  if (axes === undefined) return { type: 'BlockwiseQuantization', value };
  return { type: 'MultiAxisQuantization', value: { ...value, quantizedDimensions: axes } };
}

function encodeSparsity({ traversalOrder, blockMap, dimensions }: Sparsity) {
  return {
    traversalOrder,
    blockMap: blockMap.length > 0 ? blockMap : undefined,
    dimMetadata: dimensions.map(encodeDimension),
  };
}

function encodeDimension(dimension: SparseDimension) {
  if (dimension.format === 'dense') return { format: 'DENSE', denseSize: dimension.size };
  return {
    format: 'SPARSE_CSR',
    arraySegments: indexVector(dimension.segments),
    arrayIndices: indexVector(dimension.indices),
  };
}

function indexVector(values: ArrayLike<number>) {
  if (values instanceof Uint8Array) return { type: 'Uint8Vector', value: { values } };
  const type = values instanceof Uint16Array ? 'Uint16Vector' : 'Int32Vector';
  return { type, value: { values: Array.from(values) } };
}

// One tensor of a subgraph as a record. https://ai.google.dev/edge/litert (schema.fbs, Tensor)

import { byteLength, type DType, dtypes } from '../../graph/dtype.ts';
import { elementCount } from '../../graph/tensor.ts';
import type { ModelTable, Source } from './decode.ts';
import type { Quantization, SparseDimension, Sparsity, TensorTypeName, TfliteTensor } from './records.ts';
import { typeName } from './schema-types.ts';

type SubgraphTable = NonNullable<ModelTable['subgraphs']>[number];
export type TensorTable = NonNullable<SubgraphTable['tensors']>[number];
type QuantizationTable = NonNullable<TensorTable['quantization']>;
type SparsityTable = NonNullable<TensorTable['sparsity']>;

export type TensorPlace = {
  readonly what: string;
  /** An input, or computed by an operator. */
  readonly isGiven: boolean;
  readonly saysRank: boolean;
  readonly source: Source;
};

export function decodeTensor(
  table: TensorTable,
  { what, isGiven, saysRank, source }: TensorPlace,
): TfliteTensor {
  const name = table.name ?? '';
  const label = name === '' ? what : `${what} (${name})`;
  if (table.externalBuffer !== 0) {
    throw source.damaged(`${label} is in a file apart, which mlctl does not read`);
  }
  const type = decodeType(table.type, label, source);
  const dims = table.shape ?? [];
  const shape = dims.length === 0 && !table.hasRank && saysRank ? undefined : dims;
  for (const dim of dims) if (dim < 0) throw source.damaged(`${label} has shape [${dims.join(',')}]`);
  const signature = table.shapeSignature ?? [];
  if (signature.length > 0 && signature.length !== dims.length) {
    throw source.damaged(
      `${label} has shape [${dims.join(',')}] and shape signature [${signature.join(',')}]`,
    );
  }
  const data = content(table, type, isGiven, label, source);
  return {
    name,
    type,
    shape,
    ...(signature.some((dim, axis) => dim !== dims[axis]) ? { shapeSignature: signature } : {}),
    ...(data ? { data } : {}),
    ...quantized(table.quantization, source),
    ...(table.isVariable ? { isVariable: true } : {}),
    ...(table.sparsity ? { sparsity: decodeSparsity(table.sparsity, label, source) } : {}),
    ...(table.variantTensors?.length
      ? {
          variants: table.variantTensors.map((variant) => ({
            type: decodeType(variant.type, label, source),
            shape: variant.hasRank || variant.shape?.length ? (variant.shape ?? []) : undefined,
          })),
        }
      : {}),
  };
}

function decodeType(type: string, label: string, source: Source): TensorTypeName {
  const name = typeName(type);
  if (name === undefined)
    throw source.damaged(`${label} has element type ${type}, which mlctl does not know`);
  return name;
}

// An empty buffer belongs to what is computed, unless nothing computes it and it has no elements.
function content(
  table: TensorTable,
  type: TensorTypeName,
  isGiven: boolean,
  label: string,
  source: Source,
): Uint8Array | undefined {
  const dims = table.shape ?? [];
  const data = source.buffer(table.buffer, label);
  if (data !== undefined && data.length > 0) {
    const needed = bytesOf(table, dims, type);
    if (data.length >= needed) return data;
    throw source.damaged(
      `${label} has ${data.length} bytes, and [${dims.join(',')}] of ${type} takes ${needed}`,
    );
  }
  return !isGiven && !table.isVariable && dims.includes(0) ? new Uint8Array() : undefined;
}

/** Least bytes of the content; 0 where they do not follow from the shape. */
function bytesOf({ sparsity }: TensorTable, dims: readonly number[], type: TensorTypeName): number {
  const isPlain = sparsity === undefined && type !== 'string' && type in dtypes;
  return isPlain ? byteLength(type as DType, elementCount(dims)) : 0;
}

function quantized(table: QuantizationTable | undefined, source: Source): { quantization?: Quantization } {
  if (table === undefined) return {};
  const { min = [], max = [], scale = [], zeroPoint = [], quantizedDimension: axis, details } = table;
  if (min.length + max.length + scale.length === 0 && details === undefined) return {};
  if (zeroPoint.length > 1 && zeroPoint.length !== scale.length) {
    throw source.damaged(`a tensor has ${scale.length} scales and ${zeroPoint.length} zero points`);
  }
  return {
    quantization: {
      scale,
      // One zero point stands for all scales, none for zero.
      zeroPoint: scale.map((_, index) => zeroPoint[index] ?? zeroPoint[0] ?? 0),
      axis,
      ...(min.length > 0 ? { min } : {}),
      ...(max.length > 0 ? { max } : {}),
      ...blocks(details),
    },
  };
}

function blocks(details: QuantizationTable['details']): Pick<Quantization, 'blockwise' | 'custom'> {
  if (details === undefined) return {};
  const { scales, zeroPoints, blockSize, quantizedDimensions, custom } = details.value;
  if (details.type === 'CustomQuantization')
    return { custom: (custom as Uint8Array | undefined) ?? new Uint8Array() };
  if (typeof scales !== 'number' || typeof zeroPoints !== 'number' || typeof blockSize !== 'number')
    return {};
  const axes =
    details.type === 'MultiAxisQuantization'
      ? { axes: (quantizedDimensions as number[] | undefined) ?? [] }
      : {};
  return { blockwise: { scales, zeroPoints, blockSize, ...axes } };
}

function decodeSparsity(table: SparsityTable, label: string, source: Source): Sparsity {
  return {
    traversalOrder: table.traversalOrder ?? [],
    blockMap: table.blockMap ?? [],
    dimensions: (table.dimMetadata ?? []).map((dimension): SparseDimension => {
      if (dimension.format === 'DENSE') return { format: 'dense', size: dimension.denseSize };
      if (dimension.format !== 'SPARSE_CSR')
        throw source.damaged(`${label} is sparse in a way mlctl does not know`);
      return {
        format: 'csr',
        segments: indexVector(dimension.arraySegments),
        indices: indexVector(dimension.arrayIndices),
      };
    }),
  };
}

// The array's type says how the file keeps it.
function indexVector(
  union: { readonly type: string; readonly value: object } | undefined,
): ArrayLike<number> {
  const { values = [] } = (union?.value ?? {}) as { values?: ArrayLike<number> | undefined };
  if (union?.type === 'Uint8Vector') return Uint8Array.from(values);
  return union?.type === 'Uint16Vector' ? Uint16Array.from(values) : Int32Array.from(values);
}

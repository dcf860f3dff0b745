// TensorProto to Tensor: every place an ONNX file may keep elements in.
// https://onnx.ai/onnx/api/classes.html#tensorproto

import type { Int64 } from '../../encoding/protobuf.ts';
import { byteLength, type DType, dtypes } from '../../graph/dtype.ts';
import type { SparseTensor } from '../../graph/model.ts';
import { type Tensor, type TypedArray, tensorFromBytes } from '../../graph/tensor.ts';
import { elementTypeName } from '../../ops/element-type.ts';
import { EXTERNAL, type SparseTensorProto, type TensorProto } from './schema.ts';
import type { Source } from './source.ts';

export function decodeTensor(proto: TensorProto, source: Source): Tensor {
  const label = proto.name ? `tensor ${proto.name}` : 'a tensor';
  const damaged = (problem: string) => source.damaged(`${label} ${problem}`);
  const dtype = elementTypeName(proto.dataType);
  if (dtype === undefined) return damaged(`has element type ${proto.dataType}, which ONNX does not have`);
  if (proto.segment !== null) return damaged('is split into segments, which mlctl does not read');
  const dims = decodeDims(proto.dims, damaged);
  const count = countElements(dims, damaged);
  if (dtype === 'string') return { dtype, dims, data: decodeStrings(proto, count, damaged) };
  const bytes = byteLength(dtype, count);
  if (proto.dataLocation === EXTERNAL) {
    return tensorFromBytes(dtype, dims, source.files.read(proto.externalData, bytes));
  }
  if (proto.rawData.length > 0 || count === 0) {
    if (proto.rawData.length !== bytes) {
      return damaged(`of ${spell(dims)} ${dtype} needs ${bytes} bytes and has ${proto.rawData.length}`);
    }
    return tensorFromBytes(dtype, dims, bytes === 0 ? new Uint8Array() : proto.rawData);
  }
  return { dtype, dims, data: decodeNumbers(dtype, proto, count, damaged) };
}

export function decodeSparse(proto: SparseTensorProto, source: Source): SparseTensor {
  if (proto.values === null || proto.indices === null) return source.damaged('a sparse tensor has no values');
  const fail = (problem: string) => source.damaged(`a sparse tensor ${problem}`);
  const dims = decodeDims(proto.dims, fail);
  countElements(dims, fail);
  return {
    values: decodeTensor(proto.values, source),
    indices: decodeTensor(proto.indices, source),
    dims,
  };
}

function decodeDims(dims: readonly Int64[], damaged: (problem: string) => never): number[] {
  // More axes than any runtime takes; a hostile file could have millions.
  if (dims.length > 1024) return damaged(`has ${dims.length} axes`);
  return dims.map((dim) => {
    if (typeof dim !== 'number' || dim < 0) return damaged(`has an axis of length ${dim}`);
    return dim;
  });
}

function countElements(dims: readonly number[], damaged: (problem: string) => never): number {
  let count = dims.includes(0) ? 0 : 1;
  for (const dim of dims) count *= dim;
  if (!Number.isSafeInteger(count * 16)) return damaged(`of ${spell(dims)} has more elements than can exist`);
  return count;
}

function decodeStrings(proto: TensorProto, count: number, damaged: (problem: string) => never): string[] {
  if (proto.dataLocation === EXTERNAL) return damaged('of strings is kept in another file');
  if (proto.stringData.length !== count) {
    return damaged(`of ${count} strings has ${proto.stringData.length}`);
  }
  return proto.stringData.map((bytes) => Buffer.from(bytes).toString('utf8'));
}

// Which field holds a type's elements when they are not packed in raw_data, and how many entries it then has.
function decodeNumbers(
  dtype: DType,
  proto: TensorProto,
  count: number,
  damaged: (problem: string) => never,
): TypedArray {
  const { bits, array } = dtypes[dtype];
  if (array === 'strings') return damaged('of strings has numbers');
  const complex = dtype === 'complex64' || dtype === 'complex128';
  // One entry per element, per half of a complex number, or per byte of packed small integers.
  const entries = complex ? 2 * count : bits < 8 ? byteLength(dtype, count) : count;
  const values = field(dtype, proto);
  if (values.length !== entries) {
    if (values.length === 0) return damaged(`declares ${count} elements and has no data`);
    return damaged(`needs ${entries} numbers and has ${values.length}`);
  }
  if (array === BigInt64Array || array === BigUint64Array) {
    return (array as BigInt64ArrayConstructor).from(values.map(BigInt));
  }
  return (array as Int32ArrayConstructor).from(values as number[]);
}

function field(dtype: DType, proto: TensorProto): readonly Int64[] {
  switch (dtype) {
    case 'float32':
    case 'complex64':
      return proto.floatData;
    case 'float64':
    case 'complex128':
      return proto.doubleData;
    case 'int64':
      return proto.int64Data;
    case 'uint32':
    case 'uint64':
      return proto.uint64Data;
    default:
      return proto.int32Data;
  }
}

function spell(dims: readonly number[]): string {
  return `[${dims.length > 8 ? `${dims.slice(0, 8).join(',')},…` : dims.join(',')}]`;
}

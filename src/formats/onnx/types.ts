// TypeProto and ValueType, both ways.
// https://onnx.ai/onnx/api/classes.html#typeproto

import type { Dim, ValueType } from '../../graph/model.ts';
import { elementType, elementTypeName } from '../../ops/element-type.ts';
import type { TensorTypeProto, TypeProto } from './schema.ts';

/** undefined when the type says nothing mlctl can use; readers are lenient. */
export function decodeType(proto: TypeProto | null): ValueType | undefined {
  if (proto === null) return undefined;
  if (proto.tensorType !== null) return decodeTensorType(proto.tensorType);
  if (proto.sequenceType !== null) {
    const element = decodeType(proto.sequenceType.elemType);
    return element && { kind: 'sequence', element };
  }
  if (proto.optionalType !== null) {
    const element = decodeType(proto.optionalType.elemType);
    return element && { kind: 'optional', element };
  }
  if (proto.mapType !== null) {
    const key = elementTypeName(proto.mapType.keyType);
    const element = decodeType(proto.mapType.valueType);
    return key && element && { kind: 'map', key, element };
  }
  return undefined;
}

export function encodeType(type: ValueType): object {
  switch (type.kind) {
    case 'tensor':
      return { tensorType: { elemType: elementType(type.dtype), shape: encodeShape(type.shape) } };
    case 'sequence':
      return { sequenceType: { elemType: encodeType(type.element) } };
    case 'optional':
      return { optionalType: { elemType: encodeType(type.element) } };
    case 'map':
      return { mapType: { keyType: elementType(type.key), valueType: encodeType(type.element) } };
  }
}

function decodeTensorType(proto: TensorTypeProto): ValueType | undefined {
  const dtype = elementTypeName(proto.elemType);
  if (dtype === undefined) return undefined;
  const shape = proto.shape?.dim.map((dim): Dim => {
    // The two are alternatives; exporters write -1 for "not known".
    if (Object.hasOwn(dim, 'dimValue') && typeof dim.dimValue === 'number' && dim.dimValue >= 0) {
      return dim.dimValue;
    }
    return dim.dimParam === '' ? null : dim.dimParam;
  });
  return { kind: 'tensor', dtype, shape };
}

function encodeShape(shape: readonly Dim[] | undefined): object | undefined {
  if (shape === undefined) return undefined;
  return {
    dim: shape.map((dim) => {
      if (dim === null) return {};
      return typeof dim === 'number' ? { dimValue: dim } : { dimParam: dim };
    }),
  };
}

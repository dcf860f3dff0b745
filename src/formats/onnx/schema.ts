// The messages of an ONNX file, as far as mlctl reads and writes them. Field numbers are facts of the specification:
// https://github.com/onnx/onnx/blob/main/onnx/onnx.proto (in words: https://github.com/onnx/onnx/blob/main/docs/IR.md).
// Fields left out here (doc strings, training info, device placement …) are skipped when read.

import { type Int64, loadSchema, type Schema } from '../../encoding/protobuf.ts';

const text = `
syntax = "proto2";

// https://onnx.ai/onnx/api/classes.html#modelproto
message ModelProto {
  optional int64 ir_version = 1;
  optional string producer_name = 2;
  optional string producer_version = 3;
  optional GraphProto graph = 7;
  repeated OperatorSetIdProto opset_import = 8;
  repeated StringStringEntryProto metadata_props = 14;
  repeated Skipped training_info = 20;
  repeated FunctionProto functions = 25;
}

message Skipped {}

message OperatorSetIdProto {
  optional string domain = 1;
  optional int64 version = 2;
}

message StringStringEntryProto {
  optional string key = 1;
  optional string value = 2;
}

// https://onnx.ai/onnx/api/classes.html#graphproto
message GraphProto {
  repeated NodeProto node = 1;
  optional string name = 2;
  repeated TensorProto initializer = 5;
  repeated ValueInfoProto input = 11;
  repeated ValueInfoProto output = 12;
  repeated ValueInfoProto value_info = 13;
  repeated Skipped quantization_annotation = 14;
  repeated SparseTensorProto sparse_initializer = 15;
}

// https://onnx.ai/onnx/api/classes.html#nodeproto
message NodeProto {
  repeated string input = 1;
  repeated string output = 2;
  optional string name = 3;
  optional string op_type = 4;
  repeated AttributeProto attribute = 5;
  optional string domain = 7;
  optional string overload = 8;
}

// https://onnx.ai/onnx/api/classes.html#attributeproto
message AttributeProto {
  optional string name = 1;
  optional float f = 2;
  optional int64 i = 3;
  optional bytes s = 4;
  optional TensorProto t = 5;
  optional GraphProto g = 6;
  repeated float floats = 7;
  repeated int64 ints = 8;
  repeated bytes strings = 9;
  repeated TensorProto tensors = 10;
  repeated GraphProto graphs = 11;
  optional TypeProto tp = 14;
  optional int32 type = 20;
  optional string ref_attr_name = 21;
  optional SparseTensorProto sparse_tensor = 22;
}

// https://onnx.ai/onnx/api/classes.html#valueinfoproto
message ValueInfoProto {
  optional string name = 1;
  optional TypeProto type = 2;
}

// https://onnx.ai/onnx/api/classes.html#tensorproto
message TensorProto {
  repeated int64 dims = 1;
  optional int32 data_type = 2;
  optional Skipped segment = 3;
  repeated float float_data = 4 [packed = true];
  repeated int32 int32_data = 5 [packed = true];
  repeated bytes string_data = 6;
  repeated int64 int64_data = 7 [packed = true];
  optional string name = 8;
  optional bytes raw_data = 9;
  repeated double double_data = 10 [packed = true];
  repeated uint64 uint64_data = 11 [packed = true];
  repeated StringStringEntryProto external_data = 13;
  optional int32 data_location = 14;
}

// https://onnx.ai/onnx/api/classes.html#sparsetensorproto
message SparseTensorProto {
  optional TensorProto values = 1;
  optional TensorProto indices = 2;
  repeated int64 dims = 3;
}

// https://onnx.ai/onnx/api/classes.html#typeproto
message TypeProto {
  optional TensorTypeProto tensor_type = 1;
  optional ElementProto sequence_type = 4;
  optional MapProto map_type = 5;
  optional TensorTypeProto sparse_tensor_type = 8;
  optional ElementProto optional_type = 9;
}

message TensorTypeProto {
  optional int32 elem_type = 1;
  optional TensorShapeProto shape = 2;
}

message ElementProto {
  optional TypeProto elem_type = 1;
}

message MapProto {
  optional int32 key_type = 1;
  optional TypeProto value_type = 2;
}

message TensorShapeProto {
  repeated DimensionProto dim = 1;
}

message DimensionProto {
  optional int64 dim_value = 1;
  optional string dim_param = 2;
}

// https://onnx.ai/onnx/api/classes.html#functionproto
message FunctionProto {
  optional string name = 1;
  repeated string input = 4;
  repeated string output = 5;
  repeated string attribute = 6;
  repeated NodeProto node = 7;
  repeated OperatorSetIdProto opset_import = 9;
  optional string domain = 10;
  repeated AttributeProto attribute_proto = 11;
  optional string overload = 13;
}
`;

let loaded: Promise<Schema> | undefined;

/** The schema, parsed once per process. */
export function onnxSchema(): Promise<Schema> {
  loaded ??= loadSchema(text);
  return loaded;
}

/** https://onnx.ai/onnx/api/classes.html#attributeproto, AttributeType */
export const attributeTypes = {
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  graph: 5,
  floats: 6,
  ints: 7,
  strings: 8,
  tensors: 9,
  graphs: 10,
  sparse: 11,
  type: 13,
} as const;

/** TensorProto.DataLocation.EXTERNAL */
export const EXTERNAL = 1;

// What `decode` gives: every repeated field is an array, absent optional ones read as their default.

export type ModelProto = {
  irVersion: Int64;
  producerName: string;
  producerVersion: string;
  graph: GraphProto | null;
  opsetImport: OperatorSetIdProto[];
  metadataProps: EntryProto[];
  trainingInfo: object[];
  functions: FunctionProto[];
};

export type OperatorSetIdProto = { domain: string; version: Int64 };

export type EntryProto = { key: string; value: string };

export type GraphProto = {
  node: NodeProto[];
  name: string;
  initializer: TensorProto[];
  input: ValueInfoProto[];
  output: ValueInfoProto[];
  valueInfo: ValueInfoProto[];
  quantizationAnnotation: object[];
  sparseInitializer: SparseTensorProto[];
};

export type NodeProto = {
  input: string[];
  output: string[];
  name: string;
  opType: string;
  attribute: AttributeProto[];
  domain: string;
  overload: string;
};

export type AttributeProto = {
  name: string;
  f: number;
  i: Int64;
  s: Uint8Array;
  t: TensorProto | null;
  g: GraphProto | null;
  floats: number[];
  ints: Int64[];
  strings: Uint8Array[];
  tensors: TensorProto[];
  graphs: GraphProto[];
  tp: TypeProto | null;
  type: number;
  refAttrName: string;
  sparseTensor: SparseTensorProto | null;
};

export type ValueInfoProto = { name: string; type: TypeProto | null };

export type TensorProto = {
  dims: Int64[];
  dataType: number;
  segment: object | null;
  floatData: number[];
  int32Data: number[];
  stringData: Uint8Array[];
  int64Data: Int64[];
  name: string;
  rawData: Uint8Array;
  doubleData: number[];
  uint64Data: Int64[];
  externalData: EntryProto[];
  dataLocation: number;
};

export type SparseTensorProto = { values: TensorProto | null; indices: TensorProto | null; dims: Int64[] };

export type TypeProto = {
  tensorType: TensorTypeProto | null;
  sequenceType: ElementProto | null;
  mapType: { keyType: number; valueType: TypeProto | null } | null;
  sparseTensorType: TensorTypeProto | null;
  optionalType: ElementProto | null;
};

export type TensorTypeProto = {
  elemType: number;
  shape: { dim: { dimValue: Int64; dimParam: string }[] } | null;
};

export type ElementProto = { elemType: TypeProto | null };

export type FunctionProto = {
  name: string;
  input: string[];
  output: string[];
  attribute: string[];
  node: NodeProto[];
  opsetImport: OperatorSetIdProto[];
  domain: string;
  attributeProto: AttributeProto[];
  overload: string;
};

// The tables of a TFLite file, each with its fields in the order of their ids; a union takes two.
// Facts of the public schema, version 3c: https://ai.google.dev/edge/litert (schema.fbs)

import {
  bool,
  bytes,
  choice,
  deprecated,
  int8,
  int32,
  many,
  numbers,
  one,
  string,
  uint32,
  uint64,
  union,
} from '../../encoding/flatbuffers-table.ts';
import { builtinOptions, builtinOptions2 } from './schema-options.ts';
import { customOptionsFormat, tensorType } from './schema-types.ts';

export const identifier = 'TFL3';

const customQuantization = {
  custom: bytes(16),
};

const blockwiseQuantization = {
  scales: int32(),
  zeroPoints: int32(),
  blockSize: int32(),
};

const multiAxisQuantization = {
  scales: int32(),
  zeroPoints: int32(),
  blockSize: int32(),
  quantizedDimensions: numbers('int32'),
};

const quantizationParameters = {
  min: numbers('float32'),
  max: numbers('float32'),
  scale: numbers('float32'),
  zeroPoint: numbers('int64'),
  details: union({
    CustomQuantization: customQuantization,
    BlockwiseQuantization: blockwiseQuantization,
    MultiAxisQuantization: multiAxisQuantization,
  }),
  quantizedDimension: int32(),
};

const int32Vector = {
  values: numbers('int32'),
};

const uint16Vector = {
  values: numbers('uint16', 4),
};

const uint8Vector = {
  values: bytes(4),
};

const sparseIndexVector = { Int32Vector: int32Vector, Uint16Vector: uint16Vector, Uint8Vector: uint8Vector };

const dimensionMetadata = {
  format: choice('int8', ['DENSE', 'SPARSE_CSR']),
  denseSize: int32(),
  arraySegments: union(sparseIndexVector),
  arrayIndices: union(sparseIndexVector),
};

const sparsityParameters = {
  traversalOrder: numbers('int32'),
  blockMap: numbers('int32'),
  dimMetadata: many(dimensionMetadata),
};

const variantSubType = {
  shape: numbers('int32'),
  type: tensorType(),
  hasRank: bool(),
};

const tensor = {
  shape: numbers('int32'),
  type: tensorType(),
  buffer: uint32(),
  name: string,
  quantization: one(quantizationParameters),
  isVariable: bool(),
  sparsity: one(sparsityParameters),
  shapeSignature: numbers('int32'),
  hasRank: bool(),
  variantTensors: many(variantSubType),
  externalBuffer: uint32(),
};

const operatorCode = {
  deprecatedBuiltinCode: int8(),
  customCode: string,
  version: int32(1),
  /** BuiltinOperator. Files older than it have only the first field, which ends at 127. */
  builtinCode: int32(),
};

const operator = {
  opcodeIndex: uint32(),
  inputs: numbers('int32'),
  outputs: numbers('int32'),
  builtinOptions: union(builtinOptions),
  customOptions: bytes(),
  customOptionsFormat: customOptionsFormat(),
  mutatingVariableInputs: numbers('bool'),
  intermediates: numbers('int32'),
  largeCustomOptionsOffset: uint64(),
  largeCustomOptionsSize: uint64(),
  builtinOptions2: union(builtinOptions2),
  debugMetadataIndex: int32(-1),
};

const subGraph = {
  tensors: many(tensor),
  inputs: numbers('int32'),
  outputs: numbers('int32'),
  operators: many(operator),
  name: string,
  debugMetadataIndex: int32(-1),
};

const buffer = {
  data: bytes(16),
  offset: uint64(),
  size: uint64(),
};

const externalBufferGroup = {
  name: string,
};

const externalBuffer = {
  id: uint32(),
  group: uint32(),
  offset: uint64(),
  length: uint64(),
  packing: string,
};

const metadata = {
  name: string,
  buffer: uint32(),
};

const tensorMap = {
  name: string,
  tensorIndex: uint32(),
};

const signatureDef = {
  inputs: many(tensorMap),
  outputs: many(tensorMap),
  signatureKey: string,
  deprecatedTag: deprecated,
  subgraphIndex: uint32(),
};

export const model = {
  version: uint32(),
  operatorCodes: many(operatorCode),
  subgraphs: many(subGraph),
  description: string,
  buffers: many(buffer),
  metadataBuffer: numbers('int32'),
  metadata: many(metadata),
  signatureDefs: many(signatureDef),
  externalBufferGroups: many(externalBufferGroup),
  externalBuffers: many(externalBuffer),
};

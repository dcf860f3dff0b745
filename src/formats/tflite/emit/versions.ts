// The version an operator needs for the element types and options it is used with.
// Facts of the published table: tensorflow/compiler/mlir/lite/tools/versioning/op_version.cc

import type { OptionValue, TfliteTensor } from '../records.ts';

type Use = {
  readonly inputs: readonly (TfliteTensor | undefined)[];
  readonly outputs: readonly (TfliteTensor | undefined)[];
  readonly options: Readonly<Record<string, OptionValue>>;
};

export function versionOf(opcode: string, use: Use): number {
  return rules[opcode]?.(use) ?? 1;
}

type Rule = (use: Use) => number;

const type = ({ inputs }: Use, index = 0) => inputs[index]?.type;
const rank = ({ inputs }: Use, index = 0) => inputs[index]?.shape?.length ?? 0;
const isPerChannel = ({ inputs }: Use, index: number) => (inputs[index]?.quantization?.scale.length ?? 0) > 1;
const isQuantized = ({ inputs }: Use) => inputs[0]?.quantization !== undefined;
const isHybrid = (use: Use) => type(use) === 'float32' && type(use, 1) === 'int8';
const broadcasts = (use: Use) => String(use.inputs[0]?.shape) !== String(use.inputs[1]?.shape);

/** The version for the first of these types that the input has, otherwise 1. */
function byType(table: Readonly<Record<string, number>>, index = 0): Rule {
  return (use) => table[type(use, index) ?? ''] ?? 1;
}

const int8Two = byType({ int8: 2 });
const int8Int16 = byType({ int8: 2, int16: 3 });

const rules: Readonly<Record<string, Rule>> = {
  ABS: (use) =>
    type(use) === 'int16' ? (isQuantized(use) ? 3 : 4) : (byType({ int32: 5, int8: 2, uint8: 2 })(use) ?? 1),
  ADD: (use) =>
    type(use) === 'int16' ? (isQuantized(use) ? 3 : 5) : byType({ float16: 6, int64: 4, int8: 2 })(use),
  ARG_MAX: byType({ bool: 3, int8: 2 }),
  ARG_MIN: byType({ bool: 3, int8: 2 }),
  AVERAGE_POOL_2D: int8Int16,
  BATCH_MATMUL: (use) =>
    isHybrid(use) && use.options.asymmetricQuantizeInputs === true ? 4 : int8Int16(use),
  BATCH_TO_SPACE_ND: (use) => (type(use) === 'int16' ? 4 : rank(use) !== 4 ? 3 : int8Two(use)),
  BROADCAST_TO: byType({ int8: 3, int16: 3, float32: 2, int32: 2, int64: 2, bool: 2, uint8: 2 }),
  CAST: (use) => Math.max(castVersion(type(use)), castVersion(use.outputs[0]?.type)),
  CONCATENATION: byType({ uint32: 4, int16: 3, int8: 2 }),
  CONV_2D: (use) => {
    const [input, weights] = use.inputs;
    const isGrouped = (input?.shape?.[3] ?? 0) > (weights?.shape?.[3] ?? 0);
    if (isGrouped) return 6;
    if (isHybrid(use)) return isPerChannel(use, 1) ? 5 : 2;
    return type(use) === 'int16' ? 4 : type(use) === 'int8' ? 3 : 1;
  },
  DEPTHWISE_CONV_2D: (use) => {
    if (isHybrid(use)) return isPerChannel(use, 1) ? 6 : 4;
    if (type(use) === 'int16') return 5;
    if (type(use) === 'int8') return 3;
    return Number(use.options.dilationWFactor ?? 1) !== 1 || Number(use.options.dilationHFactor ?? 1) !== 1
      ? 2
      : 1;
  },
  DEPTH_TO_SPACE: int8Two,
  DEQUANTIZE: (use) =>
    type(use) === 'int8' ? (isPerChannel(use, 0) ? 5 : 2) : byType({ int16: 3, float16: 3 })(use),
  DIV: (use) => (broadcasts(use) && Math.max(rank(use), rank(use, 1)) > 4 ? 2 : 1),
  DYNAMIC_UPDATE_SLICE: (use) => (type(use, 2) === 'int64' ? 2 : byType({ int16: 4, float16: 3 })(use)),
  EQUAL: byType({ int16: 5, string: 3, int8: 2 }),
  EXP: byType({ int8: 2, int16: 2 }),
  FILL: byType({ int8: 3, int16: 3, bool: 2, string: 2 }, 1),
  FLOOR_DIV: byType({ int16: 3, int8: 3, float32: 2 }),
  FLOOR_MOD: byType({ int16: 2, int8: 2 }),
  FULLY_CONNECTED: (use) => {
    if (isHybrid(use) && isPerChannel(use, 1)) return 12;
    if (type(use) === 'int16' && type(use, 1) === 'int16') return 7;
    if (use.inputs.length === 2) return 6;
    if (use.options.keepNumDims === true) return 5;
    if (type(use) === 'int8') return 4;
    return isHybrid(use) ? (use.options.asymmetricQuantizeInputs === true ? 9 : 3) : 1;
  },
  GATHER: (use) =>
    type(use, 1) === 'int16'
      ? 6
      : Number(use.options.batchDims ?? 0) !== 0
        ? 5
        : byType({ int16: 4, bool: 3, int8: 2 })(use),
  GATHER_ND: (use) =>
    type(use) === 'bool' ? 5 : type(use, 1) === 'int16' ? 4 : byType({ int16: 3, string: 2 })(use),
  GELU: byType({ int8: 2, uint8: 2 }),
  GREATER: int8Two,
  GREATER_EQUAL: int8Int16,
  L2_NORMALIZATION: int8Two,
  LEAKY_RELU: byType({ int16: 2 }),
  LESS: int8Int16,
  LESS_EQUAL: int8Two,
  LOG: byType({ int8: 2, int16: 2 }),
  LOGISTIC: int8Int16,
  LOG_SOFTMAX: int8Two,
  MAXIMUM: extreme,
  MAX_POOL_2D: int8Int16,
  MEAN: int8Int16,
  MINIMUM: extreme,
  MIRROR_PAD: int8Int16,
  MUL: (use) => {
    if (type(use) === 'int16') return isQuantized(use) ? 4 : 7;
    if (type(use) === 'int8') return mulScale(use) >= 1 ? 3 : 2;
    return byType({ float16: 8, uint32: 7, complex64: 6, int64: 5 })(use);
  },
  NOT_EQUAL: byType({ int16: 4, string: 3, int8: 2 }),
  PACK: byType({ int8: 2, int16: 3, uint32: 4 }),
  PAD: pad,
  PADV2: pad,
  QUANTIZE: (use) => (isPerChannel(use, 0) ? 3 : use.outputs[0]?.type === 'int16' ? 2 : 1),
  RANGE: byType({ int64: 2 }),
  REDUCE_MAX: int8Int16,
  REDUCE_MIN: int8Int16,
  REDUCE_PROD: byType({ int8: 2, int16: 2 }),
  RELU: byType({ int16: 3, int8: 2, uint8: 2 }),
  RELU6: int8Int16,
  RESIZE_BILINEAR: (use) =>
    type(use) === 'int16' ? 4 : use.options.halfPixelCenters === true ? 3 : int8Two(use),
  RESIZE_NEAREST_NEIGHBOR: (use) =>
    type(use) === 'int16'
      ? 4
      : use.options.halfPixelCenters === true || use.options.alignCorners === true
        ? 3
        : int8Two(use),
  REVERSE_V2: byType({ int8: 3, bool: 2 }),
  RSQRT: int8Int16,
  SELECT_V2: byType({ uint32: 2 }),
  SIGN: byType({ int32: 2 }),
  SLICE: (use) =>
    type(use) === 'uint32' ? 6 : rank(use) > 4 ? 5 : byType({ int16: 4, string: 3, int8: 2 })(use),
  SOFTMAX: int8Int16,
  SPACE_TO_BATCH_ND: (use) => (type(use) === 'int16' ? 4 : rank(use) !== 4 ? 3 : int8Two(use)),
  SPACE_TO_DEPTH: int8Two,
  SPLIT: byType({ int16: 4, int32: 3, int8: 2 }, 1),
  SPLIT_V: int8Two,
  SQRT: byType({ int8: 2, int16: 2 }),
  SQUARED_DIFFERENCE: int8Two,
  SQUEEZE: byType({ string: 2 }),
  STRIDED_SLICE: (use) => {
    if (type(use) === 'uint32') return 7;
    if (Number(use.options.ellipsisMask ?? 0) !== 0 || Number(use.options.newAxisMask ?? 0) !== 0) return 6;
    return type(use) === 'string' ? 5 : rank(use) > 4 ? 4 : byType({ bool: 3, int8: 2 })(use);
  },
  SUB: (use) => {
    if (type(use) === 'int16') return 5;
    if (type(use) === 'int64') return 4;
    return broadcasts(use) && Math.max(rank(use), rank(use, 1)) > 4 ? 3 : int8Two(use);
  },
  SUM: int8Two,
  TANH: int8Int16,
  TILE: byType({ int8: 3, string: 2 }),
  TOPK_V2: int8Int16,
  TRANSPOSE: (use) => {
    if (rank(use) > 6) return 8;
    return rank(use) > 5
      ? 6
      : type(use) === 'int16'
        ? 5
        : rank(use) > 4
          ? 4
          : byType({ bool: 3, int8: 2 })(use);
  },
  TRANSPOSE_CONV: (use) => {
    if ((use.options.fusedActivationFunction ?? 'NONE') !== 'NONE') return 4;
    return use.inputs[3] !== undefined ? 3 : type(use, 1) === 'int8' ? 2 : 1;
  },
  UNPACK: byType({ int8: 2, uint8: 2, bool: 3, int16: 4, float16: 5 }),
  WHERE: (use) => (type(use) === 'bool' ? 1 : 2),
};

function extreme(use: Use): number {
  if (type(use) === 'int16') return 4;
  return broadcasts(use) && Math.max(rank(use), rank(use, 1)) > 4 ? 3 : int8Two(use);
}

function pad(use: Use): number {
  return type(use) === 'bool' ? 5 : rank(use) > 4 ? 4 : int8Int16(use);
}

function castVersion(name: string | undefined): number {
  const found: Record<string, number> = { float64: 5, float16: 5, uint16: 4, int8: 3, uint32: 2 };
  return found[name ?? ''] ?? 1;
}

function mulScale({ inputs, outputs }: Use): number {
  const [a = 0] = inputs[0]?.quantization?.scale ?? [];
  const [b = 0] = inputs[1]?.quantization?.scale ?? [];
  const [c = 1] = outputs[0]?.quantization?.scale ?? [];
  return (a * b) / c;
}

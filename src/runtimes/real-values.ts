// Lets callers work with real numbers where a model stores integers that stand for them: what is given is quantized, what
// comes out is dequantized. Integers of the stored type are still taken as they are.
// https://ai.google.dev/edge/litert/conversion/tensorflow/quantization/quantization_spec

import type { DType } from '../graph/dtype.ts';
import { elementCount, type Tensor, type TypedArray } from '../graph/tensor.ts';
import type {
  Feeds,
  ModelSource,
  QuantizationInfo,
  Runtime,
  Session,
  SessionOptions,
  TensorInfo,
} from './session.ts';

/** Opens a model for callers that work with real numbers. Errors: as `open`. */
export async function openForReals(
  runtime: Runtime,
  source: ModelSource,
  options?: SessionOptions,
): Promise<Session> {
  const session = await runtime.open(source, options);
  return withRealValues(session, source.quantization);
}

/**
 * The session with float32 in place of quantized inputs and outputs; itself where there are none. `quantization` is what
 * the runtime does not say, by name.
 */
export function withRealValues(
  session: Session,
  quantization: Readonly<Record<string, QuantizationInfo>> = {},
): Session {
  const real = (info: TensorInfo) => realInfo(info, quantization);
  const inputs = session.inputs.map(real);
  const outputs = session.outputs.map(real);
  if (![...inputs, ...outputs].some(isReal)) return session;
  const byName = new Map(outputs.map((info) => [info.name, info]));
  return {
    runtime: session.runtime,
    inputs,
    outputs,
    async run(feeds, wanted) {
      const given: Record<string, Tensor> = { ...feeds };
      for (const { name, quantization: how } of inputs) {
        const tensor = given[name];
        if (how?.stored && tensor?.dtype === 'float32') given[name] = quantize(tensor, how.stored, how);
      }
      const results = await session.run(given, wanted);
      return Object.fromEntries(
        Object.entries(results).map(([name, tensor]) => {
          const how = byName.get(name)?.quantization;
          return [name, how?.stored ? dequantize(tensor, how) : tensor];
        }),
      ) satisfies Feeds;
    },
    release: () => session.release(),
  };
}

const ranges: Partial<Record<DType, readonly [number, number]>> = {
  int8: [-128, 127],
  uint8: [0, 255],
  int16: [-32768, 32767],
};

function realInfo(info: TensorInfo, known: Readonly<Record<string, QuantizationInfo>>): TensorInfo {
  const how = info.quantization ?? (Object.hasOwn(known, info.name) ? known[info.name] : undefined);
  // Where a stored number is its real one, as in images of bytes, the type stays.
  const isItself = how === undefined || (how.scale === 1 && how.zeroPoint === 0);
  if (isItself || ranges[info.dtype] === undefined) return info;
  const { scale, zeroPoint } = how;
  return {
    name: info.name,
    dtype: 'float32',
    shape: info.shape,
    quantization: { scale, zeroPoint, stored: info.dtype },
  };
}

function isReal({ quantization }: TensorInfo): boolean {
  return quantization?.stored !== undefined;
}

// Halves away from zero, as the runtimes round.
function quantize({ dims, data }: Tensor, stored: DType, { scale, zeroPoint }: QuantizationInfo): Tensor {
  const [least, most] = ranges[stored] ?? [0, 0];
  const values = data as Float32Array;
  const result = arrayOf(stored, elementCount(dims));
  for (let index = 0; index < result.length; index++) {
    const value = (values[index] as number) / scale;
    const whole = value < 0 ? -Math.floor(0.5 - value) : Math.floor(value + 0.5);
    const shifted = whole + zeroPoint;
    // Not a number stands for nothing: zero.
    result[index] = Number.isNaN(shifted) ? zeroPoint : Math.min(most, Math.max(least, shifted));
  }
  return { dtype: stored, dims, data: result };
}

function arrayOf(stored: DType, count: number): Int8Array | Uint8Array | Int16Array {
  if (stored === 'int8') return new Int8Array(count);
  return stored === 'uint8' ? new Uint8Array(count) : new Int16Array(count);
}

function dequantize({ dims, data }: Tensor, { scale, zeroPoint }: QuantizationInfo): Tensor {
  const result = new Float32Array(data.length);
  for (let index = 0; index < result.length; index++) {
    result[index] = (Number((data as TypedArray)[index]) - zeroPoint) * scale;
  }
  return { dtype: 'float32', dims, data: result };
}

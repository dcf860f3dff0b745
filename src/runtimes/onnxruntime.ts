// onnxruntime-node: runs .onnx files, and any graph in memory by way of ONNX bytes.
// `run` blocks the calling thread while the model computes; what must stay responsive keeps it in a worker.

import { createRequire } from 'node:module';
// Exception to "only src/cli touches the process": onnxruntime's native library reads this variable when it is loaded.
import { env } from 'node:process';
import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { errors } from '../errors.ts';
import { encodeOnnxBytes } from '../formats/onnx/encode.ts';
import { type DType, dtypes } from '../graph/dtype.ts';
import type { Model } from '../graph/model.ts';
import { type Tensor, type TensorData, type TypedArray, tensorView } from '../graph/tensor.ts';
import { checkFeeds } from './feeds.ts';
import type { Feeds, ModelSource, Runtime, Session, SessionOptions, TensorInfo } from './session.ts';

const NAME = 'onnxruntime';

const onnxruntime = {
  name: NAME,
  formats: ['onnx'],
  async probe() {
    try {
      await load();
      const require = createRequire(import.meta.url);
      return { version: String((require('onnxruntime-node/package.json') as { version: unknown }).version) };
    } catch (cause) {
      return { missing: shorten(cause) };
    }
  },
  async open(source, options = {}) {
    const label = 'path' in source ? source.path : 'the model';
    const session = await openSession('path' in source ? source.path : source.bytes, label, options);
    return withScales(session, source);
  },
  async encode(model) {
    return { format: 'onnx', bytes: await encodeOnnxBytes(model, { opset: 'lowest' }) };
  },
} satisfies Runtime;

export default onnxruntime;

/** Loads a graph in memory. Release the session when done. */
export async function openGraph(model: Model, options: SessionOptions = {}): Promise<Session> {
  return openSession(await encodeOnnxBytes(model, { opset: 'lowest' }), undefined, options);
}

/** Runs a graph that has no inputs and returns its outputs by name: PassTools.evaluate. */
export async function evaluateGraph(model: Model): Promise<Map<string, Tensor>> {
  const session = await openGraph(model, { optimize: false });
  try {
    return new Map(Object.entries(await session.run({}, model.graph.outputs)));
  } finally {
    await session.release();
  }
}

const codes: ReadonlySet<DType> = new Set(['int8', 'uint8', 'int16']);

/** Where inputs or outputs hold codes, what they stand for: the file is looked into, which costs others nothing. */
async function withScales(session: Session, source: ModelSource): Promise<Session> {
  if (source.quantization || ![...session.inputs, ...session.outputs].some(({ dtype }) => codes.has(dtype)))
    return session;
  const { borderScales } = await import('../formats/onnx/border-scales.ts');
  const scales = await borderScales(source).catch(() => undefined);
  if (scales === undefined) return session;
  const told = (info: TensorInfo): TensorInfo => {
    const quantization = scales.get(info.name);
    return quantization ? { ...info, quantization } : info;
  };
  return { ...session, inputs: session.inputs.map(told), outputs: session.outputs.map(told) };
}

type Ort = typeof import('onnxruntime-node');

let loading: Promise<Ort> | undefined;

function load(): Promise<Ort> {
  // From 1.29 on, Linux builds may send telemetry unless this is set before they load.
  env.ORT_DISABLE_TELEMETRY ??= '1';
  loading ??= import('onnxruntime-node').then((ort) => {
    ort.env.logLevel = 'fatal'; // its warnings go straight to stderr, past every flag of ours
    return ort;
  });
  return loading;
}

async function openSession(
  source: string | Uint8Array,
  label: string | undefined,
  options: SessionOptions,
): Promise<Session> {
  let ort: Ort;
  try {
    ort = await load();
  } catch (cause) {
    throw errors.RUNTIME_MISSING(NAME, shorten(cause));
  }
  const settings: InferenceSession.SessionOptions = {
    intraOpNumThreads: options.threads ?? 1,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: options.optimize === false ? 'disabled' : 'all',
    logSeverityLevel: 4,
  };
  let session: InferenceSession;
  try {
    session =
      typeof source === 'string'
        ? await ort.InferenceSession.create(source, settings)
        : await ort.InferenceSession.create(source, settings);
  } catch (cause) {
    await diagnose(source, label);
    throw refusal(label, cause);
  }
  return wrap(ort, session);
}

function wrap(ort: Ort, session: InferenceSession): Session {
  const foreign = session.inputMetadata.find((input) => !input.isTensor);
  if (foreign)
    throw errors.RUNTIME_FAILED(NAME, `input ${foreign.name} is a sequence, map or optional, not a tensor`);
  const inputs = session.inputMetadata.flatMap(describe);
  const outputs = session.outputMetadata.flatMap(describe);
  let released = false;
  return {
    runtime: NAME,
    inputs,
    outputs,
    async run(feeds, wanted) {
      if (released) throw errors.RUNTIME_FAILED(NAME, 'the session was released');
      checkFeeds(inputs, feeds);
      const names = wanted ?? outputs.map((output) => output.name);
      checkOutputs(session, names);
      const given: Record<string, OrtTensor> = {};
      for (const [name, tensor] of Object.entries(feeds)) given[name] = toOrt(ort, name, tensor);
      let results: InferenceSession.OnnxValueMapType;
      try {
        results = await session.run(given, names);
      } catch (cause) {
        throw errors.RUNTIME_FAILED(NAME, shorten(cause), cause);
      }
      const made: Record<string, Tensor> = {};
      for (const name of names) made[name] = fromOrt(results[name] as OrtTensor);
      return made satisfies Feeds;
    },
    async release() {
      if (released) return;
      released = true;
      await session.release();
    },
  };
}

function describe(value: InferenceSession.ValueMetadata): TensorInfo[] {
  if (!value.isTensor) return [];
  // An axis without a symbol is an empty string.
  // No axes may mean a scalar or a rank that is not known; saying "not known" refuses neither.
  const shape = value.shape.length === 0 ? undefined : value.shape.map((dim) => (dim === '' ? null : dim));
  return [{ name: value.name, dtype: value.type as DType, shape }];
}

function checkOutputs(session: InferenceSession, names: readonly string[]): void {
  if (names.length === 0) throw errors.RUNTIME_FAILED(NAME, 'none of the outputs is a tensor');
  for (const name of names) {
    const output = session.outputMetadata.find((value) => value.name === name);
    if (output === undefined) {
      throw errors.RUNTIME_FAILED(
        NAME,
        `the model has no output ${name}; it has ${session.outputNames.join(', ')}`,
      );
    }
    if (!output.isTensor) {
      throw errors.RUNTIME_FAILED(NAME, `output ${name} is a sequence, map or optional, not a tensor`);
    }
    if (packed.has(output.type)) {
      throw errors.RUNTIME_FAILED(
        NAME,
        `output ${name} is ${output.type}, which it cannot give to JavaScript`,
      );
    }
  }
}

// The native side has no size for these and ends the whole process when it returns one (1.30.0).
const packed: ReadonlySet<string> = new Set(['int4', 'uint4']);

// Element types by the numbers of onnxruntime's C API, which from 24 on are not those of ONNX.
// https://onnxruntime.ai/docs/api/c/group___global.html, ONNXTensorElementDataType
const foreign = new Map<number, DType>([
  [14, 'complex64'],
  [15, 'complex128'],
  [16, 'bfloat16'],
  [17, 'float8e4m3fn'],
  [18, 'float8e4m3fnuz'],
  [19, 'float8e5m2'],
  [20, 'float8e5m2fnuz'],
  [23, 'float4e2m1'],
  [24, 'uint2'],
  [25, 'int2'],
  [26, 'float8e8m0'],
]);

function toOrt(ort: Ort, name: string, tensor: Tensor): OrtTensor {
  let { data } = tensor;
  if (packed.has(tensor.dtype)) throw errors.FEED_INVALID(name, `${NAME} cannot take ${tensor.dtype}`);
  // Memory shared between threads is refused; a copy is not.
  if (!Array.isArray(data) && (data as TypedArray).buffer instanceof SharedArrayBuffer) {
    data = (data as TypedArray).slice();
  }
  try {
    return new ort.Tensor(tensor.dtype as 'float32', data as Float32Array, tensor.dims);
  } catch (cause) {
    throw errors.FEED_INVALID(name, `${NAME} cannot take ${tensor.dtype} from JavaScript: ${shorten(cause)}`);
  }
}

// The memory belongs to the result and outlives the session (checked by the tests).
function fromOrt(value: OrtTensor): Tensor {
  const dtype = value.type as DType;
  const { array } = dtypes[dtype];
  const data = value.data as unknown as TensorData;
  if (array === 'strings' || data instanceof array) return { dtype, dims: value.dims, data };
  // Where JavaScript has a Float16Array, onnxruntime returns one; mlctl keeps the bits.
  const bytes = tensorView({ dtype, dims: value.dims, data });
  return {
    dtype,
    dims: value.dims,
    data: new array(
      bytes.buffer as ArrayBuffer,
      bytes.byteOffset,
      bytes.byteLength / array.BYTES_PER_ELEMENT,
    ),
  };
}

// Our own reader says what is wrong with a file in better words and with codes: it throws when it finds something.
async function diagnose(source: string | Uint8Array, label: string | undefined): Promise<void> {
  if (label === undefined) return;
  const [{ decodeOnnx }, { readModelFile }, { validate }] = await Promise.all([
    import('../formats/onnx/decode.ts'),
    import('../formats/onnx/file.ts'),
    import('../graph/validate.ts'),
  ]);
  const bytes = typeof source === 'string' ? await readModelFile(source) : source;
  validate(await decodeOnnx(bytes, label), { file: label });
}

function refusal(label: string | undefined, cause: unknown): Error {
  const message = shorten(cause);
  const type = /^Unsupported data type: (\d+)/.exec(message);
  if (type) {
    const dtype = foreign.get(Number(type[1])) ?? `type ${type[1]}`;
    return errors.RUNTIME_FAILED(
      NAME,
      `inputs or outputs of ${dtype} cannot be passed from JavaScript`,
      cause,
    );
  }
  if (label === undefined) return errors.RUNTIME_FAILED(NAME, `it cannot load the graph: ${message}`, cause);
  if (/protobuf|invalid model|invalid graph|data pointer is null/i.test(message)) {
    return errors.MODEL_DAMAGED(label, `${NAME} refuses it: ${message}`, { file: label }, cause);
  }
  return errors.RUNTIME_FAILED(NAME, `it cannot load ${label}: ${message}`, cause);
}

/** onnxruntime's own words: the first line, without the path it repeats. */
function shorten(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  const line = message.replace(/^Load model from .*? failed:/s, '').split('\n', 1)[0] ?? '';
  return line.length > 400 ? `${line.slice(0, 400)}…` : line.trim();
}

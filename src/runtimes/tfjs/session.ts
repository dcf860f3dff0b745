// A model loaded in tfjs as a Session: checks feeds, converts tensors both ways, keeps no tensor after a run.

import type * as Core from '@tensorflow/tfjs-core';
import { errors, MlctlError } from '../../errors.ts';
import type { DType } from '../../graph/dtype.ts';
import type { Tensor, TypedArray } from '../../graph/tensor.ts';
import { checkFeeds } from '../feeds.ts';
import type { Session, TensorInfo } from '../session.ts';
import { NAME, type Tfjs, words } from './library.ts';

export type Loaded = {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  /** One tensor per input and output, in their order. Runs inside a tidy unless it returns a promise. */
  compute(inputs: readonly Core.Tensor[]): readonly Core.Tensor[] | Promise<readonly Core.Tensor[]>;
  dispose(): void;
};

let turn: Promise<unknown> = Promise.resolve();

/** The backend and the list of variables are of the whole library: what touches them takes turns. */
function takeTurn<T>(work: () => Promise<T>): Promise<T> {
  const mine = turn.then(work);
  turn = mine.catch(() => undefined);
  return mine;
}

/** Loads a model and wraps it; everything it made is gone when loading fails and after release. */
export function open(tfjs: Tfjs, load: () => Promise<Loaded>): Promise<Session> {
  return takeTurn(async () => {
    const { core } = tfjs;
    const before = new Set(Object.values(core.engine().registeredVariables));
    const made = () => Object.values(core.engine().registeredVariables).filter((each) => !before.has(each));
    try {
      await core.setBackend(tfjs.backend);
      const loaded = await load();
      const variables = made();
      const dispose = () => {
        loaded.dispose();
        // tfjs forgets the variables of nested models and wrappers.
        for (const variable of variables) if (!variable.isDisposed) variable.dispose();
      };
      return wrap(tfjs, { ...loaded, dispose });
    } catch (cause) {
      for (const variable of made()) variable.dispose();
      throw cause;
    }
  });
}

function wrap(tfjs: Tfjs, loaded: Loaded): Session {
  const { inputs, outputs } = loaded;
  let released = false;
  let backend = tfjs.backend;

  const run: Session['run'] = async (feeds, wanted) => {
    if (released) throw errors.RUNTIME_FAILED(NAME, 'the session was released');
    checkFeeds(inputs, feeds);
    const names = wanted ?? outputs.map((output) => output.name);
    const places = names.map((name) => {
      const place = outputs.findIndex((output) => output.name === name);
      if (place >= 0) return place;
      const known = outputs.map((output) => output.name).join(', ');
      throw errors.RUNTIME_FAILED(NAME, `the model has no output ${name}; it has ${known}`);
    });
    const given = inputs.map(({ name }) => convert(name, feeds[name] as Tensor));
    let results: readonly Tensor[];
    try {
      results = await compute(tfjs, backend, loaded, given);
    } catch (cause) {
      if (backend !== 'wasm' || !tfjs.addCpu()) throw failure(cause);
      // WebAssembly lacks some kernels and some modes of others; plain JavaScript has them all.
      try {
        results = await compute(tfjs, 'cpu', loaded, given);
        backend = 'cpu';
      } catch (second) {
        throw failure(second);
      }
    }
    return Object.fromEntries(names.map((name, at) => [name, results[places[at] ?? 0] as Tensor]));
  };

  return {
    runtime: NAME,
    inputs,
    outputs,
    run: (feeds, wanted) => takeTurn(() => run(feeds, wanted)),
    async release() {
      if (released) return;
      released = true;
      await takeTurn(async () => loaded.dispose());
    },
  };
}

type Given = {
  readonly values: Core.DataTypeMap[keyof Core.DataTypeMap];
  readonly dims: readonly number[];
  readonly dtype: 'float32' | 'int32' | 'bool' | 'string';
};

async function compute(
  { core }: Tfjs,
  backend: string,
  loaded: Loaded,
  given: readonly Given[],
): Promise<Tensor[]> {
  await core.setBackend(backend);
  const tensors = given.map(({ values, dims, dtype }) => core.tensor(values, [...dims], dtype));
  let made: readonly Core.Tensor[] = [];
  try {
    let pending: Promise<readonly Core.Tensor[]> | undefined;
    core.tidy(() => {
      const result = loaded.compute(tensors);
      if (!(result instanceof Promise)) {
        made = result;
        for (const tensor of result) core.keep(tensor);
      } else pending = result;
    });
    if (pending) made = await pending;
    return made.map(read);
  } finally {
    core.dispose([...tensors, ...made]);
  }
}

function read(tensor: Core.Tensor): Tensor {
  const dims = tensor.shape;
  const data = tensor.dataSync();
  if (tensor.dtype === 'float32') return { dtype: 'float32', dims, data: Float32Array.from(data) };
  if (tensor.dtype === 'int32') return { dtype: 'int32', dims, data: Int32Array.from(data) };
  if (tensor.dtype === 'bool') return { dtype: 'bool', dims, data: Uint8Array.from(data) };
  if (tensor.dtype === 'string') return { dtype: 'string', dims, data: Array.from(data, String) };
  throw errors.RUNTIME_FAILED(NAME, `it returned ${tensor.dtype}, which mlctl does not take from it`);
}

// tfjs computes in float32, int32 and bool only; wider integers must fit.
function convert(name: string, { dtype, dims, data }: Tensor): Given {
  if (dtype === 'string') return { values: [...(data as readonly string[])], dims, dtype };
  if (dtype === 'float32') return { values: data as Float32Array, dims, dtype };
  if (dtype === 'int32') return { values: data as Int32Array, dims, dtype };
  if (dtype === 'bool') return { values: data as Uint8Array, dims, dtype };
  if (dtype === 'float64') return { values: Float32Array.from(data as Float64Array), dims, dtype: 'float32' };
  if (!integers.has(dtype)) throw errors.FEED_INVALID(name, `${NAME} cannot take ${dtype}`);
  const values = new Int32Array((data as TypedArray).length);
  for (const [at, value] of (data as TypedArray).entries()) {
    if (value > 2147483647 || value < -2147483648) {
      throw errors.FEED_INVALID(name, `${value} does not fit int32, the widest integer ${NAME} has`);
    }
    values[at] = Number(value);
  }
  return { values, dims, dtype: 'int32' };
}

const integers: ReadonlySet<DType> = new Set<DType>([
  'int8',
  'int16',
  'int64',
  'uint8',
  'uint16',
  'uint32',
  'uint64',
]);

function failure(cause: unknown): Error {
  return cause instanceof MlctlError ? cause : errors.RUNTIME_FAILED(NAME, words(cause), cause);
}

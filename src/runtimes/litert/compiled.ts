// One model file compiled for one size of its inputs.

import { errors } from '../../errors.ts';
import { byteLength, type DType } from '../../graph/dtype.ts';
import { elementCount, type Tensor, tensorFromBytes, tensorView } from '../../graph/tensor.ts';
import {
  type CompiledModel,
  type Deletable,
  dropLibrary,
  isTrap,
  type Library,
  type LoadedModel,
  NAME,
  type Strings,
  type TensorBuffer,
  words,
} from './library.ts';

/** A tensor of the interface, with the dims this compilation has. */
export type Slot = { readonly name: string; readonly dtype: DType; readonly dims: readonly number[] };

/** A length that is null follows from those of the inputs: LiteRT tells it. */
export type OutputSlot = Omit<Slot, 'dims'> & { readonly dims: readonly (number | null)[] };

export type Compiled = {
  /** Tensors in the order of the slots; they must have the slots' dtypes and dims. */
  run(feeds: readonly Tensor[]): Promise<Tensor[]>;
  /** Frees its memory after the runs that were asked for before. */
  release(): Promise<void>;
};

export type CompileOptions = {
  /** Index; undefined for a file without signatures. */
  readonly signature: number | undefined;
  readonly inputs: readonly Slot[];
  readonly outputs: readonly OutputSlot[];
  readonly label: string;
};

/** Errors: RUNTIME_FAILED in LiteRT's words. */
export async function compile(
  library: Library,
  bytes: Uint8Array,
  options: CompileOptions,
): Promise<Compiled> {
  const { bindings, environment } = library;
  const owned: Deletable[] = [];
  const pointer = bindings._malloc(bytes.length);
  const free = () => {
    for (const each of owned.reverse()) each.delete();
    bindings._free(pointer);
  };
  try {
    if (pointer === 0) throw new RangeError(`it has no memory for ${bytes.length} bytes`);
    bindings.HEAPU8.set(bytes, pointer);
    const model = bindings.loadModel(environment, pointer, bytes.length);
    owned.push(model);
    const compiled = await bindings.compileModel(environment, model, {
      environment: { liteRtEnvironment: environment },
      accelerator: 'wasm',
      cpuOptions: { numThreads: 1 },
      gpuOptions: {},
      webNNOptions: {},
    });
    owned.push(compiled);
    const order = orderOf(model, options);
    const buffers = order.inputs.map((place) => {
      const buffer = inputBuffer(library, options.inputs[place] as Slot);
      owned.push(buffer);
      return buffer;
    });
    library.takeComplaints();
    return oneByOne(runner(library, compiled, { ...options, order, buffers }), free);
  } catch (cause) {
    const failure = failed(library, `it cannot load ${options.label}`, cause);
    if (!isTrap(cause)) free();
    throw failure;
  }
}

type Run = (feeds: readonly Tensor[]) => Promise<Tensor[]>;

// Input buffers are used again by every run, and freed memory must not be.
function oneByOne(run: Run, free: () => void): Compiled {
  let last: Promise<unknown> = Promise.resolve();
  let isReleased = false;
  return {
    run(feeds) {
      if (isReleased) return Promise.reject(errors.RUNTIME_FAILED(NAME, 'the session was released'));
      const next = last.then(() => run(feeds));
      last = next.catch(() => undefined);
      return next;
    },
    async release() {
      if (isReleased) return;
      isReleased = true;
      await last;
      free();
    },
  };
}

/** Places of our inputs and outputs in LiteRT's order. */
type Order = { readonly inputs: readonly number[]; readonly outputs: readonly number[] };

function orderOf(model: LoadedModel, { signature: index, inputs, outputs }: CompileOptions): Order {
  const places = (slots: readonly Named[]) => slots.map((_, place) => place);
  if (index === undefined) return { inputs: places(inputs), outputs: places(outputs) };
  const signature = model.getSignature(index);
  try {
    return {
      inputs: placesOf(signature.inputNames(), inputs),
      outputs: placesOf(signature.outputNames(), outputs),
    };
  } finally {
    signature.delete();
  }
}

type Named = { readonly name: string };

function placesOf(names: Strings, slots: readonly Named[]): number[] {
  const places = Array.from({ length: names.size() }, (_, index) =>
    slots.findIndex(({ name }) => name === names.get(index)),
  );
  names.delete();
  if (places.length !== slots.length || places.includes(-1)) {
    throw new Error(`its signature does not name every one of ${slots.map(({ name }) => name).join(', ')}`);
  }
  return places;
}

type Prepared = CompileOptions & { readonly order: Order; readonly buffers: readonly TensorBuffer[] };

function runner(library: Library, compiled: CompiledModel, prepared: Prepared): Run {
  const { signature = 0, inputs, outputs, order, buffers } = prepared;
  const { bindings } = library;
  return async (feeds) => {
    const made: TensorBuffer[] = [];
    try {
      for (const [index, buffer] of buffers.entries()) {
        const place = order.inputs[index] ?? 0;
        const bytes = tensorView(feeds[place] as Tensor);
        const slot = inputs[place] as Slot;
        // It reads what it takes, whatever it was given.
        if (bytes.length !== byteLength(slot.dtype, elementCount(slot.dims))) {
          throw errors.FEED_INVALID(slot.name, `it takes ${slot.dims.join('×')} of ${slot.dtype}`);
        }
        const at = buffer.lock(bindings.LiteRtTensorBufferLockMode.WRITE);
        bindings.HEAPU8.set(bytes, at);
        buffer.unlock();
      }
      made.push(...(await compiled.run(signature, buffers)));
      return outputs.map((slot, place) => readOutput(library, slot, made[order.outputs.indexOf(place)]));
    } catch (cause) {
      throw failed(library, 'the run ended', cause);
    } finally {
      for (const buffer of made) buffer.delete();
    }
  };
}

function inputBuffer({ bindings, environment }: Library, { dtype, dims }: Slot): TensorBuffer {
  const vector = new bindings.VectorInt32();
  for (const dim of dims) vector.push_back(dim);
  const layout = bindings.LiteRtLayout.create(vector);
  const type = bindings.LiteRtRankedTensorType.create({ value: elementTypes[dtype] ?? 0 }, layout);
  try {
    const bytes = byteLength(dtype, elementCount(dims));
    return bindings.LiteRtTensorBuffer.createManaged(
      environment,
      bindings.LiteRtTensorBufferType.HOST_MEMORY,
      type,
      bytes,
    );
  } finally {
    type.delete();
    layout.delete();
    vector.delete();
  }
}

function readOutput(
  { bindings }: Library,
  { name, dtype, dims: expected }: OutputSlot,
  buffer: TensorBuffer | undefined,
): Tensor {
  const dims = buffer ? dimsOf(buffer, expected) : undefined;
  if (dims === undefined) throw new Error(`output ${name} does not have the shape the file says`);
  const bytes = byteLength(dtype, elementCount(dims));
  if (buffer === undefined || buffer.packedSize() !== bytes) {
    throw new Error(`output ${name} has ${buffer?.packedSize() ?? 'no'} bytes, not ${bytes}`);
  }
  const at = buffer.lock(bindings.LiteRtTensorBufferLockMode.READ);
  try {
    return tensorFromBytes(dtype, dims, bindings.HEAPU8.slice(at, at + bytes));
  } finally {
    buffer.unlock();
  }
}

/** undefined: not what was expected. */
function dimsOf(buffer: TensorBuffer, expected: readonly (number | null)[]): readonly number[] | undefined {
  if (expected.every((dim) => dim !== null)) return expected;
  const type = buffer.tensorType();
  const layout = type.layout();
  const vector = layout.dimensions();
  try {
    const dims = Array.from({ length: vector.size() }, (_, axis) => vector.get(axis));
    const fits = expected.every((dim, axis) => dim === null || dim === dims[axis]);
    return fits && dims.length === expected.length ? dims : undefined;
  } finally {
    for (const each of [vector, layout, type]) each.delete();
  }
}

function failed(library: Library, what: string, cause: unknown): Error {
  // A trap leaves its memory in an unknown state.
  if (isTrap(cause)) dropLibrary();
  if (cause instanceof Error && 'code' in cause) return cause;
  const complaints = library.takeComplaints();
  const own = words(cause);
  // What it throws is often the place in its source alone.
  const said = complaints.length > 0 ? complaints : [own];
  const reason = [...new Set(said)].slice(-3).join('; ');
  return errors.RUNTIME_FAILED(NAME, `${what}: ${reason}`, cause);
}

// LiteRT's own numbers of element types, which are not those of the file.
// https://ai.google.dev/edge/litert (litert/c/litert_model_types.h, LiteRtElementType)
const elementTypes: Partial<Record<DType, number>> = {
  float32: 1,
  int32: 2,
  uint8: 3,
  int64: 4,
  bool: 6,
  int16: 7,
  complex64: 8,
  int8: 9,
  float16: 10,
  float64: 11,
  complex128: 12,
  uint64: 13,
  uint32: 16,
  uint16: 17,
  int4: 18,
  bfloat16: 19,
};

/** Whether tensors of this type can go in and out. */
export function isPassable(dtype: string): dtype is DType {
  return dtype in elementTypes;
}

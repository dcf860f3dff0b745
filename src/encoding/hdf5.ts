// Reads HDF5 files through h5wasm, treating them as coming from strangers: nothing outside the file is ever opened
// (external links, external storage, virtual datasets, plugins), every size is checked against the file's before
// memory is taken, and whatever the C library does ends as MODEL_DAMAGED.
// https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html

import { open } from 'node:fs/promises';
import type { Metadata } from 'h5wasm/node';
import { errors, MlctlError } from '../errors.ts';
import type { DType } from '../graph/dtype.ts';
import { elementCount, type Tensor, tensorFromBytes } from '../graph/tensor.ts';
import { type ByteSource, fileSource } from './byte-source.ts';
import { hasEndlessHeap } from './hdf5-heaps.ts';
import { type Library, loadHdf5 } from './hdf5-library.ts';

/** An open file. Paths inside are absolute (`/model_weights/dense`). Close it, or its descriptor leaks. */
export type Hdf5File = {
  readonly path: string;
  readonly bytes: number;
  /** Told the bytes of each part of a dataset once it is read, for progress. */
  onRead: ((bytes: number) => void) | undefined;
  /** undefined: nothing of that name. A link out of the file is refused. */
  kind(path: string): 'group' | 'dataset' | 'datatype' | undefined;
  /** Names in a group, in the order the file keeps (by name unless it tracks creation order). */
  children(path: string): readonly string[];
  attributes(path: string): readonly string[];
  /** undefined when absent. */
  attribute(path: string, name: string): Hdf5Attribute | undefined;
  dataset(path: string): Hdf5Dataset;
  /** Reads a whole dataset. */
  read(path: string): Tensor;
  close(): void;
};

/** Strings whatever their storage, numbers of any width; `dims` is [] for a scalar. */
export type Hdf5Attribute = { readonly dims: readonly number[] } & (
  | { readonly type: 'strings'; readonly values: readonly string[] }
  | { readonly type: 'numbers'; readonly values: readonly number[] }
);

export type Hdf5Dataset = {
  readonly dims: readonly number[];
  readonly dtype: DType;
  /** Size in memory once read. */
  readonly bytes: number;
};

const SIGNATURE = Uint8Array.of(0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a);
const HEAD_BYTES = 64 * 1024;
const READ_STEP = 16 * 1024 * 1024;
const MOST_NAMES = 1_000_000;
/** Deflate makes at most 1032 bytes from one; other filters are refused beyond it too. */
const MOST_EXPANSION = 1032;
/**
 * Trained weights hardly compress, and those of which 99 in 100 were set to zero by about fifty: much more read out of
 * little is a bomb. Up to so many bytes it does no harm.
 */
const HARMLESS_BYTES = 256 * 1024 * 1024;
const LIKELY_EXPANSION = 100;

/** Where the HDF5 signature starts: 0, 512, 1024, 2048 …; undefined when it is in none of those places of `head`. */
export function hdf5SignatureOffset(head: Uint8Array): number | undefined {
  for (let offset = 0; offset + 8 <= head.length; offset = offset === 0 ? 512 : offset * 2) {
    if (SIGNATURE.every((byte, index) => head[offset + index] === byte)) return offset;
  }
  return undefined;
}

/**
 * Opens an HDF5 file of the host. Errors: FILE_NOT_FOUND, FILE_UNREADABLE, MODEL_DAMAGED.
 * @example
 * const file = await openHdf5('/models/model.h5');
 * try { file.attribute('/', 'keras_version'); } finally { file.close(); }
 *
 * With `inside`, the HDF5 file is not the one at `path` but a part of it, such as an entry of an archive; whoever made
 * it keeps it readable until the file is closed.
 */
export async function openHdf5(path: string, inside?: ByteSource): Promise<Hdf5File> {
  const bytes = inside === undefined ? await probe(path) : checkHeaps(inside, path);
  const library = await loadHdf5();
  const id = library.call(path, () => library.module.open(path, 0, false, -1, -1), inside);
  if (id < 0n) throw damaged(path, openProblem(library.messages(), bytes));
  return new OpenFile(library, path, bytes, inside?.packed ?? bytes, id);
}

class OpenFile implements Hdf5File {
  readonly path: string;
  readonly bytes: number;
  onRead: ((bytes: number) => void) | undefined;
  readonly #library: Library;
  readonly #id: bigint;
  /** On disk: an archive may hold the file packed, whose chunks are packed again. */
  readonly #stored: number;
  #isOpen = true;
  /** Bytes read out of datasets so far. */
  #taken = 0;

  constructor(library: Library, path: string, bytes: number, stored: number, id: bigint) {
    this.#library = library;
    this.path = path;
    this.bytes = bytes;
    this.#stored = stored;
    this.#id = id;
  }

  kind(path: string): 'group' | 'dataset' | 'datatype' | undefined {
    const { module } = this.#library;
    const type = this.#call(() => module.get_type(this.#id, path));
    // When the object behind a name cannot be opened, what get_type returns is left over from an earlier call.
    if (this.#library.messages() !== '') this.#fail(`${path} leads to something that cannot be opened`);
    if (type === module.H5G_GROUP) return 'group';
    if (type === module.H5G_DATASET) return 'dataset';
    if (type === module.H5G_TYPE) return 'datatype';
    if (type === module.H5G_UDLINK) this.#fail(`${path} is a link to another file, which is never followed`);
    if (type === module.H5G_LINK) this.#fail(`${path} is a link that leads nowhere`);
    return undefined;
  }

  children(path: string): readonly string[] {
    const names = this.#call(() => this.#library.module.get_names(this.#id, path, false));
    if (names.length > MOST_NAMES) this.#fail(`${path} holds ${names.length} names`);
    return names;
  }

  attributes(path: string): readonly string[] {
    return this.#call(() => this.#library.module.get_attribute_names(this.#id, path));
  }

  attribute(path: string, name: string): Hdf5Attribute | undefined {
    const { module } = this.#library;
    const metadata = this.#call(() => {
      try {
        return module.get_attribute_metadata(this.#id, path, name);
      } catch (error) {
        // This is how the library says that there is none; when it printed something as well, it could not look.
        const isAbsent = error instanceof Error && error.message.includes('name not defined');
        if (isAbsent && this.#library.messages() === '') return undefined;
        throw error;
      }
    });
    if (metadata === undefined) return undefined;
    const what = `attribute ${name} of ${path}`;
    const dims = metadata.shape;
    if (dims === null) return { dims: [0], type: 'numbers', values: [] };
    const count = this.#count(dims, metadata, what);
    if (count > MOST_NAMES) this.#fail(`${what} has ${count} elements`);
    const isText = metadata.type === module.H5T_class_t.H5T_STRING.value;
    const dtype = isText ? 'string' : this.#dtype(metadata, what);
    const read = (pointer: bigint) => module.get_attribute_data(this.#id, path, name, pointer);
    return this.#call(() =>
      this.#library.withMemory(count * metadata.size, (pointer) => {
        if (read(BigInt(pointer)) < 0) this.#fail(`${what} cannot be read`);
        if (isText) {
          const values = this.#strings(pointer, count, metadata);
          if (metadata.vlen) module.reclaim_vlen_memory(this.#id, path, name, BigInt(pointer));
          return { dims, type: 'strings', values };
        }
        const raw = module.HEAPU8.slice(pointer, pointer + count * metadata.size);
        const { data } = tensorFromBytes(dtype, dims, raw);
        return { dims, type: 'numbers', values: Array.from(data as ArrayLike<number | bigint>, Number) };
      }),
    );
  }

  dataset(path: string): Hdf5Dataset {
    const { dims, dtype, count, metadata } = this.#describe(path);
    return { dims, dtype, bytes: count * metadata.size };
  }

  read(path: string): Tensor {
    const { dims, dtype, count, metadata } = this.#describe(path);
    const { module } = this.#library;
    if (dtype === 'string') {
      const data = this.#call(() =>
        this.#library.withMemory(count * metadata.size, (pointer) => {
          this.#readInto(path, null, null, pointer);
          const values = this.#strings(pointer, count, metadata);
          if (metadata.vlen) module.reclaim_vlen_memory(this.#id, path, '', BigInt(pointer));
          return values;
        }),
      );
      return { dtype, dims, data };
    }
    // In slices along the first axis: the library's memory never shrinks, so it must not hold a second copy.
    this.#taken += count * metadata.size;
    if (this.#taken > Math.max(HARMLESS_BYTES, this.#stored * LIKELY_EXPANSION)) {
      this.#fail(
        `${this.#taken} bytes of weights in a file of ${this.#stored}, which no trained weights are; if they are, write it again without compression`,
      );
    }
    const bytes = new Uint8Array(count * metadata.size);
    const rows = dims[0] ?? 1;
    const rowBytes = rows === 0 ? 0 : bytes.length / rows;
    const chunkRows = metadata.chunks?.[0] ?? 1;
    const step = Math.max(chunkRows, Math.floor(READ_STEP / Math.max(rowBytes, 1) / chunkRows) * chunkRows);
    for (let row = 0; row < rows && bytes.length > 0; row += step) {
      const taken = Math.min(step, rows - row);
      const counts = dims.map((dim, axis) => BigInt(axis === 0 ? taken : dim));
      const offsets = dims.map((_, axis) => BigInt(axis === 0 ? row : 0));
      const isScalar = dims.length === 0;
      const chunk = elementCount(metadata.chunks ?? [0]) * metadata.size;
      const room = taken * rowBytes + 3 * chunk;
      this.#call(
        () =>
          this.#library.withMemory(taken * rowBytes, (pointer) => {
            this.#readInto(path, isScalar ? null : counts, isScalar ? null : offsets, pointer);
            bytes.set(module.HEAPU8.subarray(pointer, pointer + taken * rowBytes), row * rowBytes);
          }),
        room,
      );
      this.onRead?.(taken * rowBytes);
    }
    return tensorFromBytes(dtype, dims, bytes);
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    // A file too damaged to be closed was never changed: there is nothing to lose.
    this.#library.call(this.path, () => this.#library.module.close_file(this.#id));
  }

  #readInto(
    path: string,
    counts: readonly bigint[] | null,
    offsets: readonly bigint[] | null,
    pointer: number,
  ) {
    const strides = counts === null ? null : counts.map(() => 1n);
    const list = (values: readonly bigint[] | null) => (values === null ? null : [...values]);
    const status = this.#library.module.get_dataset_data(
      this.#id,
      path,
      list(counts),
      list(offsets),
      strides,
      BigInt(pointer),
    );
    if (status < 0) this.#fail(`the data of ${path} cannot be read`);
  }

  #describe(path: string): {
    dims: readonly number[];
    dtype: DType;
    count: number;
    metadata: Metadata;
  } {
    if (this.kind(path) !== 'dataset') this.#fail(`${path} is not there or holds no data`);
    const { module } = this.#library;
    const metadata = this.#call(() => module.get_dataset_metadata(this.#id, path));
    if (metadata.virtual_sources)
      this.#fail(`${path} is put together from other files, which are never opened`);
    const dims = metadata.shape ?? [0];
    const isText = metadata.type === module.H5T_class_t.H5T_STRING.value;
    const dtype = isText
      ? 'string'
      : this.#isBfloat16(path, metadata)
        ? 'bfloat16'
        : this.#dtype(metadata, path);
    return { dims, dtype, count: this.#count(dims, metadata, path), metadata };
  }

  /** Number of elements, after checking that a file of this size can hold them. */
  #count(dims: readonly number[], metadata: Metadata, what: string): number {
    const count = elementCount(dims);
    const isChunked = (metadata.chunks ?? null) !== null;
    const most = this.bytes * (isChunked ? MOST_EXPANSION : 1);
    if (!Number.isSafeInteger(count) || !(metadata.size > 0) || count * metadata.size > most) {
      this.#fail(
        `${what} claims ${dims.join(' x ')} elements, more than a file of ${this.bytes} bytes can hold`,
      );
    }
    return count;
  }

  /** HDF5 has no such type: h5py writes two opaque bytes, and Keras says beside them what they are. */
  #isBfloat16(path: string, { type, size }: Metadata): boolean {
    const { H5T_class_t: classes } = this.#library.module;
    if (size !== 2 || (type !== classes.H5T_OPAQUE.value && type !== classes.H5T_FLOAT.value)) return false;
    const stated = this.attributes(path).includes('dtype') ? this.attribute(path, 'dtype') : undefined;
    return stated?.type === 'strings' && stated.values[0] === 'bfloat16';
  }

  #dtype(metadata: Metadata, what: string): DType {
    const { H5T_class_t: classes } = this.#library.module;
    const bits = metadata.size * 8;
    if (metadata.type === classes.H5T_FLOAT.value && [16, 32, 64].includes(bits))
      return `float${bits}` as DType;
    if (metadata.type === classes.H5T_INTEGER.value && [8, 16, 32, 64].includes(bits)) {
      return `${metadata.signed ? '' : 'u'}int${bits}` as DType;
    }
    // Python's booleans are stored as an enumeration of FALSE and TRUE over one byte.
    const members = Object.keys(metadata.enum_type?.members ?? {})
      .sort()
      .join();
    if (members === 'FALSE,TRUE' && bits === 8) return 'bool';
    return this.#fail(`${what} holds a kind of data that models do not have (HDF5 class ${metadata.type})`);
  }

  #strings(pointer: number, count: number, metadata: Metadata): string[] {
    const { HEAPU8 } = this.#library.module;
    const values: string[] = [];
    const view = new DataView(HEAPU8.buffer);
    const decoder = new TextDecoder();
    for (let index = 0; index < count; index++) {
      const place = pointer + index * metadata.size;
      const start = metadata.vlen ? view.getUint32(place, true) : place;
      const most = metadata.vlen ? HEAPU8.length : place + metadata.size;
      const end = HEAPU8.indexOf(0, start);
      const isNull = metadata.vlen && start === 0;
      values.push(isNull ? '' : decoder.decode(HEAPU8.subarray(start, end < 0 || end > most ? most : end)));
    }
    return values;
  }

  /** `room`: memory the work takes beyond what the library needs anyway. */
  #call<T>(work: () => T, room = 0): T {
    if (!this.#isOpen) throw new TypeError(`${this.path} was closed`);
    return this.#library.call(this.path, work, undefined, room);
  }

  #fail(problem: string): never {
    throw damaged(this.path, problem);
  }
}

/** Size of the file, after making sure that it can be read and that the library will come to an end with it. */
async function probe(path: string): Promise<number> {
  try {
    const handle = await open(path, 'r');
    try {
      const { size } = await handle.stat();
      return checkHeaps(fileSource(handle.fd, 0, size), path);
    } finally {
      await handle.close();
    }
  } catch (cause) {
    if (cause instanceof MlctlError) throw cause;
    const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw isMissing ? errors.FILE_NOT_FOUND(path) : errors.FILE_UNREADABLE(path, cause);
  }
}

function checkHeaps(file: ByteSource, path: string): number {
  const head = new Uint8Array(HEAD_BYTES);
  const lengthSize = lengthSizeOf(head.subarray(0, file.read(head, 0)));
  if (lengthSize !== undefined && hasEndlessHeap(file, lengthSize)) {
    throw damaged(path, 'a heap of strings in it has no end');
  }
  return file.bytes;
}

/** Bytes of a length in this file, as its superblock says; undefined where there is none. */
function lengthSizeOf(head: Uint8Array): number | undefined {
  const start = hdf5SignatureOffset(head);
  if (start === undefined) return undefined;
  const version = head[start + 8] ?? 0;
  const size = head[start + (version < 2 ? 14 : 10)] ?? 0;
  return [2, 4, 8].includes(size) ? size : undefined;
}

function openProblem(messages: string, bytes: number): string {
  const whole = /stored_eof = (\d+)/.exec(messages)?.[1];
  if (whole !== undefined) return `it is cut off: ${bytes} of ${whole} bytes are there`;
  if (messages.includes('file signature not found')) return 'it does not have the HDF5 signature';
  return 'its HDF5 header cannot be read';
}

function damaged(path: string, problem: string): MlctlError {
  return errors.MODEL_DAMAGED(path, problem);
}

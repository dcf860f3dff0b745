// The HDF5 library, h5wasm, as it is safe to use on files of strangers: it opens nothing but the file it is given, its
// memory is bounded, and what it prints is kept for error messages. All of its functions are synchronous.

import type { ready } from 'h5wasm/node';
import { errors, MlctlError } from '../errors.ts';
import type { ByteSource } from './byte-source.ts';
import { type BoundedMemory, boundMemory } from './wasm-memory.ts';

export type Library = {
  readonly module: H5Module;
  /**
   * Runs `work` so that only `path` can be opened, as `inside` when given; any failure inside is MODEL_DAMAGED.
   * `room`: memory the work takes beyond what the library needs anyway.
   */
  call<T>(path: string, work: () => T, inside?: ByteSource, room?: number): T;
  withMemory<T>(bytes: number, work: (pointer: number) => T): T;
  /** What the library printed during the last call. */
  messages(): string;
};

type H5Module = Awaited<typeof ready>;

// The parts of emscripten's file system object that its published types leave out.
type FileSystem = {
  open(path: string, ...rest: unknown[]): Stream;
  read(stream: Stream, target: Uint8Array, offset: number, length: number, position?: number): number;
  llseek(stream: Stream, offset: number, whence: number): number;
  fstat(descriptor: number): { size: number };
  getStreamChecked(descriptor: number): Stream;
  readonly streams: object[];
  readonly ErrnoError: new (code: number) => Error;
};

type Stream = { position: number };

/** What the library may take for itself: strings of any length are only limited by what a file claims. */
const LIBRARY_BYTES = 256 * 1024 * 1024;
const MOST_WORDS = 10_000;
const NO_SUCH_FILE = 44;

let loading: Promise<Library> | undefined;

export function loadHdf5(): Promise<Library> {
  loading ??= start();
  return loading;
}

async function start(): Promise<Library> {
  let messages = '';
  let allowed: string | undefined;
  let part: ByteSource | undefined;
  const tell = (words: string) => {
    if (messages.length < MOST_WORDS) messages += words;
  };
  const module = await loadModule((words) => {
    if (allowed === undefined) return false;
    tell(words);
    return true;
  });
  const files = module.FS as unknown as FileSystem;

  // HDF5 prints a stack for every failure to stream 2: keep it for the error message instead.
  const write = (_: unknown, buffer: Uint8Array, offset: number, length: number) => {
    tell(Buffer.from(buffer.subarray(offset, offset + length)).toString());
    return length;
  };
  Object.assign(files.streams[2] ?? {}, { node: { mode: 0o020666 }, stream_ops: { write } });
  Object.assign(module, {
    onAbort(what: unknown) {
      throw new Error(String(what));
    },
  });

  const openPath = files.open.bind(files);
  const opened = showParts(files);
  files.open = (path, ...rest) => {
    if (allowed !== undefined && path !== allowed) throw new files.ErrnoError(NO_SUCH_FILE);
    const stream = openPath(path, ...rest);
    if (part !== undefined) opened.set(stream, part);
    return stream;
  };

  let memory: BoundedMemory | undefined;
  const bounded = <T>(bytes: number, work: () => T): T => {
    memory ??= boundMemory(
      () => module.HEAPU8.buffer,
      (more) => module._free(module._malloc(more)),
    );
    return memory.within(bytes, work);
  };

  return {
    module,
    messages: () => messages,
    call(path, work, inside, room = 0) {
      const outer = allowed;
      if (outer === undefined) messages = '';
      allowed = path;
      part = inside;
      try {
        return bounded(LIBRARY_BYTES + room, work);
      } catch (cause) {
        if (cause instanceof MlctlError) throw cause;
        throw errors.MODEL_DAMAGED(path, 'its HDF5 structure cannot be followed', undefined, cause);
      } finally {
        allowed = outer;
        part = undefined;
      }
    },
    withMemory(bytes, work) {
      if (bytes > module.MAXIMUM_MEMORY) throw new Error(`${bytes} bytes in one piece`);
      const pointer = module._malloc(Math.max(bytes, 1));
      if (pointer === 0) throw new Error(`no memory for ${bytes} bytes`);
      // Elements the library leaves out (a file may say so) must not show what was in memory before.
      module.HEAPU8.fill(0, pointer, pointer + bytes);
      try {
        return work(pointer);
      } finally {
        module._free(pointer);
      }
    },
  };
}

/**
 * The library says through console.error that there is no memory, which it takes hold of while it is loaded; it offers
 * no other way. It gets a function that asks `hears` first: that is true during our own calls alone, so whoever else
 * took hold of console.error meanwhile keeps printing.
 */
async function loadModule(hears: (words: string) => boolean): Promise<H5Module> {
  const print = console.error;
  console.error = (...words: unknown[]) => {
    if (!hears(words.join(' '))) print(...words);
  };
  try {
    const { ready } = await import('h5wasm/node');
    return await ready;
  } finally {
    console.error = print;
  }
}

/** Makes the library see a part of a file where a stream has one. Returns the map to enter them in. */
function showParts(files: FileSystem): WeakMap<Stream, ByteSource> {
  const parts = new WeakMap<Stream, ByteSource>();
  const read = files.read.bind(files);
  const seek = files.llseek.bind(files);
  const stat = files.fstat.bind(files);
  files.read = (stream, target, offset, length, position) => {
    const part = parts.get(stream);
    if (part === undefined) return read(stream, target, offset, length, position);
    const bytes = new Uint8Array(target.buffer, target.byteOffset + offset, length);
    const done = part.read(bytes, position ?? stream.position);
    if (position === undefined) stream.position += done;
    return done;
  };
  const FROM_END = 2;
  files.llseek = (stream, offset, whence) => {
    const part = parts.get(stream);
    return part !== undefined && whence === FROM_END
      ? seek(stream, part.bytes + offset, 0)
      : seek(stream, offset, whence);
  };
  files.fstat = (descriptor) => {
    const found = stat(descriptor);
    const part = parts.get(files.getStreamChecked(descriptor));
    return part === undefined ? found : Object.assign(found, { size: part.bytes });
  };
  return parts;
}

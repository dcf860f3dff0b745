// A bound on the memory of one library in WebAssembly. Its own limit is fixed when it is compiled (2 GB for HDF5), far
// more than a file of some kilobytes may make it take, and it does not hand out its memory object.
// https://webassembly.github.io/spec/js-api/#dom-memory-grow

export type BoundedMemory = {
  /** While `work` runs, the library finds no memory beyond `bytes`, as it would at its own limit. */
  within<T>(bytes: number, work: () => T): T;
};

// Node's types leave WebAssembly out.
type Memory = { readonly buffer: ArrayBufferLike; grow(pages: number): number };

const PAGE_BYTES = 65536;

/**
 * Finds the memory by having the library take more than it has, and give it back: for the length of that call, a memory
 * that grows shows itself. The bound is then put on that one alone; no other library's memory is ever touched.
 *
 * @param heap What the memory holds now, which tells it from others.
 * @param take Has the library take so many bytes and give them back.
 */
export function boundMemory(heap: () => ArrayBufferLike, take: (bytes: number) => void): BoundedMemory {
  let most = Number.POSITIVE_INFINITY;
  const memory = growing(heap, take);
  const grow = memory.grow.bind(memory);
  memory.grow = (pages) => {
    if (memory.buffer.byteLength + pages * PAGE_BYTES > most) throw new RangeError(`more than ${most} bytes`);
    return grow(pages);
  };
  return {
    within(bytes, work) {
      const outer = most;
      most = bytes;
      try {
        return work();
      } finally {
        most = outer;
      }
    },
  };
}

function growing(heap: () => ArrayBufferLike, take: (bytes: number) => void): Memory {
  const { prototype } = (globalThis as unknown as { WebAssembly: { Memory: { prototype: Memory } } })
    .WebAssembly.Memory;
  const { grow } = prototype;
  let found: Memory | undefined;
  prototype.grow = function (this: Memory, pages) {
    if (this.buffer === heap()) found = this;
    return grow.call(this, pages);
  };
  try {
    take(heap().byteLength);
  } finally {
    prototype.grow = grow;
  }
  if (found === undefined) throw new Error('the memory of the library cannot be found');
  return found;
}

import { describe, expect, it } from 'vitest';
import { boundMemory } from '../../src/encoding/wasm-memory.ts';

type Memory = { readonly buffer: ArrayBuffer; grow(pages: number): number };
type Prototype = { grow: unknown };
const { Memory } = (
  globalThis as unknown as {
    WebAssembly: { Memory: { new (limits: { initial: number }): Memory; prototype: Prototype } };
  }
).WebAssembly;
const PAGE = 65536;

describe('the memory of one library', () => {
  it('grows up to the bound and not beyond, only during the work', () => {
    const { memory, bounded } = library();
    expect(bounded.within(3 * PAGE, () => memory.grow(1))).toBe(2);
    expect(() => bounded.within(3 * PAGE, () => memory.grow(1))).toThrow(RangeError);
    expect(memory.grow(1)).toBe(3);
  });

  it('the bound ends with work that fails, and an inner one with its work', () => {
    const { memory, bounded } = library();
    const fails = () =>
      bounded.within(2 * PAGE, () => {
        throw new Error('work');
      });
    expect(fails).toThrow('work');
    bounded.within(4 * PAGE, () => {
      expect(() => bounded.within(PAGE, () => memory.grow(1))).toThrow(RangeError);
      expect(memory.grow(2)).toBe(2);
    });
    expect(memory.grow(1)).toBe(4);
  });

  it('no other memory is bound, and what they share is as it was', () => {
    const before = Memory.prototype.grow;
    const { bounded } = library();
    const other = new Memory({ initial: 1 });
    expect(bounded.within(PAGE, () => other.grow(5))).toBe(1);
    expect(Memory.prototype.grow).toBe(before);
  });

  it('a library that takes no more memory, or fails at it, leaves nothing behind', () => {
    const before = Memory.prototype.grow;
    const memory = new Memory({ initial: 1 });
    expect(() =>
      boundMemory(
        () => memory.buffer,
        () => {},
      ),
    ).toThrow('cannot be found');
    const aborts = () => {
      throw new Error('aborted');
    };
    expect(() => boundMemory(() => memory.buffer, aborts)).toThrow('aborted');
    expect(Memory.prototype.grow).toBe(before);
  });
});

/** Another memory grows while this one is looked for, as it may in the thread of a library. */
function library() {
  const memory = new Memory({ initial: 1 });
  const other = new Memory({ initial: 1 });
  const bounded = boundMemory(
    () => memory.buffer,
    () => {
      other.grow(1);
      memory.grow(1);
    },
  );
  return { memory, bounded };
}

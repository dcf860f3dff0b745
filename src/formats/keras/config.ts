// Typed access to a layer's configuration. Keys nobody asked for are reported once, so that an option mlctl does not
// know cannot change a model's meaning silently.

import { isRecord, spell } from './json-shape.ts';

/** Sizes beyond this are not a model; they would overflow arithmetic on shapes. */
const LARGEST = 2 ** 31;

/** Keys that say nothing about what the layer computes. */
const BYSTANDERS = new Set([
  'name',
  'trainable',
  'dtype',
  'input_dtype',
  'batch_input_shape',
  'batch_shape',
  'input_shape',
  'build_config',
  'build_input_shape',
  'activity_regularizer',
  'seed',
  'autocast',
  'sparse',
  'ragged',
]);
const TRAINING_ONLY = /(^|_)(initializer|regularizer|constraint)$/;

export class LayerConfig {
  readonly raw: Readonly<Record<string, unknown>>;
  /** Throws MODEL_DAMAGED for the layer. */
  readonly fail: (problem: string) => never;
  readonly #read = new Set<string>();

  constructor(raw: Readonly<Record<string, unknown>>, fail: (problem: string) => never) {
    this.raw = raw;
    this.fail = fail;
  }

  /** The value as it is; undefined when the key is absent. */
  get(key: string): unknown {
    this.#read.add(key);
    return this.raw[key];
  }

  number(key: string, fallback: number): number {
    const value = this.get(key) ?? fallback;
    return typeof value === 'number' && Number.isFinite(value) ? value : this.#refuse(key, value);
  }

  /** null stands for null and for a key left out. */
  optionalNumber(key: string): number | null {
    const value = this.get(key) ?? null;
    if (value === null || (typeof value === 'number' && Number.isFinite(value))) return value;
    return this.#refuse(key, value);
  }

  boolean(key: string, fallback: boolean): boolean {
    const value = this.get(key) ?? fallback;
    if (typeof value === 'boolean') return value;
    // Python takes numbers for booleans, and some scripts pass them.
    return value === 0 || value === 1 ? value === 1 : this.#refuse(key, value);
  }

  string(key: string, fallback: string): string {
    const value = this.get(key) ?? fallback;
    return typeof value === 'string' ? value : this.#refuse(key, value);
  }

  /** One of the words given. */
  word<Word extends string>(key: string, words: readonly Word[], fallback: Word): Word {
    const value = this.get(key) ?? fallback;
    const found = words.find((word) => word === value);
    return found ?? this.#refuse(key, value, `, known are ${words.join(', ')}`);
  }

  integer(key: string, fallback: number | undefined, least = 1): number {
    const value = this.get(key) ?? fallback;
    return isSize(value, least) ? value : this.#refuse(key, value);
  }

  /** `count` integers; one number stands for all of them. */
  sizes(key: string, count: number, fallback: number | readonly number[] | undefined, least = 1): number[] {
    const value = untuple(this.get(key)) ?? fallback;
    const list = Array.isArray(value) ? value : new Array(count).fill(value);
    if (list.length === count && list.every((item) => isSize(item, least))) return list;
    return this.#refuse(key, value, `, ${count} numbers are expected`);
  }

  /** A list of integers of any length, negative ones allowed. */
  list(key: string): number[] {
    const value = untuple(this.get(key));
    const list = typeof value === 'number' ? [value] : value;
    if (Array.isArray(list) && list.every((item) => isSize(item, -LARGEST))) return list;
    return this.#refuse(key, value);
  }

  /** Keys nothing asked for and whose value is not an empty default. */
  unread(): string[] {
    return Object.entries(this.raw).flatMap(([key, value]) => {
      const isKnown = this.#read.has(key) || BYSTANDERS.has(key) || TRAINING_ONLY.test(key);
      return isKnown || isDefault(value) ? [] : [`${key} = ${spell(value)}`];
    });
  }

  #refuse(key: string, value: unknown, more = ''): never {
    return this.fail(`${key} is ${spell(value)}${more}`);
  }
}

function isSize(value: unknown, least: number): value is number {
  return Number.isInteger(value) && (value as number) >= least && (value as number) < LARGEST;
}

/** Keras 2.13 and later may write tuples as objects. */
function untuple(value: unknown): unknown {
  return isRecord(value) && Array.isArray(value.items) ? value.items : (value ?? undefined);
}

function isDefault(value: unknown): boolean {
  if (value === null || value === false || value === '') return true;
  if (Array.isArray(value)) return value.length === 0;
  return isRecord(value) && Object.keys(value).length === 0;
}

// Lengths that a graph works out in int64, over Shape, Gather, Concat and arithmetic, said again in int32: what TFLite takes
// sizes in, and what LiteRT follows while it loads a file (see packLengths).

import type { Node } from '../../../graph/model.ts';
import type { Emission } from './emission.ts';
import { element, pick, shapeOf } from './shape-tensor.ts';

/** The int32 tensor of a vector or scalar; undefined where other than lengths and constants go into it. */
export function int32Lengths(emission: Emission, value: string): number | undefined {
  const follow = new Follow(emission);
  return follow.isMade(value) ? follow.tensor(value) : undefined;
}

/** Whether no element can be 0: axes have elements in TFLite. */
export function isNeverZero(emission: Emission, value: string): boolean {
  const held = emission.ints(value);
  if (!whole.includes(emission.find(value)?.dtype ?? '')) return false;
  if (held !== undefined) return !held.includes(0);
  const maker = emission.maker(value);
  if (maker?.opType === 'Shape') return true;
  if (maker === undefined) return false;
  const inputs = maker.inputs.slice(0, parts[maker.opType] ?? 0);
  return inputs.length > 0 && inputs.every((input) => isNeverZero(emission, input));
}

/** How many of its inputs an operator makes its elements from. */
const parts: Readonly<Record<string, number>> = {
  Cast: 1,
  Concat: Number.POSITIVE_INFINITY,
  Gather: 1,
  Identity: 1,
  Mul: 2,
  Reshape: 1,
  Slice: 1,
  Squeeze: 1,
  Unsqueeze: 1,
};

const whole: readonly string[] = ['int64', 'int32'];

const operations: Readonly<Record<string, string>> = { Add: 'ADD', Sub: 'SUB', Mul: 'MUL', Div: 'DIV' };

class Follow {
  readonly #emission: Emission;
  readonly #made = new Map<string, boolean>();

  constructor(emission: Emission) {
    this.#emission = emission;
  }

  /** Whether it is made of lengths. */
  isMade(value: string): boolean {
    const known = this.#made.get(value);
    if (known !== undefined) return known;
    const found = this.#isMade(value);
    this.#made.set(value, found);
    return found;
  }

  #isMade(value: string): boolean {
    const emission = this.#emission;
    const type = emission.find(value);
    const maker = emission.maker(value);
    if (type?.shape === undefined || type.shape.length > 1 || maker === undefined) return false;
    if (maker.domain !== '' || !whole.includes(type.dtype) || count(type.shape) === undefined) return false;
    const [x = '', ...others] = maker.inputs;
    const isConstant = others.every((input) => input === '' || emission.constant(input) !== undefined);
    switch (maker.opType) {
      case 'Shape':
        return emission.find(x)?.shape !== undefined && emission.has(x);
      case 'Cast':
      case 'Identity':
        return this.isMade(x);
      case 'Squeeze':
      case 'Unsqueeze':
      case 'Reshape':
        return isConstant && count(type.shape) === 1 && this.isMade(x);
      case 'Gather':
      case 'Slice':
        return isConstant && placesOf(maker, emission) !== undefined && this.isMade(x);
      case 'Concat':
        return (
          maker.inputs.every((input) => this.#isKnown(input)) && maker.inputs.some((v) => this.isMade(v))
        );
      default:
        return (
          maker.opType in operations &&
          maker.inputs.every((input) => this.#isKnown(input)) &&
          maker.inputs.some((input) => this.isMade(input))
        );
    }
  }

  #isKnown(value: string): boolean {
    return this.#emission.constant(value) !== undefined || this.isMade(value);
  }

  tensor(value: string): number {
    const emission = this.#emission;
    const maker = emission.maker(value);
    if (maker === undefined || emission.constant(value) !== undefined) return emission.asInt32(value);
    return emission.once(`int32 ${value}`, () => this.#make(value, maker));
  }

  #make(value: string, maker: Node): number {
    const emission = this.#emission;
    const [x = '', y = ''] = maker.inputs;
    const shape = emission.shape(value);
    const like = { dtype: 'int32', shape, name: 'lengths' } as const;
    switch (maker.opType) {
      case 'Shape': {
        const whole = shapeOf(emission, emission.in(x));
        const rank = emission.rank(x);
        const from = Math.max(0, emission.axis(emission.attribute(maker, 'start', 0), rank));
        return pick(emission, whole, from, from + (count(shape) ?? 0));
      }
      case 'Cast':
      case 'Identity':
        return this.tensor(x);
      case 'Squeeze':
      case 'Unsqueeze':
      case 'Reshape': {
        const given = this.tensor(x);
        if (emission.rank(x) === shape.length) return given;
        if (shape.length === 0) return element(emission, given, 0);
        return emission.make('RESHAPE', [given, emission.int32([1])], like);
      }
      case 'Gather':
      case 'Slice': {
        const given = this.tensor(x);
        const places = placesOf(maker, emission) ?? [];
        const [first = 0] = places;
        if (shape.length === 0) return element(emission, given, first);
        const isRun = places.every((place, at) => place === first + at);
        if (isRun) return pick(emission, given, first, first + places.length);
        return emission.make('GATHER', [given, emission.int32(places)], like, { axis: 0, batchDims: 0 });
      }
      case 'Concat': {
        const parts = maker.inputs.map((input) => this.tensor(input));
        return emission.make('CONCATENATION', parts, like, { axis: 0 });
      }
      default:
        return emission.make(operations[maker.opType] ?? '', [this.tensor(x), this.tensor(y)], like);
    }
  }
}

/** How many elements of a vector or scalar there are. */
function count(shape: readonly unknown[]): number | undefined {
  const [length = 1] = shape;
  return typeof length === 'number' && length > 0 ? length : undefined;
}

/** Which elements of a vector of known length a Gather or a Slice takes. */
function placesOf(node: Node, emission: Emission): readonly number[] | undefined {
  const [x = '', first = '', last = '', , steps = ''] = node.inputs;
  const [length] = emission.find(x)?.shape ?? [];
  if (typeof length !== 'number') return undefined;
  const from = emission.ints(first);
  if (node.opType === 'Gather') return from?.map((place) => emission.axis(place, length));
  const [step = 1] = steps === '' ? [1] : (emission.ints(steps) ?? []);
  const [start, end] = [from?.[0], emission.ints(last)?.[0]];
  if (start === undefined || end === undefined || step !== 1) return undefined;
  const clamp = (place: number) => Math.min(Math.max(emission.axis(place, length), 0), length);
  return Array.from({ length: Math.max(0, clamp(end) - clamp(start)) }, (_, at) => clamp(start) + at);
}

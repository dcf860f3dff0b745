// Arithmetic over values of one element type: a plain number in a formula is a constant of that type.

import type { DType } from '../../../graph/dtype.ts';
import { elementType } from '../../../ops/element-type.ts';
import { type Build, scalarOf } from './build.ts';

/** A value of the graph, or a number. */
export type Term = string | number;

type Fold = (...terms: readonly [Term, ...Term[]]) => string;

export type Formula = {
  readonly plus: Fold;
  readonly minus: Fold;
  readonly times: Fold;
  readonly over: Fold;
  readonly least: Fold;
  readonly most: Fold;
  readonly floor: (x: string) => string;
  readonly abs: (x: string) => string;
  /** Brought between two bounds. */
  readonly clip: (x: string, low: number, high: number) => string;
  /** A comparison, of truth values. */
  readonly is: (
    x: Term,
    opType: 'Equal' | 'Less' | 'Greater' | 'GreaterOrEqual' | 'LessOrEqual',
    y: Term,
  ) => string;
  readonly where: (isChosen: string, yes: Term, no: Term) => string;
  readonly value: (term: Term) => string;
};

/**
 * @example
 * const { plus, times } = formula(build, 'float32');
 * const scaled = plus(times(x, 2), 1);
 */
export function formula(build: Build, dtype: DType): Formula {
  const value = (term: Term) =>
    typeof term === 'string' ? term : build.constant(scalarOf(dtype, term), 'number');
  const fold =
    (opType: string): Fold =>
    (first, ...rest) =>
      rest.reduce<string>((left, right) => build.add(opType, [left, value(right)]), value(first));
  const unary = (opType: string) => (x: string) => build.add(opType, [x]);
  return {
    plus: fold('Add'),
    minus: fold('Sub'),
    times: fold('Mul'),
    over: fold('Div'),
    least: fold('Min'),
    most: fold('Max'),
    floor: unary('Floor'),
    abs: unary('Abs'),
    clip: (x, low, high) => build.add('Clip', [x, value(low), value(high)]),
    is: (x, opType, y) => build.add(opType, [value(x), value(y)]),
    where: (isChosen, yes, no) => build.add('Where', [isChosen, value(yes), value(no)]),
    value,
  };
}

export function cast(build: Build, x: string, dtype: DType): string {
  return build.add('Cast', [x], { to: elementType(dtype) });
}

/** Part of one axis of a value. */
export function slice(build: Build, x: string, axis: number, from: number, to: number, step = 1): string {
  const ints = [[from], [to], [axis], ...(step === 1 ? [] : [[step]])];
  return build.add('Slice', [x, ...ints.map((list) => build.ints(list))]);
}

/** Elements of a constant or of a value that a rewrite makes between what goes in and what comes out. */
const MOST_ELEMENTS = 2 ** 23;

/** The number of elements of a tensor of this shape, which has to be reasonable: files come from strangers. */
export function boundedCount(build: Build, dims: readonly number[]): number {
  const wrong = dims.find((dim) => !Number.isInteger(dim) || dim < 1);
  if (wrong !== undefined) build.refuse(`it would take a tensor of ${dims.join(' × ')} elements`);
  const count = dims.reduce((product, dim) => product * dim, 1);
  return count <= MOST_ELEMENTS ? count : build.refuse(`it would take a tensor of ${count} elements`);
}

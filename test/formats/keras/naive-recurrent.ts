// Recurrent layers step by step, as the Keras documentation describes them: gates by slices of one matrix product, a
// masked step repeating state and output. Slow and plain on purpose.

export type Matrix = { readonly columns: number; readonly data: ArrayLike<number> };

export type NaiveCell = {
  readonly units: number;
  /** New states; the first is the output. */
  step(x: readonly number[], states: readonly (readonly number[])[]): number[][];
  readonly states: number;
};

type Activation = (x: number) => number;

export const sigmoid: Activation = (x) => 1 / (1 + Math.exp(-x));
export const hardSigmoid2: Activation = (x) => Math.min(1, Math.max(0, 0.2 * x + 0.5));
export const hardSigmoid3: Activation = (x) => Math.min(6, Math.max(0, x + 3)) / 6;

const product = (x: readonly number[], { columns, data }: Matrix, from = 0, count = columns): number[] =>
  Array.from({ length: count }, (_, column) =>
    x.reduce((sum, value, row) => sum + value * (data[row * columns + from + column] ?? Number.NaN), 0),
  );

const part = (values: ArrayLike<number> | undefined, from: number, count: number): number[] =>
  Array.from({ length: count }, (_, index) =>
    values === undefined ? 0 : (values[from + index] ?? Number.NaN),
  );

const sum = (...rows: readonly (readonly number[])[]): number[] =>
  (rows[0] ?? []).map((_, index) => rows.reduce((total, row) => total + (row[index] ?? Number.NaN), 0));

export function simpleCell(
  units: number,
  kernel: ArrayLike<number>,
  recurrent: ArrayLike<number>,
  bias: ArrayLike<number> | undefined,
  activation: Activation = Math.tanh,
): NaiveCell {
  const [k, r] = [kernel, recurrent].map((data) => ({ columns: units, data })) as [Matrix, Matrix];
  return {
    units,
    states: 1,
    step: (x, [h = []]) => [sum(product(x, k), product(h, r), part(bias, 0, units)).map(activation)],
  };
}

export function lstmCell(
  units: number,
  kernel: ArrayLike<number>,
  recurrent: ArrayLike<number>,
  bias: ArrayLike<number> | undefined,
  gate: Activation = sigmoid,
  activation: Activation = Math.tanh,
): NaiveCell {
  const [k, r] = [kernel, recurrent].map((data) => ({ columns: 4 * units, data })) as [Matrix, Matrix];
  return {
    units,
    states: 2,
    step(x, [h = [], c = []]) {
      const at = (index: number) =>
        sum(
          product(x, k, index * units, units),
          product(h, r, index * units, units),
          part(bias, index * units, units),
        );
      const [i, f, o] = [at(0), at(1), at(3)].map((row) => row.map(gate)) as [number[], number[], number[]];
      const g = at(2).map(activation);
      const cell = c.map((value, n) => (f[n] ?? 0) * value + (i[n] ?? 0) * (g[n] ?? 0));
      return [cell.map((value, n) => (o[n] ?? 0) * activation(value)), cell];
    },
  };
}

/** `recurrentBias` makes it the form with reset_after. */
export function gruCell(
  units: number,
  kernel: ArrayLike<number>,
  recurrent: ArrayLike<number>,
  bias: ArrayLike<number> | undefined,
  recurrentBias: ArrayLike<number> | undefined,
  gate: Activation = sigmoid,
  activation: Activation = Math.tanh,
): NaiveCell {
  const [k, r] = [kernel, recurrent].map((data) => ({ columns: 3 * units, data })) as [Matrix, Matrix];
  return {
    units,
    states: 1,
    step(x, [h = []]) {
      const inner = (index: number, state: readonly number[]) =>
        sum(product(state, r, index * units, units), part(recurrentBias, index * units, units));
      const outer = (index: number) =>
        sum(product(x, k, index * units, units), part(bias, index * units, units));
      const z = sum(outer(0), inner(0, h)).map(gate);
      const reset = sum(outer(1), inner(1, h)).map(gate);
      const times = (row: readonly number[]) => row.map((value, n) => value * (reset[n] ?? 0));
      const fresh = sum(outer(2), recurrentBias ? times(inner(2, h)) : inner(2, times(h))).map(activation);
      return [h.map((value, n) => (z[n] ?? 0) * value + (1 - (z[n] ?? 0)) * (fresh[n] ?? 0))];
    },
  };
}

export type Unrolled = {
  readonly sequence: number[][];
  readonly last: number[];
  readonly states: number[][];
};

export type UnrollOptions = {
  readonly mask?: readonly boolean[] | undefined;
  readonly initial?: readonly (readonly number[])[] | undefined;
  readonly isBackwards?: boolean;
  readonly isZeroWhereMasked?: boolean;
};

/** One sample. Outputs come in the order the steps were taken, as in Keras. */
export function unroll(
  cell: NaiveCell,
  steps: readonly (readonly number[])[],
  { mask, initial, isBackwards = false, isZeroWhereMasked = false }: UnrollOptions = {},
): Unrolled {
  const zeros = () => new Array<number>(cell.units).fill(0);
  let states: number[][] = Array.from({ length: cell.states }, (_, index) => [
    ...(initial?.[index] ?? zeros()),
  ]);
  let output = zeros();
  const sequence: number[][] = [];
  const order = [...steps.keys()];
  if (isBackwards) order.reverse();
  for (const step of order) {
    const isSeen = mask?.[step] ?? true;
    if (isSeen) {
      states = cell.step(steps[step] ?? [], states);
      output = states[0] ?? zeros();
    }
    sequence.push(isSeen || !isZeroWhereMasked ? output : zeros());
  }
  return { sequence, last: output, states };
}

/** Samples of a (batch, time, features) tensor. */
export function samples(
  data: ArrayLike<number>,
  [batch, time, features]: readonly [number, number, number],
): number[][][] {
  return Array.from({ length: batch }, (_, b) =>
    Array.from({ length: time }, (_, t) =>
      Array.from({ length: features }, (_, f) => data[(b * time + t) * features + f] ?? Number.NaN),
    ),
  );
}

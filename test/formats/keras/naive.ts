// Layers as their definition reads, in plain loops over channels-last arrays: what the graph is compared with.

export type Grid = { readonly dims: readonly number[]; readonly data: ArrayLike<number> };

export function at({ dims, data }: Grid, ...index: number[]): number {
  let offset = 0;
  for (let axis = 0; axis < dims.length; axis++) offset = offset * (dims[axis] ?? 1) + (index[axis] ?? 0);
  return data[offset] ?? Number.NaN;
}

/** Fills an array of these dims from a function of the index. */
export function grid(dims: readonly number[], value: (...index: number[]) => number): Grid {
  const size = dims.reduce((product, dim) => product * dim, 1);
  const data = new Float64Array(size);
  for (let offset = 0; offset < size; offset++) data[offset] = value(...indexOf(offset, dims));
  return { dims, data };
}

function indexOf(offset: number, dims: readonly number[]): number[] {
  const index: number[] = [];
  for (let axis = dims.length - 1, rest = offset; axis >= 0; axis--) {
    const dim = dims[axis] ?? 1;
    index.unshift(rest % dim);
    rest = Math.floor(rest / dim);
  }
  return index;
}

export function permuted(input: Grid, axes: readonly number[]): Grid {
  return grid(
    axes.map((axis) => input.dims[axis] ?? 1),
    (...index) => {
      const from: number[] = [];
      axes.forEach((axis, to) => {
        from[axis] = index[to] ?? 0;
      });
      return at(input, ...from);
    },
  );
}

export type Windowing = {
  readonly strides?: readonly [number, number];
  readonly dilations?: readonly [number, number];
  readonly padding?: 'valid' | 'same';
};

/** First row or column a window starts at, and how many windows there are (TensorFlow's SAME and VALID). */
function placement(length: number, kernel: number, stride: number, dilation: number, padding: string) {
  const reach = (kernel - 1) * dilation + 1;
  if (padding === 'valid') return { start: 0, count: Math.floor((length - reach) / stride) + 1 };
  const count = Math.ceil(length / stride);
  const total = Math.max((count - 1) * stride + reach - length, 0);
  return { start: -Math.floor(total / 2), count };
}

/** Calls `visit` for every element of the input a window covers; `null` outside the input. */
function windows(
  input: Grid,
  kernel: readonly [number, number],
  { strides = [1, 1], dilations = [1, 1], padding = 'valid' }: Windowing,
) {
  const [, height = 1, width = 1] = input.dims;
  const rows = placement(height, kernel[0], strides[0], dilations[0], padding);
  const columns = placement(width, kernel[1], strides[1], dilations[1], padding);
  const visit = (
    y: number,
    x: number,
    see: (row: number, column: number, ky: number, kx: number) => void,
  ) => {
    for (let ky = 0; ky < kernel[0]; ky++) {
      for (let kx = 0; kx < kernel[1]; kx++) {
        const row = rows.start + y * strides[0] + ky * dilations[0];
        const column = columns.start + x * strides[1] + kx * dilations[1];
        if (row >= 0 && row < height && column >= 0 && column < width) see(row, column, ky, kx);
      }
    }
  };
  return { height: rows.count, width: columns.count, visit };
}

/** Kernel (rows, columns, channels / groups, filters). */
export function conv2d(input: Grid, kernel: Grid, windowing: Windowing = {}, groups = 1): Grid {
  const [kh = 1, kw = 1, depth = 1, filters = 1] = kernel.dims;
  const over = windows(input, [kh, kw], windowing);
  return grid([input.dims[0] ?? 1, over.height, over.width, filters], (n = 0, y = 0, x = 0, f = 0) => {
    let sum = 0;
    const first = Math.floor(f / (filters / groups)) * depth;
    over.visit(y, x, (row, column, ky, kx) => {
      for (let c = 0; c < depth; c++) sum += at(input, n, row, column, first + c) * at(kernel, ky, kx, c, f);
    });
    return sum;
  });
}

/** Kernel (rows, columns, channels, multiplier). */
export function depthwise2d(input: Grid, kernel: Grid, windowing: Windowing = {}): Grid {
  const [kh = 1, kw = 1, channels = 1, multiplier = 1] = kernel.dims;
  const over = windows(input, [kh, kw], windowing);
  return grid(
    [input.dims[0] ?? 1, over.height, over.width, channels * multiplier],
    (n = 0, y = 0, x = 0, f = 0) => {
      let sum = 0;
      const channel = Math.floor(f / multiplier);
      over.visit(y, x, (row, column, ky, kx) => {
        sum += at(input, n, row, column, channel) * at(kernel, ky, kx, channel, f % multiplier);
      });
      return sum;
    },
  );
}

/** The gradient of conv2d with respect to its input: every input element spreads a kernel. Kernel (rows, columns, filters, channels). */
export function conv2dTranspose(
  input: Grid,
  kernel: Grid,
  strides: readonly [number, number],
  output: readonly [number, number],
  cut: readonly [number, number],
): Grid {
  const [kh = 1, kw = 1, filters = 1, channels = 1] = kernel.dims;
  const [batch = 1, height = 1, width = 1] = input.dims;
  return grid([batch, output[0], output[1], filters], (n = 0, y = 0, x = 0, f = 0) => {
    let sum = 0;
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        const ky = y + cut[0] - row * strides[0];
        const kx = x + cut[1] - column * strides[1];
        if (ky < 0 || ky >= kh || kx < 0 || kx >= kw) continue;
        for (let c = 0; c < channels; c++) sum += at(input, n, row, column, c) * at(kernel, ky, kx, f, c);
      }
    }
    return sum;
  });
}

export function pool2d(
  input: Grid,
  kernel: readonly [number, number],
  windowing: Windowing,
  reduce: (values: number[]) => number,
): Grid {
  const over = windows(input, kernel, windowing);
  const [batch = 1, , , channels = 1] = input.dims;
  return grid([batch, over.height, over.width, channels], (n = 0, y = 0, x = 0, c = 0) => {
    const values: number[] = [];
    over.visit(y, x, (row, column) => {
      values.push(at(input, n, row, column, c));
    });
    return reduce(values);
  });
}

export const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
export const highest = (values: readonly number[]) => Math.max(...values);

/** Adds one number per last-axis element. */
export function biased(input: Grid, bias: ArrayLike<number>): Grid {
  return grid(input.dims, (...index) => at(input, ...index) + (bias[index.at(-1) ?? 0] ?? 0));
}

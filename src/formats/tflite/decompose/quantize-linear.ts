// Quantizing with what TFLite's tensors cannot say: scales known only during the run, scales for blocks, and codes and zero
// points of types it has none of. As arithmetic.
// https://onnx.ai/onnx/operators/onnx__QuantizeLinear.html, …DequantizeLinear

import type { DType } from '../../../graph/dtype.ts';
import type { Build } from '../rewrite/build.ts';
import type { Rewrite } from '../rewrite/definition.ts';
import { cast } from '../rewrite/formula.ts';

const limits: Partial<Record<DType, readonly [least: number, most: number]>> = {
  int8: [-128, 127],
  uint8: [0, 255],
  int16: [-32768, 32767],
  uint16: [0, 65535],
};

export default {
  opTypes: ['QuantizeLinear', 'DequantizeLinear'],
  rewrite(node, build) {
    const [x = '', scale = '', zero = ''] = node.inputs;
    const isForward = node.opType === 'QuantizeLinear';
    const coded = build.dtype(isForward ? (node.outputs[0] ?? '') : x);
    const isHeld = build.tensor(1) !== undefined && (zero === '' || build.tensor(2) !== undefined);
    if (isHeld && build.attribute('block_size', 0) === 0 && isSaid(build, coded)) return undefined;
    const ends = limits[coded];
    // Of other types only constants: what they stand for is worked out now.
    if (!isForward)
      return ends !== undefined || coded === 'int32' || build.tensor(0) !== undefined ? numbers() : undefined;
    if (ends === undefined) return undefined;
    const codes = build.add('Round', [build.add('Div', [x, spread(build, scale)])]);
    const moved = zero === '' ? codes : build.add('Add', [codes, inFloat(zero)]);
    const [least, most] = ends.map((end) => build.floats([], [end]));
    const clipped = build.add('Clip', [moved, least ?? '', most ?? '']);
    return [cast(build, clipped, coded)];

    function inFloat(value: string): string {
      return spread(build, cast(build, value, 'float32'), value);
    }

    function numbers(): readonly string[] {
      const codes = cast(build, x, 'float32');
      const moved = zero === '' ? codes : build.add('Sub', [codes, inFloat(zero)]);
      return [build.add('Mul', [moved, spread(build, scale)])];
    }
  },
} satisfies Rewrite;

/** Whether a tensor says the same. */
function isSaid(build: Build, coded: DType): boolean {
  const zero = build.tensor(2);
  const isZero =
    zero === undefined || Array.from(zero.data as ArrayLike<number>).every((point) => point === 0);
  if (coded === 'int32') return build.tensor(0) !== undefined;
  return coded === 'int8' || coded === 'uint8' || (coded === 'int16' && isZero);
}

/** One number for each element, or for all that share it; `like` where the value has been made just now. */
function spread(build: Build, value: string, like = value): string {
  const own = build.shape(like);
  const data = build.shape(build.input(0));
  if (own.length === 0 || (own.length === 1 && own[0] === 1))
    return own.length === 0 ? value : build.reshape(value, []);
  const axis = build.axis(build.attribute('axis', 1), data.length);
  const size = build.attribute('block_size', 0);
  if (size === 0)
    return build.reshape(
      value,
      data.map((_, at) => (at === axis ? -1 : 1)),
    );
  // Blocks: each scale once for each of its elements, the last block perhaps cut.
  const dims = build.fixed(build.input(0));
  const blocks = own[axis];
  const length = dims[axis] ?? 0;
  if (blocks !== Math.ceil(length / size))
    return build.refuse(`${blocks} blocks of ${size} for ${length} numbers`);
  const each = Math.min(size, length);
  const wide = build.add('Unsqueeze', [value, build.ints([axis + 1])]);
  const times = [...dims, 0].map((_, at) => (at === axis + 1 ? each : 1));
  const shape = dims.map((dim, at) => (at === axis ? blocks * each : dim));
  const whole = build.reshape(build.add('Tile', [wide, build.ints(times)]), shape);
  if (length === blocks * each) return whole;
  return build.add('Slice', [whole, build.ints([0]), build.ints([length]), build.ints([axis])]);
}

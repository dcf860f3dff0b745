// Categories as numbers: looked for in a list, by comparing.
// https://onnx.ai/onnx/operators/onnx_aionnxml_LabelEncoder.html, …OneHotEncoder

import type { DType } from '../../../graph/dtype.ts';
import { int64, type Tensor } from '../../../graph/tensor.ts';
import type { Build } from '../rewrite/build.ts';
import type { Rewrite } from '../rewrite/definition.ts';
import { cast } from '../rewrite/formula.ts';

/** Every number is compared with every key. */
const MOST_KEYS = 100_000;

type Kind = 'int64' | 'float32';
type List = { readonly kind: Kind; readonly values: readonly number[] };

export default {
  domain: 'ai.onnx.ml',
  opTypes: ['LabelEncoder', 'OneHotEncoder'],
  rewrite(node, build) {
    const [x = ''] = node.inputs;
    const dtype = build.dtype(x);
    if (dtype === 'string') return build.refuse('it looks at text');
    return [node.opType === 'LabelEncoder' ? encode(build, x) : oneHot(build, x, dtype)];
  },
} satisfies Rewrite;

function encode(build: Build, x: string): string {
  const keys = list(build, 'keys');
  const found = list(build, 'values');
  const count = keys.values.length;
  if (count === 0 || count !== found.values.length) return build.refuse('lists of unequal length');
  if (count > MOST_KEYS) return build.refuse(`${count} keys`);
  if (keys.values.some(Number.isNaN)) return build.refuse('a key that is not a number');
  // Where several keys match, the first; where none does, the one behind the last.
  const order = Int32Array.from(keys.values, (_, at) => at);
  const isKey = compared(build, x, keys);
  const place = build.add(
    'ReduceMin',
    [
      build.add('Where', [
        isKey,
        build.constant({ dtype: 'int32', dims: [count], data: order }, 'places'),
        build.constant({ dtype: 'int32', dims: [], data: Int32Array.of(count) }, 'nowhere'),
      ]),
      build.ints([-1]),
    ],
    { keepdims: 0 },
  );
  const table = tensorOf(found.kind, [...found.values, fallback(build, found.kind)]);
  return build.pick(build.constant(table, 'values'), place);
}

function oneHot(build: Build, x: string, dtype: DType): string {
  const values = build.numbers('cats_int64s');
  if (values.length === 0) return build.refuse('its categories are text');
  if (new Set(values).size < values.length) return build.refuse('a category stated twice');
  const whole = dtype === 'int64' ? x : cast(build, x, 'int64');
  return cast(build, compared(build, whole, { kind: 'int64', values }), 'float32');
}

/** Whether each number is each of the keys, which are a new last axis. */
function compared(build: Build, x: string, { kind, values }: List): string {
  return build.add('Equal', [
    build.add('Unsqueeze', [x, build.ints([-1])]),
    build.constant(tensorOf(kind, values), 'keys'),
  ]);
}

/** Version 4 states them as tensors too. */
function list(build: Build, name: 'keys' | 'values'): List {
  const held = build.node.attributes.get(`${name}_tensor`);
  if (held?.type === 'tensor') {
    const { dtype, data } = held.value;
    if (dtype === 'string') return build.refuse(`its ${name} are text`);
    if (dtype !== 'int64' && dtype !== 'float32') return build.refuse(`${name} of ${dtype}`);
    return checked(build, dtype, Array.from(data as ArrayLike<number | bigint>, Number));
  }
  const whole = build.numbers(`${name}_int64s`);
  if (whole.length > 0) return checked(build, 'int64', whole);
  const numbers = build.numbers(`${name}_floats`);
  return numbers.length > 0 ? { kind: 'float32', values: numbers } : build.refuse(`its ${name} are text`);
}

function checked(build: Build, kind: Kind, values: readonly number[]): List {
  if (kind === 'int64' && !values.every(Number.isSafeInteger)) return build.refuse('numbers beyond 2⁵³');
  return { kind, values };
}

function fallback(build: Build, kind: Kind): number {
  const held = build.node.attributes.get('default_tensor');
  if (held?.type === 'tensor') return Number(held.value.data[0] ?? 0);
  return kind === 'int64' ? build.attribute('default_int64', -1) : build.attribute('default_float', -0);
}

function tensorOf(kind: Kind, values: readonly number[]): Tensor {
  if (kind === 'int64') return int64(values);
  return { dtype: 'float32', dims: [values.length], data: Float32Array.from(values) };
}

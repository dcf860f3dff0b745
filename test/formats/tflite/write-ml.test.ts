// Models of scikit-learn's and XGBoost's kind, written as TFLite: LiteRT gives what onnxruntime gives.

import { describe, expect, test } from 'vitest';
import { quietContext } from '../../../src/context.ts';
import type { Diagnostic } from '../../../src/diagnostics.ts';
import { preflight, toRecords } from '../../../src/formats/tflite/write.ts';
import { float, int, string } from '../../../src/graph/attribute.ts';
import { GraphBuilder } from '../../../src/graph/builder.ts';
import type { Attribute, Model } from '../../../src/graph/model.ts';
import { elementCount, float32, int64, type Tensor } from '../../../src/graph/tensor.ts';
import { evaluateGraph, openGraph } from '../../../src/runtimes/onnxruntime.ts';
import { call } from '../keras/call.ts';
import { context, distance, fixInputs, operators, runFile, write } from './write-run.ts';

type Attributes = Readonly<Record<string, Attribute>>;

function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1103515245 + 12345) % 2 ** 31;
    return state / 2 ** 31;
  };
}

/** Between −1 and 1 in eighths, so that many are equal to a threshold. */
function numbers(dims: readonly number[], seed = 1): Tensor {
  const next = random(seed);
  return float32(
    dims,
    Array.from({ length: elementCount(dims) }, () => Math.round(next() * 16) / 8 - 1),
  );
}

function modelOf(opType: string, attributes: Attributes, inputs: readonly Tensor[], outputs = 1): Model {
  const b = new GraphBuilder('one');
  const names = inputs.map(({ dtype, dims }, index) => b.input(`x${index}`, dtype, dims));
  b.graph.outputs.push(...b.addAll(opType, names, outputs, { domain: 'ai.onnx.ml', attributes }));
  return b.model({ name: 'test', version: '1' });
}

async function check(opType: string, attributes: Attributes, inputs: readonly Tensor[], outputs = 1) {
  const model = modelOf(opType, attributes, inputs, outputs);
  const feeds = Object.fromEntries(inputs.map((tensor, index) => [`x${index}`, tensor]));
  const session = await openGraph(model, { optimize: false });
  const wanted = await session.run(feeds);
  await session.release();
  const file = await write(model);
  const got = await runFile(file, feeds);
  for (const [name, tensor] of Object.entries(wanted)) {
    expect(got[name]?.dims).toEqual(tensor.dims);
    expect(distance(tensor, got[name])).toBeLessThan(1e-5);
  }
  return operators(file);
}

const missing = float32([2, 3], [1, Number.NaN, 0, Number.NaN, 2, 3]);

test.each<[string, Attributes, Tensor[]]>([
  ['Scaler', { offset: float([1, 2, 3]), scale: float([2, 0.5, 4]) }, [numbers([4, 3])]],
  ['Scaler', { offset: float([1]), scale: float([2]) }, [int64([1, 2, 3])]],
  ['Normalizer', { norm: string('MAX') }, [float32([2, 3], [-1, -2, -3, 0, 0, 0])]],
  ['Normalizer', { norm: string('L1') }, [float32([2, 3], [-1, -2, 3, 0, 0, 0])]],
  ['Normalizer', { norm: string('L2') }, [numbers([4, 3])]],
  ['Binarizer', { threshold: float(0.25) }, [numbers([4, 3])]],
  ['Imputer', { imputed_value_floats: float([7, 8, 9]), replaced_value_float: float(Number.NaN) }, [missing]],
  ['Imputer', { imputed_value_int64s: int([9]), replaced_value_int64: int(2) }, [int64([1, 2, 3])]],
  ['FeatureVectorizer', { inputdimensions: int([3, 1]) }, [numbers([2, 2]), numbers([2, 2])]],
  ['OneHotEncoder', { cats_int64s: int([1, 2, 5]) }, [float32([5], [1, 1.7, -0.5, 5, 3])]],
  [
    'LabelEncoder',
    { keys_int64s: int([1, 2, 1]), values_floats: float([0.5, 2, 3]), default_float: float(-7) },
    [int64([1, 2, 3])],
  ],
  ['LabelEncoder', { keys_floats: float([1, 0]), values_int64s: int([5, 6]) }, [float32([3], [0, 1, 2])]],
])('%s', async (opType, attributes, inputs) => {
  await check(opType, attributes, inputs);
});

describe('linear models', () => {
  const two = { coefficients: float([0.5, -0.3, 0.2, 0.4]), intercepts: float([0.1, 0]) };
  const one = { coefficients: float([0.5, -0.3]), intercepts: float([0.1]) };
  const labels = { classlabels_ints: int([5, 7]) };
  const posts = ['NONE', 'LOGISTIC', 'SOFTMAX', 'SOFTMAX_ZERO'];

  test.each(posts)('with %s behind', async (post) => {
    const attributes = { post_transform: string(post) };
    const x = [numbers([16, 2])];
    await check('LinearClassifier', { ...two, ...labels, ...attributes }, x, 2);
    await check('LinearClassifier', { ...one, ...labels, ...attributes }, x, 2);
    await check('LinearRegressor', { ...two, targets: int(2), ...attributes }, x);
    await check('LinearRegressor', { ...one, ...attributes }, x);
  });

  test.each(['LINEAR', 'POLY', 'RBF', 'SIGMOID'])('support vectors, %s', async (kernel) => {
    const attributes = {
      coefficients: float([0.5, -0.3, 0.7]),
      kernel_params: float([0.3, 0.2, 3]),
      kernel_type: string(kernel),
      n_supports: int(3),
      rho: float([0.1]),
      support_vectors: float([1, 2, -1, 0.5, 0.3, -2]),
    };
    await check('SVMRegressor', attributes, [numbers([16, 2])]);
    await check('SVMRegressor', { ...attributes, one_class: int(1) }, [numbers([16, 2])]);
  });

  test('labels that are text are refused, with the way out', async () => {
    const attributes = { ...two, classlabels_strings: string(['a', 'b']) };
    const model = modelOf('LinearClassifier', attributes, [numbers([4, 2])], 2);
    const [refused] = await preflight(model, context);
    const [, scores = ''] = model.graph.outputs;
    expect(refused?.reason).toBe(`its labels are text; --outputs ${scores} leaves them out`);
    model.graph.outputs = [scores];
    expect(operators(await write(model))).toEqual(['FULLY_CONNECTED']);
  });
});

type Grown = {
  readonly modes?: readonly string[];
  readonly tracked?: readonly number[];
  /** The scores that leaves of a tree have a weight for. */
  readonly idsOf?: (tree: number) => readonly number[];
  readonly isPositive?: boolean;
};

/** Five trees over four columns, as the older operators state them. */
function forest(prefix: 'class' | 'target', grown: Grown = {}): Attributes {
  const { modes = ['BRANCH_LEQ'], tracked = [0], idsOf = () => [0], isPositive = false } = grown;
  const next = random(modes.length * 7 + tracked.length);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)] as T;
  const nodes: { tree: number; id: number; mode: string; ways: [number, number] }[] = [];
  const weights: { tree: number; id: number; to: number; weight: number }[] = [];
  for (let tree = 0; tree < 5; tree++) {
    let count = 0;
    const grow = (levels: number): number => {
      const id = count++;
      const node = { tree, id, mode: 'LEAF', ways: [0, 0] as [number, number] };
      nodes.push(node);
      if (levels === 0 || (levels < 4 && next() < 0.2)) {
        for (const to of idsOf(tree)) weights.push({ tree, id, to, weight: next() - (isPositive ? 0 : 0.5) });
      } else {
        node.mode = pick(modes);
        node.ways = [grow(levels - 1), grow(levels - 1)];
      }
      return id;
    };
    grow(4);
  }
  return {
    nodes_treeids: int(nodes.map(({ tree }) => tree)),
    nodes_nodeids: int(nodes.map(({ id }) => id)),
    nodes_featureids: int(nodes.map(() => Math.floor(next() * 4))),
    nodes_values: float(nodes.map(() => Math.round(next() * 16) / 8 - 1)),
    nodes_modes: string(nodes.map(({ mode }) => mode)),
    nodes_truenodeids: int(nodes.map(({ ways }) => ways[0])),
    nodes_falsenodeids: int(nodes.map(({ ways }) => ways[1])),
    nodes_missing_value_tracks_true: int(nodes.map(() => pick(tracked))),
    [`${prefix}_treeids`]: int(weights.map(({ tree }) => tree)),
    [`${prefix}_nodeids`]: int(weights.map(({ id }) => id)),
    [`${prefix}_ids`]: int(weights.map(({ to }) => to)),
    [`${prefix}_weights`]: float(weights.map(({ weight }) => weight)),
  };
}

describe('trees', () => {
  const x = numbers([64, 4]);
  (x.data as Float32Array).fill(Number.NaN, 100, 110);

  const kinds = ['LEQ', 'LT', 'GT', 'GTE', 'EQ', 'NEQ', 'LEQ LT GT GTE', 'LEQ EQ NEQ LT'];
  const cases = kinds.flatMap((kind) => [[0], [1], [0, 1]].map((tracked) => [kind, tracked] as const));
  test.each(cases)('asking %s, missing values %s', async (kind, tracked) => {
    const modes = kind.split(' ').map((mode) => `BRANCH_${mode}`);
    const attributes = {
      ...forest('target', { modes, tracked }),
      n_targets: int(1),
      base_values: float([0.5]),
    };
    await check('TreeEnsembleRegressor', attributes, [x]);
  });

  test.each(['SUM', 'AVERAGE', 'MIN', 'MAX'])('their %s', async (name) => {
    const grown = forest('target', { idsOf: () => [0, 1, 2] });
    const attributes = { n_targets: int(3), aggregate_function: string(name), base_values: float([1, 2, 3]) };
    await check('TreeEnsembleRegressor', { ...grown, ...attributes }, [x]);
  });

  test.each(['NONE', 'LOGISTIC', 'SOFTMAX', 'SOFTMAX_ZERO'])(
    'as classifiers, with %s behind',
    async (post) => {
      const attributes = { post_transform: string(post) };
      const labels = { classlabels_int64s: int([5, 7]), ...attributes };
      const three = { classlabels_int64s: int([5, 7, 9]), ...attributes };
      await check('TreeEnsembleClassifier', { ...forest('class'), ...labels }, [x], 2);
      await check('TreeEnsembleClassifier', { ...forest('class', { isPositive: true }), ...labels }, [x], 2);
      const boosted = forest('class', { idsOf: (tree) => [tree % 3] });
      await check('TreeEnsembleClassifier', { ...boosted, ...three }, [x], 2);
    },
  );

  test('that lead back into themselves are refused', async () => {
    const attributes = {
      ...forest('target'),
      nodes_truenodeids: forest('target').nodes_nodeids as Attribute,
    };
    const [refused] = await preflight(modelOf('TreeEnsembleRegressor', attributes, [x]), context);
    expect(refused?.reason).toBe('a tree that leads back into itself');
  });

  test('of more than one row at a time need no rows to be stated', async () => {
    const b = new GraphBuilder('open');
    const value = b.input('x', 'float32', ['rows', 4]);
    const attributes = { ...forest('target'), n_targets: int(1) };
    b.graph.outputs.push(b.add('TreeEnsembleRegressor', [value], { domain: 'ai.onnx.ml', attributes }));
    const model = b.model({ name: 'test', version: '1' });
    const session = await openGraph(model, { optimize: false });
    const wanted = await session.run({ x });
    await session.release();
    const got = await runFile(await write(model), { x });
    for (const [name, tensor] of Object.entries(wanted))
      expect(distance(tensor, got[name])).toBeLessThan(1e-5);
  });
});

test('a map from class to score becomes the scores, and says so', async () => {
  const b = new GraphBuilder('map');
  const x = b.input('x', 'float32', [2, 3]);
  const scores = b.add('Softmax', [x], { attributes: { axis: int(-1) } });
  const attributes = { classlabels_strings: string(['a', 'b', 'c']) };
  b.graph.outputs.push(b.add('ZipMap', [scores], { domain: 'ai.onnx.ml', attributes, outputs: ['chances'] }));
  const found: Diagnostic[] = [];
  const listening = quietContext({ diagnose: (one) => found.push(one) });
  const model = b.model({ name: 'test', version: '1' });
  const file = await toRecords(model, listening, { evaluate: evaluateGraph });
  expect(operators(file)).toEqual(['SOFTMAX']);
  expect(found.map(({ code, message }) => [code, message])).toEqual([
    ['MAP_AS_TENSOR', 'output chances is a tensor instead of a map: one column for each class, a, b, c'],
  ]);
});

const masked = { num_oov_indices: 2, mask_token: 7 };
test.each<[string, Readonly<Record<string, unknown>>, Tensor]>([
  ['one index for what is unknown', {}, whole([2, 2], 12, 36, 7, -3)],
  ['several of them', { num_oov_indices: 2 }, whole([2, 2], 12, 36, 7, -3)],
  ['and one for what is masked', masked, whole([2, 2], 12, 36, 7, -3)],
  ['the other way', { invert: true }, whole([2, 1], 2, 9)],
  ['as ones and zeros', { output_mode: 'multi_hot' }, whole([2, 2], 12, 36, 7, -3)],
  ['as counts', { output_mode: 'count' }, whole([2, 2], 12, 12, 7, -3)],
])('IntegerLookup of Keras: %s', async (_, config, feed) => {
  const inputs = [{ shape: feed.dims.slice(1), dtype: feed.dtype, feed }];
  const { model, outputs } = await call({
    className: 'IntegerLookup',
    config: { vocabulary: [12, 36], ...config },
    inputs,
  });
  const feeds = { [model.graph.inputs[0] ?? '']: feed };
  fixInputs(model, feeds);
  const got = await runFile(await write(model), feeds);
  expect(got[model.graph.outputs[0] ?? '']?.data).toEqual(outputs[0]?.data);
});

function whole(dims: readonly number[], ...values: number[]): Tensor {
  return { dtype: 'int64', dims, data: BigInt64Array.from(values, BigInt) };
}

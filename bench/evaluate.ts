// Evaluation: rows per second of the evaluate loop (batches out of columns or arrays, scaling, run, outputs collected)
// over the bare runtime, which gets the same batches ready made and throws its outputs away. Rounds interleaved, medians
// of the ratios.

import { quietContext } from '../src/context.ts';
import type { Column, Dataset } from '../src/datasets/definition.ts';
import { int } from '../src/graph/attribute.ts';
import { GraphBuilder } from '../src/graph/builder.ts';
import type { Model } from '../src/graph/model.ts';
import { float32, type Tensor } from '../src/graph/tensor.ts';
import { runRows } from '../src/lifecycle/evaluate/run.ts';
import type { Scaling } from '../src/lifecycle/evaluate/scaling.ts';
import { type Prepared, prepareInputs } from '../src/lifecycle/prepare-inputs.ts';
import { openGraph } from '../src/runtimes/onnxruntime.ts';
import type { Feeds, Session } from '../src/runtimes/session.ts';
import type { Row } from './run.ts';
import { median } from './start-up.ts';

const BATCH = 256;
const ROUNDS = 9;

export async function run(): Promise<Row[]> {
  return [
    await measure('evaluate, small MLP, CSV columns', mlp([12, 32, 16, 1]), table(200_000, 12), {}),
    await measure(
      'evaluate, MLP 64-128-128-10, CSV columns',
      mlp([64, 128, 128, 10]),
      table(100_000, 64),
      {},
    ),
    await measure('evaluate, small CNN on 28×28, uint8 scaled', cnn(), images(4_000), {
      scale: 1 / 255,
      mean: 0.5,
    }),
    await measure('evaluate, MLP 784-128-10, uint8 scaled', mlp([784, 128, 10]), images(20_000), {
      scale: 1 / 255,
      mean: 0.5,
    }),
  ];
}

async function measure(name: string, model: Model, dataset: Dataset, scaling: Scaling): Promise<Row> {
  const session = await openGraph(model);
  try {
    const prepared = prepareInputs(dataset, 'bench', {
      inputs: session.inputs,
      signature: { inputs: {}, outputs: {} },
      scaling,
      assignments: [],
      target: { names: [], hints: [], isRequired: false },
      missing: 'error',
      limit: undefined,
      batch: BATCH,
    });
    const outputs = session.outputs.map(({ name: output }) => output);
    const batches = readyMade(prepared);
    const ratios: number[] = [];
    let ours = 0;
    // The first round warms both up.
    for (let round = 0; round <= ROUNDS; round++) {
      const bare = await bareSeconds(session, batches, outputs);
      const { seconds } = await runRows(session, prepared, outputs, quietContext());
      if (round > 0) ratios.push(bare / seconds);
      ours = seconds;
    }
    const detail = `${Math.round(prepared.rows / ours).toLocaleString('en-US')} rows/s, batches of ${BATCH}`;
    return { name, figure: `${median(ratios).toFixed(2)} × bare`, detail };
  } finally {
    await session.release();
  }
}

async function bareSeconds(
  session: Session,
  batches: readonly Feeds[],
  outputs: readonly string[],
): Promise<number> {
  const started = performance.now();
  for (const batch of batches) await session.run(batch, outputs);
  return (performance.now() - started) / 1000;
}

/** Copies of every batch, since a prepared one is overwritten by the next. */
function readyMade({ rows, batch, feeds }: Prepared): Feeds[] {
  const batches: Feeds[] = [];
  for (let start = 0; start < rows; start += batch) {
    const count = Math.min(batch, rows - start);
    const entries = Object.entries(feeds(start, count, count));
    batches.push(
      Object.fromEntries(
        entries.map(([name, tensor]) => [name, { ...tensor, data: (tensor.data as Float32Array).slice() }]),
      ),
    );
  }
  return batches;
}

function mlp(widths: readonly number[]): Model {
  const builder = new GraphBuilder('mlp');
  let value = builder.input('x', 'float32', ['batch', widths[0] as number]);
  for (let layer = 1; layer < widths.length; layer++) {
    const [from, to] = [widths[layer - 1] as number, widths[layer] as number];
    const weights = builder.constant(`w${layer}`, float32([from, to], noise(from * to)));
    const bias = builder.constant(`b${layer}`, float32([to], noise(to)));
    value = builder.add('Gemm', [value, weights, bias]);
    if (layer < widths.length - 1) value = builder.add('Relu', [value]);
  }
  builder.output('y', value, 'float32', ['batch', widths.at(-1) as number]);
  return builder.model({ name: 'bench', version: '1' });
}

/** Two convolutions and a classifier, as MNIST tutorials have them. */
function cnn(): Model {
  const builder = new GraphBuilder('cnn');
  let value = builder.input('x', 'float32', ['batch', 1, 28, 28]);
  for (const [layer, from, to] of [
    [1, 1, 16],
    [2, 16, 32],
  ] as const) {
    const weights = builder.constant(`w${layer}`, float32([to, from, 3, 3], noise(to * from * 9)));
    value = builder.add('Conv', [value, weights], { attributes: { kernel_shape: int([3, 3]) } });
    value = builder.add('Relu', [value]);
    value = builder.add('MaxPool', [value], {
      attributes: { kernel_shape: int([2, 2]), strides: int([2, 2]) },
    });
  }
  value = builder.add('Flatten', [value]);
  const dense = builder.constant('dense', float32([800, 10], noise(8000)));
  builder.output('y', builder.add('Softmax', [builder.add('MatMul', [value, dense])]), 'float32', [
    'batch',
    10,
  ]);
  return builder.model({ name: 'bench', version: '1' });
}

function table(rows: number, width: number): Dataset {
  const columns = Array.from({ length: width }, (_, index): Column => {
    return { name: `c${index}`, kind: 'number', values: Float64Array.from(noise(rows)) };
  });
  return { kind: 'table', table: { path: 'bench', rows, columns } };
}

function images(rows: number): Dataset {
  const pixels = Uint8Array.from({ length: rows * 784 }, (_, index) => (index * 2654435761) >>> 24);
  const data: Tensor = { dtype: 'uint8', dims: [rows, 28, 28], data: pixels };
  return { kind: 'arrays', arrays: new Map([['data', data]]) };
}

/** Repeatable numbers in -0.5 … 0.5. */
function noise(count: number): Float32Array {
  let state = 1;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 - 0.5;
  });
}

// The graphs mlctl writes against those of others, in onnxruntime: the same network from a Keras file and as somebody else
// exported it, and files that PyTorch and others exported, before and after `mlctl convert`. One thread, time of the
// processor, rounds interleaved, medians of the ratios; above 1 ours is faster. Needs the corpus (MLCTL_CORPUS).

import { join } from 'node:path';
import { quietContext } from '../src/context.ts';
import keras from '../src/formats/keras/index.ts';
import { readOnnx } from '../src/formats/onnx/read.ts';
import type { Model } from '../src/graph/model.ts';
import { optimize } from '../src/lifecycle/optimize.ts';
import { sampleInputs } from '../src/lifecycle/sample-inputs.ts';
import onnxruntime, { openGraph } from '../src/runtimes/onnxruntime.ts';
import type { Feeds, Session } from '../src/runtimes/session.ts';
import type { Row } from './run.ts';
import { median } from './start-up.ts';

const ROUNDS = 25;
/** Fewer of networks that take long, but not less than 5. */
const MOST_SECONDS = 6;
/** A round runs each side for about this long, so that small networks are not lost in the clock. */
const ROUND_MS = 15;
const context = quietContext();

type Twin = {
  readonly name: string;
  /** Below keras-h5. */
  readonly ours: string;
  readonly weights?: string;
  /** Below onnx. */
  readonly theirs: string;
  readonly detail: string;
};

const twins: readonly Twin[] = [
  {
    name: 'MLP 16-64-32-32-5, by PyTorch',
    ours: 'weights-only/KERAS_3layer.json',
    weights: 'weights-only/KERAS_3layer_weights.h5',
    theirs: 'fastml/three_layer_pytorch.onnx',
    detail: 'PyTorch 0.3',
  },
  {
    name: 'Conv1D network, by OnnxMLTools',
    ours: 'weights-only/KERAS_conv1d_small.json',
    weights: 'weights-only/KERAS_conv1d_small_weights.h5',
    theirs: 'fastml/conv1d_small_keras.onnx',
    detail: 'keras2onnx',
  },
  {
    name: 'YAMNet 256, by tf2onnx',
    ours: 'stm32-audio/yamnet_256_f32.h5',
    theirs: 'stm32/yamnet_256_64x96_tl.onnx',
    detail: 'theirs has a Dense layer of 10 and Softmax more',
  },
  {
    name: 'hand gesture MLP',
    ours: 'hand-gesture/keypoint_classifier.hdf5',
    theirs: 'hand-gesture/keypoint_classifier.onnx',
    detail: 'theirs has ArgMax in place of Softmax',
  },
];

const exported: readonly (readonly [name: string, file: string])[] = [
  ['SSD face detector, by PyTorch 1.2', 'ultraface/version-RFB-320.onnx'],
  ['SINet segmentation, by PyTorch 1.6', 'portrait-seg/SINet_Softmax.onnx'],
  ['CIFAR CNN, by PyTorch 1.7', 'winml/ImageClassifier.onnx'],
  ['ESPCN super resolution, by PyTorch 1.12', 'qonnx/bsd300x3-espcn/subpixel/float_model.onnx'],
  ['MobileNetV2 0.35, by tf2onnx', 'stm32/mobilenet_v2_0.35_128_tfs_channel_first.onnx'],
  ['LeNet, by keras2onnx', 'sklearn-iris/lenet-1.onnx'],
  ['style transfer, by OnnxMLTools', 'winml/candy.onnx'],
  ['pitch detection, by tf2onnx', 'basic-pitch/nmp.onnx'],
];

export async function run(): Promise<Row[]> {
  const root = process.env.MLCTL_CORPUS;
  if (root === undefined)
    return [{ name: 'graphs beside those of others', figure: 'skipped', detail: 'MLCTL_CORPUS is not set' }];
  const rows: Row[] = [];
  for (const { name, ours, weights, theirs, detail } of twins) {
    const reading = weights === undefined ? {} : { weights: join(root, 'keras-h5', weights) };
    const model = await keras.read(join(root, 'keras-h5', ours), context, reading);
    rows.push(await compare(name, model, join(root, 'onnx', theirs), detail));
  }
  for (const [name, file] of exported) {
    const path = join(root, 'onnx', file);
    rows.push(await compare(name, await readOnnx(path, context), path, 'the same file'));
  }
  return rows;
}

async function compare(name: string, model: Model, theirs: string, detail: string): Promise<Row> {
  await optimize(model, context);
  const sides = [await onnxruntime.open({ format: 'onnx', path: theirs }), await openGraph(model)] as const;
  try {
    const batch = batchOf(sides[0]);
    const feeds = sides.map(({ inputs }) => sampleInputs(inputs, { seed: 1, batch }));
    const [first = 0, second = 0] = [
      await seconds(sides[0], feeds[0], 5),
      await seconds(sides[1], feeds[1], 5),
    ];
    const runs = Math.max(1, Math.round(ROUND_MS / 1000 / Math.max(first, second, 1e-6)));
    const rounds = Math.min(ROUNDS, Math.max(5, Math.floor(MOST_SECONDS / (runs * (first + second)))));
    const times: [number[], number[]] = [[], []];
    for (let round = 0; round <= rounds; round++) {
      // The first one warms up; the order changes, so that neither always runs after the other.
      for (const side of round % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
        const time = await seconds(sides[side], feeds[side], runs);
        if (round > 0) times[side].push(time);
      }
    }
    const ratios = times[0].map((time, round) => time / (times[1][round] ?? time));
    const [them, us] = times.map((list) => (median(list) * 1000).toFixed(3));
    return {
      name,
      figure: `${median(ratios).toFixed(2)}×`,
      detail: `${us} ms, theirs ${them} ms; ${detail}`,
    };
  } finally {
    for (const session of sides) await session.release();
  }
}

/** What the other file is made for, where it says so. */
function batchOf({ inputs }: Session): number {
  const first = inputs[0]?.shape?.[0];
  return typeof first === 'number' ? first : 1;
}

/** Of one run. */
async function seconds(session: Session, feeds: Feeds | undefined, runs: number): Promise<number> {
  const before = process.cpuUsage();
  for (let index = 0; index < runs; index++) await session.run(feeds ?? {});
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6 / runs;
}

// How good a written graph is, beside what an expert would count on the source's own list of layers. Used by
// docs/graph-quality.ts and by the test that holds it.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { quietContext } from '../../src/context.ts';
import { MlctlError } from '../../src/errors.ts';
import type { ReadOptions } from '../../src/formats/definition.ts';
import { openModel } from '../../src/formats/keras/open-model.ts';
import { readKeras } from '../../src/formats/keras/read.ts';
import type { LayerSpec, ModelSpec } from '../../src/formats/keras/spec.ts';
import type { Model, Node, Shape } from '../../src/graph/model.ts';
import { countTransposes } from '../../src/lifecycle/convert/count.ts';
import { optimize } from '../../src/lifecycle/optimize.ts';
import { borderOf } from '../../src/passes/border.ts';

/** Operators by what they are for, counted in the layers of the source. */
export type Reference = {
  convolutions: number;
  dense: number;
  activations: number;
  pools: number;
  merges: number;
  reshapes: number;
};

export type Quality = {
  readonly file: string;
  /** undefined: not a network of convolutions alone, so there is no count to hold it to. */
  readonly reference: Reference | undefined;
  /** Without `atBorder`. */
  readonly operators: number;
  /** Transposes, or Reshapes in their place, by which channels-last inputs and outputs are called as before. */
  readonly atBorder: number;
  readonly transposesInside: number;
  /** Counts by operator, sorted. */
  readonly opTypes: string;
};

export type Exception = {
  readonly file: RegExp;
  /** Operators more than the reference. */
  readonly extra?: number;
  readonly transposes: number;
  readonly why: string;
};

const STEPS_FIRST = "ONNX's recurrent operators in onnxruntime take the steps first and the batch second";
const HEADS =
  'attention by heads: queries, keys, values and the result change the order of heads and steps, as in any graph of MatMul and Softmax (one Attention operator exists from opset 23 on)';

/** Where an expert could do no better, and why. What is not listed has no Transpose inside and no operator too many. */
export const exceptions: readonly Exception[] = [
  {
    file: /conv2d_reshape_theano_[12]\.h5$/,
    extra: 1,
    transposes: 1,
    why: 'a Reshape (3, 4, 6) → (6, 4, 3) between convolutions takes rows for channels: the elements have to be put in another order',
  },
  {
    file: /dncnn\.h5$/,
    extra: 3,
    transposes: 0,
    why: 'three BatchNormalizations between Relu and a Conv that pads with zeros: no weights can say it at the borders; Relu and shift as one Max is 12 to 26 % slower in onnxruntime, which computes Conv and Relu at once (measured)',
  },
  { file: /cmapss-cnn-lstm|LRCN_model/, transposes: 1, why: `Conv before LSTM: ${STEPS_FIRST}` },
  { file: /eeg-cnn-gru/, transposes: 1, why: `Conv before GRU: ${STEPS_FIRST}` },
  {
    file: /masking_(two|zero)_lstm/,
    transposes: 1,
    why: `the steps that a mask shows are gathered first: ${STEPS_FIRST}`,
  },
  {
    file: /katakana-seq2seq/,
    transposes: 3,
    why: `the steps that a mask shows are gathered first and put back afterwards: ${STEPS_FIRST}`,
  },
  {
    file: /dot-res-lstm\/bilstm/,
    transposes: 2,
    why: 'both directions of a Bidirectional layer lie on an axis before the batch, and become features',
  },
  {
    file: /imdb-rnns\/bi(gru|lstm)/,
    transposes: 1,
    why: 'both directions of a Bidirectional layer lie on an axis before the batch, and become features',
  },
  {
    file: /energy-attention/,
    transposes: 1,
    why: 'Flatten after LSTM: the steps of a sample have to lie side by side',
  },
  { file: /stock-transformer/, transposes: 4, why: HEADS },
  { file: /keras-v3\/transformer/, transposes: 12, why: `three layers of ${HEADS}` },
];

export function exceptionFor(file: string): Exception | undefined {
  return exceptions.find((exception) => exception.file.test(file));
}

const SEPARABLE = /^Separable/;
const CONVOLUTION = /^(Separable|Depthwise)?Conv[123]D(Transpose)?$/;
const ACTIVATION = /^(Activation|ReLU|LeakyReLU|PReLU|ELU|ThresholdedReLU|Softmax)$/;
const POOL = /^(Global|Adaptive)?(Max|Average)Pooling[123]D$/;
const MERGE = /^(Add|Subtract|Multiply|Average|Maximum|Minimum|Concatenate|Dot|Merge)$/;
const RESHAPE = /^(Reshape|Flatten|Permute|RepeatVector|(Cropping|UpSampling|ZeroPadding)[123]D)$/;
/** What leaves nothing behind in a graph: folded into weights, or a no-op at inference. */
const NOTHING =
  /^(InputLayer|Dense|BatchNormalization(V[12])?|((Spatial|Alpha|Gaussian)?Dropout([123]D)?)|GaussianNoise|ActivityRegularization|Identity)$/;

/** undefined when a layer is none of those above. */
export function referenceOf(model: ModelSpec): Reference | undefined {
  const total: Reference = { convolutions: 0, dense: 0, activations: 0, pools: 0, merges: 0, reshapes: 0 };
  const visit = (layers: readonly LayerSpec[], times: number): boolean =>
    layers.every((layer) => {
      const calls = times * Math.max(1, layer.calls.length);
      if (layer.model) return visit(layer.model.layers, calls);
      const { className, config } = layer;
      const known = [CONVOLUTION, ACTIVATION, POOL, MERGE, RESHAPE, NOTHING];
      if (!known.some((pattern) => pattern.test(className))) return false;
      if (CONVOLUTION.test(className)) total.convolutions += SEPARABLE.test(className) ? 2 * calls : calls;
      if (className === 'Dense') total.dense += calls;
      if (POOL.test(className)) total.pools += calls;
      if (MERGE.test(className)) total.merges += calls;
      if (RESHAPE.test(className)) total.reshapes += calls;
      const isLinear =
        config.activation === undefined || config.activation === null || config.activation === 'linear';
      if (!isLinear || (ACTIVATION.test(className) && className !== 'Activation')) total.activations += calls;
      return true;
    });
  return visit(model.layers, 1) && total.convolutions > 0 ? total : undefined;
}

export function sumOf(reference: Reference): number {
  return Object.values(reference).reduce((sum, count) => sum + count, 0);
}

/** An architecture in JSON has its weights in a file beside it. */
export function weightsOf(path: string): ReadOptions {
  return path.endsWith('.json') ? { weights: path.replace(/\.json$/, '_weights.h5') } : {};
}

/** undefined when the file cannot be converted. */
export async function measure(root: string, file: string): Promise<Quality | undefined> {
  const context = quietContext();
  const path = join(root, file);
  const reading = weightsOf(path);
  let model: Model;
  let reference: Reference | undefined;
  try {
    const opened = await openModel(path, context, reading);
    opened.file.close();
    reference = referenceOf(opened.model);
    model = await readKeras(path, context, reading);
  } catch (error) {
    if (error instanceof MlctlError) return undefined;
    throw error;
  }
  await optimize(model, context);
  return { file, reference, ...describe(model) };
}

export function describe(model: Model): Omit<Quality, 'file' | 'reference'> {
  const { nodes } = model.graph;
  const isOutermost = borderOf(model.graph);
  const border = nodes.filter((node) => isAtBorder(node, model, isOutermost));
  const counts = new Map<string, number>();
  for (const { opType } of nodes) counts.set(opType, (counts.get(opType) ?? 0) + 1);
  const sorted = [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    operators: nodes.length - border.length,
    atBorder: border.length,
    transposesInside: countTransposes(model).inside,
    opTypes: sorted.map(([name, count]) => (count === 1 ? name : `${name} ×${count}`)).join(', '),
  };
}

/** Changes the order of axes of an input or output of the graph. */
function isAtBorder(node: Node, { graph }: Model, isOutermost: (node: Node) => boolean): boolean {
  const [input = ''] = node.inputs;
  const [output = ''] = node.outputs;
  const changesAxes =
    node.opType === 'Transpose' || movesUnitAxes(node, graph.types.get(input), graph.types.get(output));
  return changesAxes && isOutermost(node);
}

type Types = Model['graph']['types'] extends Map<string, infer T> ? T | undefined : never;

function movesUnitAxes(node: Node, from: Types, to: Types): boolean {
  if (node.opType !== 'Reshape' || from?.kind !== 'tensor' || to?.kind !== 'tensor') return false;
  const long = (shape: Shape | undefined) => String(shape?.filter((dim) => dim !== 1));
  return (
    from.shape?.length === to.shape?.length &&
    (from.shape?.length ?? 0) > 2 &&
    long(from.shape) === long(to.shape)
  );
}

export function kerasFiles(corpus: string): string[] {
  return ['keras-h5', 'keras-v3']
    .flatMap((folder) =>
      readdirSync(join(corpus, folder), { recursive: true, encoding: 'utf8' }).map(
        (file) => `${folder}/${file}`,
      ),
    )
    .filter((file) => /\.(h5|hdf5|keras)$|weights-only\/.*\.json$/.test(file))
    .sort();
}

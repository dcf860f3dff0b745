// Any graph as a TFLite file.
//
//   1. What TFLite has no operator for is said in other ONNX words (decompose/).
//   2. Operators that care about the order of axes become TFLite's between Transposes (channels-last/), and the layout
//      pass lets those meet and cancel.
//   3. Every node is emitted as TFLite operators (emit/), and operators take biases and activations into themselves.

import type { Context } from '../../context.ts';
import { copyModel } from '../../graph/copy-model.ts';
import type { Model } from '../../graph/model.ts';
import type { Tensor } from '../../graph/tensor.ts';
import { inferTypes } from '../../ops/infer.ts';
import foldConstants from '../../passes/fold-constants.ts';
import mergeDuplicates from '../../passes/merge-duplicates.ts';
import mergeReshapes from '../../passes/merge-reshapes.ts';
import mergeTransposes from '../../passes/merge-transposes.ts';
import pushTransposesLast from '../../passes/push-transposes-last.ts';
import removeDeadCode from '../../passes/remove-dead-code.ts';
import removeIdentity from '../../passes/remove-identity.ts';
import removeQuantizedClip from '../../passes/remove-quantized-clip.ts';
import { runPasses } from '../../passes/run.ts';
import type { EncodedFile, Unsupported, WriteOptions } from '../definition.ts';
import { rewrites as channelsLast } from './channels-last/index.ts';
import { giveMapsAsTensors } from './class-maps.ts';
import { closeAxes } from './close-axes.ts';
import { rewrites as decompositions } from './decompose/index.ts';
import { multiplyAsTheyCome } from './dynamic-products.ts';
import { computeInFloat32 } from './element-types.ts';
import { FileEmission } from './emit/file-emission.ts';
import { finish } from './emit/finish.ts';
import { encodeTflite } from './encode.ts';
import { holding } from './holding.ts';
import type { SignatureEntry, TfliteFile } from './records.ts';
import { Refusals } from './refusals.ts';
import { applyRewrites } from './rewrite/apply.ts';
import { stampRuntimeVersion } from './runtime-versions.ts';

export type TfliteOptions = {
  /** Runs a graph without inputs: constants the rewriting leaves are folded with it. */
  readonly evaluate?: (model: Model) => Promise<ReadonlyMap<string, Tensor>>;
};

/**
 * Errors: OP_UNSUPPORTED with everything that cannot be written, MODEL_TOO_LARGE.
 *
 * @example
 * const [file] = await writeTflite(model, { fileName: 'iris.tflite' }, quietContext());
 */
export async function writeTflite(
  model: Model,
  options: WriteOptions & TfliteOptions,
  context: Context,
): Promise<readonly EncodedFile[]> {
  const file = await toRecords(model, context, options);
  return [{ name: options.fileName, chunks: encodeTflite(file), holds: holding(file) }];
}

/** What of the model cannot be written; nothing is encoded. */
export async function preflight(
  model: Model,
  context: Context,
  options: TfliteOptions = {},
): Promise<readonly Unsupported[]> {
  const refusals = new Refusals();
  await emitAll(model, context, options, refusals);
  return refusals.list();
}

/** Errors: OP_UNSUPPORTED. */
export async function toRecords(
  model: Model,
  context: Context,
  options: TfliteOptions = {},
): Promise<TfliteFile> {
  const refusals = new Refusals();
  const { emission, graph } = await emitAll(model, context, options, refusals);
  const refused = refusals.error();
  if (refused) throw refused;
  const subgraphs = emission.subgraphs.map(finish);
  const [main] = subgraphs;
  const entry = (names: readonly string[], tensors: readonly number[]): SignatureEntry[] =>
    names.map((name, index) => ({ name, tensor: tensors[index] ?? 0 }));
  const signature = {
    key: 'serving_default',
    subgraph: 0,
    inputs: entry(graph.inputs, main?.inputs ?? []),
    outputs: entry(graph.outputs, main?.outputs ?? []),
  };
  return stampRuntimeVersion({
    version: 3,
    description: 'mlctl',
    subgraphs,
    metadata: [],
    signatures: [signature],
  });
}

async function emitAll(model: Model, context: Context, options: TfliteOptions, refusals: Refusals) {
  const copied = copyModel(model);
  const isHalf = await prepare(copied, context, options, refusals);
  const emission = new FileEmission(refusals, isHalf);
  emission.main(copied.graph);
  return { emission, graph: copied.graph };
}

/** Brings the graph into the words that the emitters know. */
async function prepare(
  model: Model,
  context: Context,
  options: TfliteOptions,
  refusals: Refusals,
): Promise<boolean> {
  const evaluate = options.evaluate ?? (() => Promise.reject(new Error('no runtime was handed in')));
  const tools = { context, evaluate };
  multiplyAsTheyCome(model);
  inferTypes(model);
  closeAxes(model);
  giveMapsAsTensors(model, context);
  const isHalf = computeInFloat32(model, context);
  await runPasses(
    model,
    [removeDeadCode, foldConstants, removeIdentity, removeQuantizedClip, removeDeadCode],
    tools,
  );
  // What a rewrite says in ONNX words may have a rewrite of its own, and types it waits for may be known by then.
  for (let round = 0; round < 3; round++) {
    const count = applyRewrites(model, [...decompositions, ...channelsLast], refusals);
    if (count === 0 && round > 0) break;
    await runPasses(
      model,
      [
        foldConstants,
        mergeDuplicates,
        { passes: [mergeTransposes, pushTransposesLast], atMost: 4 },
        mergeReshapes,
        foldConstants,
        mergeDuplicates,
        removeIdentity,
        removeDeadCode,
      ],
      tools,
    );
  }
  return isHalf;
}

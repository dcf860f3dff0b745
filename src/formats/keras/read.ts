// Reads a Keras HDF5 file into a graph.

import type { Context } from '../../context.ts';
import { errors } from '../../errors.ts';
import { GraphBuilder } from '../../graph/builder.ts';
import { byteLength } from '../../graph/dtype.ts';
import type { Dim, Model, Shape } from '../../graph/model.ts';
import { elementCount } from '../../graph/tensor.ts';
import { inferTypes } from '../../ops/infer.ts';
import type { ReadOptions, Unsupported } from '../definition.ts';
import { alignLayers } from './align-layers.ts';
import { assignObjects } from './assign-objects.ts';
import type { Value } from './layer.ts';
import { Lowering, type LoweringOptions } from './lower.ts';
import { familyOf, type OpenedModel, openModel } from './open-model.ts';
import type { LayerSpec, ModelSpec } from './spec.ts';
import { assignWeights } from './weights.ts';

/** Errors: those of openModel, and OP_UNSUPPORTED with every layer that cannot be expressed. */
export async function readKeras(path: string, context: Context, options?: ReadOptions): Promise<Model> {
  const opened = await openModel(path, context, options);
  try {
    const { unsupported } = opened.survey;
    if (unsupported.length > 0) throw refusal(path, unsupported);
    const builder = new GraphBuilder(opened.model.name);
    const note = (layer: string, code: string, message: string, args = {}) =>
      context.diagnose({ code, severity: 'note', message, where: { file: path, layer }, args });
    const ignored = (layer: string, options: readonly string[]) => {
      const message = `layer ${layer} has options this version does not know, taken as having no effect: ${options.join(', ')}`;
      note(layer, 'KERAS_OPTION_IGNORED', message, { options });
    };
    if (options?.onBytes) watchWeights(opened, options.onBytes);
    const outputs = lower(opened, builder, false, ignored, note);
    noteOrientation(opened, path, context);
    opened.model.outputs.forEach((ref, index) => {
      const value = outputs[index];
      if (value !== undefined) builder.output(ref.layer, value.name, value.dtype, value.shape);
    });
    const model = builder.model({ name: 'keras', version: opened.dialect.version }, metadata(opened));
    inferTypes(model);
    return model;
  } finally {
    opened.file.close();
  }
}

function watchWeights({ file }: OpenedModel, told: NonNullable<ReadOptions['onBytes']>): void {
  let total = 0;
  for (const layer of file.weights.values())
    for (const { dtype, dims } of layer) total += byteLength(dtype, elementCount(dims));
  let done = 0;
  file.watch((bytes) => {
    done += bytes;
    told(Math.min(done, total), total);
  });
}

/** Lowers the whole model and returns its outputs. With `isDry` only shapes are made and no weight is read. */
export function lower(
  { file, dialect, model, fail, path }: OpenedModel,
  builder: GraphBuilder,
  isDry: boolean,
  ignored: (layer: string, options: readonly string[]) => void,
  note: LoweringOptions['note'] = () => {},
): Value[] {
  const refuse = (opType: string, reason: string, layer: string): never => {
    throw refusal(path, [{ opType, reason, where: [layer] }]);
  };
  const byLayer = file.container === 'pair' ? alignLayers(model, file.weights, familyOf, fail) : file.weights;
  const weights =
    file.objects === undefined
      ? assignWeights(model, byLayer, familyOf, fail)
      : assignObjects(model, file.objects, familyOf, fail);
  const lowering = new Lowering({ builder, dialect, familyOf, weights, isDry, fail, refuse, note, ignored });
  const inputs = modelInputs(model).map(({ name, dtype, shape }): Value => {
    if (shape.length === 0) {
      fail('its shape is not in the file: call the model once in Keras, then save it again', name);
    }
    const value = builder.input(name, dtype, shape);
    return { name: value, dtype, shape };
  });
  return lowering.model(model, inputs, '');
}

export function modelInputs(model: ModelSpec): Value[] {
  const byName = new Map<string, LayerSpec>(model.layers.map((layer) => [layer.name, layer]));
  return model.inputs.flatMap(({ layer }) => {
    const input = byName.get(layer)?.input;
    if (input === undefined) return [];
    return [{ name: layer, dtype: input.dtype, shape: named(layer, input.shape) }];
  });
}

/** The batch axis is `batch` in every input; other axes of unknown length are named after the input. */
function named(layer: string, shape: Shape): Shape {
  return shape.map((dim, axis): Dim => dim ?? (axis === 0 ? 'batch' : `${layer}_axis${axis}`));
}

function refusal(path: string, unsupported: readonly Unsupported[]): Error {
  const count = unsupported.reduce((sum, { where }) => sum + where.length, 0);
  const details = unsupported.map(({ opType, reason, where }) => {
    const shown = where.slice(0, 8).join(', ') + (where.length > 8 ? ` and ${where.length - 8} more` : '');
    return `${opType} x${where.length} (${shown}): ${reason}`;
  });
  const hasCode = unsupported.some(({ opType }) => opType === 'Lambda');
  return errors.OP_UNSUPPORTED(
    `${count} ${count === 1 ? 'layer' : 'layers'} of ${path} cannot be converted`,
    details,
    hasCode
      ? 'replace each Lambda by built-in layers (Rescaling, Reshape, …) in Keras, or cut the model before it with convert --outputs'
      : 'replace these layers by built-in ones in Keras, or cut the model before them with convert --outputs',
    { file: path },
    unsupported,
  );
}

function metadata({ dialect, file }: OpenedModel): Map<string, string> {
  const entries: [string, string][] = [['keras_version', dialect.version]];
  if (file.backend !== undefined) entries.push(['keras_backend', file.backend]);
  return new Map(entries.filter(([, value]) => value !== ''));
}

/** Keras 1 does not say which backend wrote it; what was assumed changes the numbers, so it is said. */
function noteOrientation({ dialect, file, survey }: OpenedModel, path: string, context: Context): void {
  if (dialect.major !== 1 || file.backend !== undefined || dialect.backend !== 'theano') return;
  if (!Object.keys(survey.counts).some((className) => className.includes('Conv'))) return;
  context.diagnose({
    code: 'KERAS_BACKEND_ASSUMED',
    severity: 'note',
    message:
      'the weights are named as Keras 1 names them under Theano; convolution kernels were turned by 180 degrees',
    where: { file: path },
  });
}

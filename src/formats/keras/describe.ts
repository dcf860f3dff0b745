// What a Keras HDF5 file says about itself, also when some of its layers cannot be converted.

import type { Context } from '../../context.ts';
import { MlctlError } from '../../errors.ts';
import { GraphBuilder } from '../../graph/builder.ts';
import { elementCount } from '../../graph/tensor.ts';
import type { Description, ReadOptions, ValueDescription } from '../definition.ts';
import { type OpenedModel, openModel } from './open-model.ts';
import { lower, modelInputs } from './read.ts';

export async function describeKeras(
  path: string,
  context: Context,
  options?: ReadOptions,
): Promise<Description> {
  const opened = await openModel(path, context, options);
  try {
    const { file, dialect, model, survey } = opened;
    const { value: outputs, problem } = describeOutputs(opened);
    let parameters = 0;
    for (const layer of file.weights.values()) {
      for (const { dims } of layer) parameters += elementCount(dims);
    }
    return {
      format: 'keras',
      formatVersion: versionOf(opened),
      producer: dialect.backend === 'unknown' ? 'keras' : `keras on ${dialect.backend}`,
      inputs: modelInputs(model).map(({ name, dtype, shape }) => ({ name, dtype, shape })),
      outputs,
      operators: survey.counts,
      parameters,
      unsupported: survey.unsupported,
      facts: {
        architecture: `${String(file.config.class_name)} ${model.name}`,
        'optimizer state': file.hasOptimizer ? 'in the file, never read' : 'none',
        ...(problem === undefined ? {} : { problem }),
      },
    };
  } finally {
    opened.file.close();
  }
}

const CONTAINERS = { hdf5: '', archive: ' (.keras)', pair: ' (JSON and weights)' } as const;

function versionOf({ file, dialect }: OpenedModel): string {
  const version = dialect.version === '' ? `${dialect.major} (not stated)` : dialect.version;
  return `Keras ${version}${CONTAINERS[file.container]}`;
}

/** Shapes come from lowering without weights; where that is not possible, the names alone are known. */
function describeOutputs(opened: OpenedModel): { value: ValueDescription[]; problem?: string } {
  const names = opened.model.outputs.map(({ layer }) => layer);
  const unknown = names.map((name) => ({ name, dtype: 'unknown', shape: [] }));
  if (opened.survey.unsupported.length > 0) return { value: unknown };
  try {
    const outputs = lower(opened, new GraphBuilder(opened.model.name), true, () => {});
    return {
      value: outputs.map(({ dtype, shape }, index) => ({ name: names[index] ?? '', dtype, shape })),
    };
  } catch (error) {
    // `inspect` is what people run on a file that does not convert: it says what is wrong beside what is known.
    if (error instanceof MlctlError) return { value: unknown, problem: error.message };
    throw error;
  }
}

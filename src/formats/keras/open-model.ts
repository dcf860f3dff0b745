// Opens a file and understands its architecture: what reading and describing have in common.

import type { Context } from '../../context.ts';
import { errors } from '../../errors.ts';
import type { ReadOptions } from '../definition.ts';
import { readDialect } from './dialect.ts';
import { type KerasFile, type KerasWeight, readKerasFile } from './file.ts';
import type { Fail } from './json-shape.ts';
import { keepNeeded } from './keep-needed.ts';
import type { LayerFamily } from './layer.ts';
import { layers } from './layers/index.ts';
import { isModelClass, normalize } from './normalize.ts';
import type { Dialect, ModelSpec } from './spec.ts';
import { type Survey, survey } from './survey.ts';

export type OpenedModel = {
  readonly path: string;
  readonly file: KerasFile;
  readonly dialect: Dialect;
  readonly model: ModelSpec;
  readonly survey: Survey;
  readonly fail: Fail;
};

const families = new Map<string, LayerFamily>();
for (const family of layers) for (const className of family.classNames) families.set(className, family);

export function familyOf(className: string): LayerFamily | undefined {
  return families.get(className);
}

/** The caller closes `file`. Errors: those of readKerasFile, MODEL_DAMAGED, OP_UNSUPPORTED for models that are code. */
export async function openModel(
  path: string,
  context: Context,
  options: ReadOptions = {},
): Promise<OpenedModel> {
  const file = await readKerasFile(path, context, options);
  const fail: Fail = (problem, layer) => {
    const where = layer === undefined ? {} : { layer };
    const message = layer === undefined ? problem : `layer ${layer}: ${problem}`;
    throw errors.MODEL_DAMAGED(path, message, { file: path, ...where });
  };
  try {
    refuseSubclass(path, file.config);
    const dialect = readDialect({
      version: file.kerasVersion,
      backend: file.backend,
      config: file.config,
      weightNames: weightNames(file.weights),
    });
    const whole = normalize(file.config, dialect, fail);
    const model = options.outputs === undefined ? whole : keepNeeded(whole, options.outputs);
    return { path, file, dialect, model, survey: survey(model, dialect, familyOf, fail), fail };
  } catch (error) {
    file.close();
    throw error;
  }
}

/** A model that is a Python class of its own has no layers in the file that say what it computes. */
function refuseSubclass(path: string, { class_name: className }: Readonly<Record<string, unknown>>): void {
  if (typeof className !== 'string' || isModelClass(className)) return;
  const hint = 'rebuild it as a functional or Sequential model in Keras, copy the weights and save that';
  const reason = "a model class of the author's own code: no list of layers says what it computes";
  throw errors.OP_UNSUPPORTED(
    `${path} is a ${className}, a model class of the author's own code`,
    [],
    hint,
    { file: path },
    [{ opType: className, reason, where: ['the model itself'], hint }],
  );
}

function* weightNames(weights: ReadonlyMap<string, readonly KerasWeight[]>): Generator<string> {
  for (const layer of weights.values()) for (const { name } of layer) yield name;
}

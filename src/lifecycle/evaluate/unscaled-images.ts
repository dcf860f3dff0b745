// Says so when images go into a model as they are, and the model's file says how they were scaled in training: its answers
// would be wrong without a word.

import type { Context } from '../../context.ts';
import type { Dataset } from '../../datasets/definition.ts';
import type { Format, Normalization } from '../../formats/definition.ts';
import { formats } from '../../formats/index.ts';
import type { Signature } from '../../graph/signature.ts';
import type { OpenModel } from '../open.ts';
import { mergeScaling, type Scaling } from './scaling.ts';
import { signatureOf } from './sources.ts';

export async function warnOfUnscaledImages(
  model: OpenModel,
  { dataset, signature, scaling }: { dataset: Dataset; signature: Signature; scaling: Scaling },
  context: Context,
): Promise<void> {
  const [input] = model.session.inputs;
  // The bytes of a picture are the codes of an input of uint8, whose scale does the rest.
  if (dataset.kind !== 'images' || input === undefined || input.quantization?.stored === 'uint8') return;
  const given = mergeScaling(signatureOf(signature.inputs, input.name, true), scaling);
  if (Object.values(given).some((value) => value !== undefined) || !('path' in model.source)) return;
  const { path, signature: entry } = model.source;
  const format: Format | undefined = formats.find(({ name }) => name === model.format);
  const found = await format?.normalization?.(path, entry === undefined ? {} : { signature: entry });
  const { mean, std } = found?.[input.name] ?? {};
  if (mean === undefined || std === undefined || isNothing({ mean, std })) return;
  context.diagnose({
    code: 'IMAGES_NOT_SCALED',
    severity: 'warning',
    message: `${model.path} says that its images have the mean ${spell(mean)} and the deviation ${spell(std)}, and it is given 0 … 255`,
    where: { file: model.path },
    args: { mean, std },
    hint: `add --mean ${spell(mean)} --std ${spell(std)}`,
  });
}

function isNothing({ mean, std }: Normalization): boolean {
  return mean.every((value) => value === 0) && std.every((value) => value === 1);
}

function spell(values: readonly number[]): string {
  const [first] = values;
  const all = values.every((value) => value === first) ? values.slice(0, 1) : values;
  return all.map((value) => Number(value.toPrecision(7))).join(',');
}

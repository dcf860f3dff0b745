// Convolution kernels of Keras 1 under Theano are stored turned by 180 degrees, and files that old do not say so.

import type { OpenedModel } from '../../../formats/keras/open-model.ts';
import type { Check, Finding } from '../definition.ts';
import { lookIntoKeras } from '../keras-model.ts';

export default {
  name: 'kernel-order',
  stage: 'content',
  run: (subject, context) => lookIntoKeras(subject, context, kernelOrder),
} satisfies Check;

function kernelOrder({ dialect, survey, file }: OpenedModel): Finding[] {
  const convolutions = Object.keys(survey.counts).filter((name) => /Conv/.test(name));
  if (dialect.backend !== 'theano' || convolutions.length === 0) return [];
  const how = file.backend === undefined ? 'by the names of its weights' : 'as it says';
  return [
    {
      severity: 'warning',
      message: `its kernels are ordered as Theano has them, ${how}: turned by 180 degrees, which mlctl undoes`,
      remediation: 'compare a few predictions with known ones: mlctl predict FILE --data rows.csv',
      where: convolutions,
    },
  ];
}

// Convolution kernels of Keras 1 under Theano are stored turned by 180 degrees, and files that old do not say so.

import { MlctlError } from '../../../errors.ts';
import { openModel } from '../../../formats/keras/open-model.ts';
import type { Check, Finding } from '../definition.ts';

const check = {
  name: 'kernel-order',
  stage: 'content',
  async run({ format, path, reading }, context): Promise<readonly Finding[]> {
    if (format?.name !== 'keras') return [];
    const opened = await openModel(path, context, reading).catch((cause: unknown) => {
      if (cause instanceof MlctlError) return undefined;
      throw cause;
    });
    if (!opened) return [];
    try {
      const { dialect, survey, file } = opened;
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
    } finally {
      opened.file.close();
    }
  },
} satisfies Check;

export default check;

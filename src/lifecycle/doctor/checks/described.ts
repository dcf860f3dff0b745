// Whether the file can be understood at all: its architecture, its lists of weights.

import { MlctlError } from '../../../errors.ts';
import type { Check, Finding } from '../definition.ts';

const check = {
  name: 'described',
  stage: 'content',
  async run({ describe, format }): Promise<readonly Finding[]> {
    const found = await describe();
    if (found === undefined) return [];
    if (!(found instanceof MlctlError)) {
      const { parameters, inputs, outputs } = found;
      const signature = `${inputs.length} in, ${outputs.length} out`;
      return [{ severity: 'ok', message: `${found.formatVersion}, ${parameters} parameters, ${signature}` }];
    }
    // The list of unsupported layers has a check of its own.
    if (found.code === 'OP_UNSUPPORTED' && found.unsupported.length > 0) return [];
    const details = found.details.length > 0 ? `: ${found.details.join('; ')}` : '';
    const remediation = found.hint ?? `save the model again in ${format?.title}`;
    return [{ severity: 'problem', message: `${found.message}${details}`, remediation }];
  },
} satisfies Check;

export default check;

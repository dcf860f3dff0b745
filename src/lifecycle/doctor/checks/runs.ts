// Whether the model runs, and answers with numbers.

import { MlctlError } from '../../../errors.ts';
import { LARGE_BYTES, weightBytes } from '../../convert/memory.ts';
import { numbersOf } from '../../convert/numbers.ts';
import { runReference } from '../../convert/verify.ts';
import type { Check, Finding } from '../definition.ts';

const check = {
  name: 'runs',
  stage: 'graph',
  async run({ read, shown }, context): Promise<readonly Finding[]> {
    const found = await read();
    if (found === undefined || found instanceof MlctlError) return [];
    if (weightBytes(found.model) > 10 * LARGE_BYTES) {
      return [
        { severity: 'ok', message: `it is large and was not run; mlctl convert ${shown} --dry-run does` },
      ];
    }
    try {
      const { outputs } = await runReference(found.model, { seed: 0, samples: 1 }, context);
      const bad = [...outputs].filter(([, tensors]) =>
        tensors.some((tensor) =>
          [...Array.from(numbersOf(tensor) ?? [])].some((value) => !Number.isFinite(value)),
        ),
      );
      if (bad.length === 0)
        return [{ severity: 'ok', message: 'it runs, and every output is a finite number' }];
      return [
        {
          severity: 'warning',
          message: 'it runs, but answers with NaN or infinity to inputs between −1 and 1',
          remediation: `look at its answers to real data: mlctl predict ${shown} --data rows.csv`,
          where: bad.map(([name]) => name),
        },
      ];
    } catch (cause) {
      if (!(cause instanceof MlctlError)) throw cause;
      context.signal.throwIfAborted();
      return [
        {
          severity: 'warning',
          message: `it does not run on made-up inputs: ${cause.message.replace('the conversion cannot be checked: ', '')}`,
          remediation: `try it on real data: mlctl predict ${shown} --data rows.csv`,
        },
      ];
    }
  },
} satisfies Check;

export default check;

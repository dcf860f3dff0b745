// Which runtimes load here.

import { runtimes } from '../../../runtimes/index.ts';
import type { Runtime } from '../../../runtimes/session.ts';
import type { Check, Finding } from '../definition.ts';

const check = {
  name: 'runtimes',
  stage: 'installation',
  async run(): Promise<readonly Finding[]> {
    const known: readonly Runtime[] = runtimes;
    return Promise.all(
      known.map(async ({ name, probe, encode }): Promise<Finding> => {
        const found = await probe();
        if ('version' in found) return { severity: 'ok', message: `${name} ${found.version}` };
        return {
          // What takes any graph is what conversions and most models need.
          severity: encode ? 'problem' : 'warning',
          message: `${name} does not load: ${found.missing}`,
          remediation:
            'install again on this machine: npm ci; native packages are made for one system and CPU',
        };
      }),
    );
  },
} satisfies Check;

export default check;

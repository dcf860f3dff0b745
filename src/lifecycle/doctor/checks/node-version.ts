// Whether this Node is new enough.

import type { Check } from '../definition.ts';

const OLDEST = [20, 19] as const;

const check = {
  name: 'node-version',
  stage: 'installation',
  run({ nodeVersion }) {
    const [major = 0, minor = 0] = nodeVersion.replace(/^v/, '').split('.').map(Number);
    const isEnough = major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
    if (isEnough) return [{ severity: 'ok', message: `Node ${nodeVersion}` }];
    return [
      {
        severity: 'problem',
        message: `Node ${nodeVersion} is too old`,
        remediation: `install Node ${OLDEST.join('.')} or newer`,
      },
    ];
  },
} satisfies Check;

export default check;

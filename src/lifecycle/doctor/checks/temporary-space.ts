// Whether there is room for temporary files: large conversions go over the disk.

import { mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { reason } from '../../../errors.ts';
import type { Check, Finding } from '../definition.ts';

const LITTLE = 1e9;

const check = {
  name: 'temporary-space',
  stage: 'installation',
  async run(): Promise<readonly Finding[]> {
    const folder = tmpdir();
    try {
      await rm(await mkdtemp(join(folder, 'mlctl-doctor-')), { recursive: true });
    } catch (cause) {
      const remediation = 'set TMPDIR to a folder that can be written';
      return [{ severity: 'problem', message: `${folder} cannot be written: ${reason(cause)}`, remediation }];
    }
    const { bavail, bsize } = await statfs(folder);
    const free = bavail * bsize;
    const message = `${(free / 1e9).toFixed(1)} GB free in ${folder}`;
    if (free >= LITTLE) return [{ severity: 'ok', message }];
    return [
      {
        severity: 'warning',
        message: `only ${message}`,
        remediation:
          'make room, or set TMPDIR to a larger disk: models over 32 MB are converted by way of it',
      },
    ];
  },
} satisfies Check;

export default check;

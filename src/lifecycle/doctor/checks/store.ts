// Where deployments are kept: whether the folder can be written, and whether every stored version is what it was.

import { access, constants, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { MlctlError, reason } from '../../../errors.ts';
import { openProject, shortPath } from '../../../manifest/project.ts';
import { listNames, listVersions, openVersion } from '../../../store/versions.ts';
import type { Check, Finding } from '../definition.ts';

const check = {
  name: 'store',
  stage: 'installation',
  async run({ config }, context): Promise<readonly Finding[]> {
    const project = await openProject(config, context).catch(() => undefined);
    const root = join(project?.folder ?? resolve(context.cwd), '.mlctl');
    const isThere = await stat(root).then(
      (info) => info.isDirectory(),
      () => false,
    );
    const shown = shortPath(root, context);
    try {
      await access(isThere ? root : dirname(root), constants.W_OK);
    } catch (cause) {
      return [
        {
          severity: 'problem',
          message: `${shown} cannot be written: ${reason(cause)}; nothing can be deployed from here`,
          remediation: `give yourself the right to write in ${isThere ? shown : dirname(root)}`,
        },
      ];
    }
    if (!isThere) return [{ severity: 'ok', message: `${shown} is not there yet; mlctl deploy makes it` }];
    const damaged: Finding[] = [];
    let versions = 0;
    for (const name of await listNames({ root })) {
      const store = { root, name };
      try {
        for (const version of await listVersions(store)) {
          versions++;
          await openVersion(store, version);
        }
      } catch (cause) {
        const message = cause instanceof MlctlError ? cause.message : `${name}: ${reason(cause)}`;
        damaged.push({ severity: 'problem', message, remediation: 'deploy the model again', where: [name] });
      }
    }
    if (damaged.length > 0) return damaged;
    return [
      {
        severity: 'ok',
        message: `${shown} can be written; its ${versions} versions are as they were stored`,
      },
    ];
  },
} satisfies Check;

export default check;

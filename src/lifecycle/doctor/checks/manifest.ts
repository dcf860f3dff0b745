// The manifest of this folder: whether it is valid, and whether what it names is there.

import { access } from 'node:fs/promises';
import { MlctlError } from '../../../errors.ts';
import { openProject, type Project, projectPath, shortPath } from '../../../manifest/project.ts';
import type { Check, Finding } from '../definition.ts';

const check = {
  name: 'manifest',
  stage: 'installation',
  async run({ config }, context): Promise<readonly Finding[]> {
    let project: Project | undefined;
    try {
      project = await openProject(config, context);
    } catch (cause) {
      if (!(cause instanceof MlctlError)) throw cause;
      // A file that was named and is not there is a mistake of the command line.
      if (cause.code === 'FILE_NOT_FOUND') throw cause;
      const message = [cause.message, ...cause.details].join('\n');
      return [
        { severity: 'problem', message, remediation: cause.hint ?? 'mlctl help manifest shows every key' },
      ];
    }
    if (!project) return [{ severity: 'ok', message: 'there is no mlctl.yaml in this folder' }];
    const { manifest } = project;
    const named = [manifest.model, manifest.weights, manifest.evaluate?.data, manifest.monitor?.reference];
    const missing: string[] = [];
    for (const path of named) {
      if (path === undefined) continue;
      const full = projectPath(project, path);
      await access(full).catch(() => missing.push(shortPath(full, context)));
    }
    const shown = shortPath(project.path, context);
    if (missing.length === 0)
      return [{ severity: 'ok', message: `${shown} is valid, and the files it names are there` }];
    return [
      {
        severity: 'problem',
        message: `${shown} names files that are not there: ${missing.join(', ')}`,
        remediation: 'correct their paths; they are relative to the manifest',
        where: missing,
      },
    ];
  },
} satisfies Check;

export default check;

// Whether the port that serve and deploy would take is free.

import { createServer } from 'node:net';
import { openProject } from '../../../manifest/project.ts';
import type { Check, Finding } from '../definition.ts';

const check = {
  name: 'port',
  stage: 'installation',
  async run({ config }, context): Promise<readonly Finding[]> {
    const project = await openProject(config, context).catch(() => undefined);
    const settings = project?.manifest.serve ?? project?.manifest.deploy;
    const host = settings?.host ?? '127.0.0.1';
    const port = settings?.port ?? 8080;
    if (port === 0) return [];
    const code = await tryPort(host, port);
    if (code === undefined) return [{ severity: 'ok', message: `port ${port} on ${host} is free` }];
    const message =
      code === 'EADDRINUSE'
        ? `port ${port} on ${host} is in use, perhaps by a deployment of yours`
        : `port ${port} on ${host} cannot be listened on (${code})`;
    return [
      {
        severity: 'warning',
        message,
        remediation: 'mlctl serve --port 0 picks a free one; mlctl status lists deployments',
      },
    ];
  },
} satisfies Check;

export default check;

function tryPort(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (cause: NodeJS.ErrnoException) => resolve(cause.code ?? 'an error'));
    server.listen(port, host, () => server.close(() => resolve(undefined)));
  });
}

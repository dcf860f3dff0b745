// How the command line talks to a running supervisor: JSON over HTTP on the loopback, with a token that only
// the owner of server.json can read.

import { randomBytes, timingSafeEqual } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { MlctlError } from '../../errors.ts';
import { writeAtomically } from '../../store/atomic-write.ts';
import { layout, type Store } from '../../store/layout.ts';
import type { ServerFile, SupervisorStatus } from './protocol.ts';
import type { Supervisor } from './supervisor.ts';

/** Opens the control port and writes server.json; the returned function undoes both. */
export async function openControl(
  store: Store,
  supervisor: Supervisor,
  onStop: () => void,
): Promise<() => Promise<void>> {
  const token = randomBytes(24).toString('hex');
  const server = createServer(async (request, response) => {
    const reply = (code: number, body: unknown) => {
      response.writeHead(code, { 'content-type': 'application/json', connection: 'close' });
      response.end(JSON.stringify(body));
    };
    if (!matches(request.headers.authorization, `Bearer ${token}`))
      return reply(401, { error: 'wrong token' });
    try {
      const [, action, version = ''] = (request.url ?? '').split('/');
      if (action === 'status') reply(200, supervisor.status());
      else if (action === 'switch') reply(200, await supervisor.switchTo(decodeURIComponent(version)));
      else if (action === 'stop') {
        reply(200, supervisor.status());
        onStop();
      } else reply(404, { error: 'no such action' });
    } catch (error) {
      const { code, message, hint } = error as Partial<MlctlError>;
      reply(500, { code, message: message ?? String(error), hint });
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const { pid, url } = supervisor.status();
  const file: ServerFile = {
    pid,
    url,
    token,
    controlPort: typeof address === 'object' ? (address?.port ?? 0) : 0,
  };
  await writeAtomically(layout.server(store), [JSON.stringify(file)], { mode: 0o600 });
  return async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    // Last: who looks for the file takes its absence for the end of this process.
    await rm(layout.server(store), { force: true });
  };
}

/** Calls a running supervisor; undefined when there is none. Errors of the supervisor are thrown here. */
export async function callControl(
  store: Store,
  action: 'status' | 'stop' | `switch/${string}`,
): Promise<SupervisorStatus | undefined> {
  const file = await readServerFile(store);
  if (!file) return undefined;
  let response: Response;
  try {
    response = await fetch(`http://127.0.0.1:${file.controlPort}/${action}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${file.token}` },
      signal: AbortSignal.timeout(180_000),
    });
  } catch {
    // The file outlived its process (a crash, a reboot).
    return undefined;
  }
  // Somebody else's server has the port now.
  if (response.status === 401 || response.status === 404) return undefined;
  const body = (await response.json()) as SupervisorStatus | Pick<MlctlError, 'code' | 'message' | 'hint'>;
  if (response.ok) return body as SupervisorStatus;
  const { code, message, hint } = body as Pick<MlctlError, 'code' | 'message' | 'hint'>;
  throw new MlctlError(code ?? 'DEPLOY_FAILED', message, { hint });
}

export async function readServerFile(store: Store): Promise<ServerFile | undefined> {
  const text = await readFile(layout.server(store), 'utf8').catch(() => undefined);
  try {
    return text === undefined ? undefined : (JSON.parse(text) as ServerFile);
  } catch {
    return undefined;
  }
}

function matches(given: string | undefined, expected: string): boolean {
  const [a, b] = [Buffer.from(given ?? ''), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

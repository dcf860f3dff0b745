// The border to the operating system: the only file that holds the process itself.

import type { Io } from './io.ts';

/** Runs the command line in `process` and leaves its exit code behind; output still pending is written out. */
export async function start(process: NodeJS.Process): Promise<void> {
  const argv = process.argv.slice(2);
  // Answered before anything else is loaded: scripts ask for it often.
  if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
    const { version } = await import('../version.ts');
    process.stdout.write(`${version()}\n`);
    return;
  }
  // A closed pager or `| head` ends the work quietly.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    void crash(process, error, 'standard output');
  });
  // Nobody is left to tell.
  process.stderr.on('error', () => {});
  // A bug outside of any command's promise: Node's own exit code 1 would mean that the answer is no.
  process.on('uncaughtException', (error) => void crash(process, error));
  const { main } = await import('./main.ts');
  process.exitCode = await main(argv, ioOf(process));
}

/** Says what happened and ends the process; `unwritable` is what could not be written. */
async function crash(process: NodeJS.Process, cause: unknown, unwritable?: string): Promise<void> {
  process.exitCode = 2;
  const [{ errors }, { asError }, { renderError }, { openTerminal }] = await Promise.all([
    import('../errors.ts'),
    import('./recognize-error.ts'),
    import('./render/problems.ts'),
    import('./terminal.ts'),
  ]);
  const error = unwritable === undefined ? asError(cause) : errors.FILE_UNWRITABLE(unwritable, cause);
  const { stderr } = openTerminal(ioOf(process), { json: false, input: false });
  stderr.write(`${renderError(error, stderr)}\n`);
  if (error.code === 'INTERNAL' && cause instanceof Error) stderr.write(`${cause.stack}\n`);
  process.exit(2);
}

function ioOf(process: NodeJS.Process): Io {
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    cwd: process.cwd(),
    platform: process.platform,
    nodeVersion: process.version,
    onSignal(listener) {
      const names = ['SIGINT', 'SIGTERM'] as const;
      const listeners = names.map((name) => [name, () => listener(name)] as const);
      for (const [name, call] of listeners) process.on(name, call);
      return () => {
        for (const [name, call] of listeners) process.off(name, call);
      };
    },
    pid: process.pid,
    parent: process.send && {
      // The parent may be gone: then there is nobody to tell.
      send: (message) => process.connected && process.send?.(message, undefined, undefined, () => {}),
      onMessage: (listener) => process.on('message', listener),
      onClose: (listener) => process.once('disconnect', listener),
      close: () => process.connected && process.disconnect?.(),
    },
    exitNow: (code) => process.exit(code),
  };
}

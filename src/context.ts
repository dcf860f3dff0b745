// What every piece of work gets from outside, so that nothing below cli/ touches the process.

import type { Diagnostic } from './diagnostics.ts';

export type Context = {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted on Ctrl-C; long loops look at it between steps. */
  readonly signal: AbortSignal;
  readonly progress: Progress;
  /** Records a finding; the command line prints it and `--json` lists it. */
  readonly diagnose: (diagnostic: Diagnostic) => void;
  /** Told where settings come from that no flag gave; the command line says so with --verbose. */
  readonly tellSource?: (source: string) => void;
};

/** Progress of something people wait for; a step names what it does, in the present, and may say what it counts. */
export type Progress = {
  step(text: string, unit?: 'bytes'): Step;
};

export type Step = {
  /** `total` may be unknown; then `done` is shown as a count. */
  update(done: number, total?: number): void;
  end(): void;
};

/** A context for callers that want neither progress nor findings, such as tests and workers. */
export function quietContext(overrides: Partial<Context> = {}): Context {
  return {
    cwd: '.',
    env: {},
    signal: new AbortController().signal,
    progress: { step: () => ({ update() {}, end() {} }) },
    diagnose() {},
    ...overrides,
  };
}

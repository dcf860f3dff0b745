// `mlctl serve`: models behind HTTP, until it is told to stop.

import type { Command } from '../command.ts';
import { model, positiveInteger, shared } from '../options.ts';

const command = {
  name: 'serve',
  stage: 'Ship',
  summary: 'Answer predictions over HTTP',
  description:
    'Speaks the Open Inference Protocol v2. A file is served under its name without extension. Prints the address when it is ready; / is a page to try the models, /metrics is for Prometheus. SIGTERM and Ctrl-C answer what was accepted, then stop. With --json, one event per line.',
  argument: {
    syntax: '[model...]',
    description: "model files, or name=file; the manifest's model when left out",
    extensions: model.extensions,
  },
  options: [
    shared.port,
    shared.host,
    {
      flags: '--log <folder>',
      description: 'folder of the prediction log',
      defaultValue: "the manifest's; none for bare files",
    },
    { flags: '--no-log', description: 'keep no prediction log' },
    shared.config,
    shared.from,
    shared.weights,
    shared.signature,
    shared.runtime,
    {
      flags: '--max-body <bytes>',
      description: 'largest request body',
      defaultValue: '67108864',
      parse: positiveInteger,
      group: 'Limits',
    },
    {
      flags: '--timeout <ms>',
      description: 'longest a request may take before 504',
      defaultValue: '30000',
      parse: positiveInteger,
      group: 'Limits',
    },
    {
      flags: '--max-queue <n>',
      description: 'requests that may wait for a model before 429',
      defaultValue: '4096',
      parse: positiveInteger,
      group: 'Limits',
    },
    {
      flags: '--inline <when>',
      description: 'run models in the HTTP thread: auto (runs under 1 ms), always, never',
      defaultValue: 'auto',
      choices: ['auto', 'always', 'never'],
      group: 'Speed',
    },
    {
      flags: '--workers <n>',
      description: 'worker threads of each model that is not run inline',
      defaultValue: 'one per core',
      parse: positiveInteger,
      group: 'Speed',
    },
    {
      flags: '--nonfinite <how>',
      description: 'NaN and infinities in replies: error (500), string, null, literal',
      defaultValue: 'error',
      choices: ['error', 'string', 'null', 'literal'],
    },
  ],
  examples: [
    { comment: 'a model on a free port', command: 'mlctl serve fixtures/demo/iris.h5 --port 0' },
    {
      comment: 'two models, one of them renamed, with a prediction log',
      command: 'mlctl serve fixtures/demo/iris.h5 numbers=fixtures/demo/digits.h5 --log predictions --port 0',
    },
    {
      comment: 'what the manifest says, events as JSON Lines',
      command: 'mlctl serve --config fixtures/demo/mlctl.yaml --json',
    },
  ],
  drains: true,
  async run({ args, options, json, quiet }, context, terminal) {
    const [{ serve }, { serveReport }] = await Promise.all([
      import('../../lifecycle/serve.ts'),
      import('../render/serve.ts'),
    ]);
    const report = serveReport(terminal, { json, quiet });
    const server = await serve(
      { ...options, models: args, ...(report.onRequest ? { onRequest: report.onRequest } : {}) },
      context,
    );
    report.listening(server);
    await aborted(context.signal);
    report.stopping();
    await server.close();
    report.stopped();
    return { passed: true };
  },
} satisfies Command;

export default command;

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

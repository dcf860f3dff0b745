// Hidden: serves one stored version on connections its supervisor hands over.

import { errors } from '../../errors.ts';
import type { FromChild, ToChild } from '../../targets/local/protocol.ts';
import type { Command } from '../command.ts';

const command = {
  name: 'serve-version',
  stage: 'Ship',
  summary: 'Serve one version for a supervisor',
  argument: { syntax: '<root name version...>', description: 'set by the supervisor' },
  options: [],
  examples: [],
  hidden: true,
  drains: true,
  async run({ args }, context, { parent }) {
    if (!parent)
      throw errors.USAGE('serve-version is started by a supervisor', 'mlctl deploy, or mlctl serve');
    const { serveVersion } = await import('../../lifecycle/supervise.ts');
    const [root = '', name = '', version = ''] = args;
    const channel = {
      send: (message: FromChild) => parent.send(message),
      onMessage: (listener: (message: ToChild, handle: unknown) => void) =>
        parent.onMessage((message, handle) => listener(message as ToChild, handle)),
      onClose: parent.onClose,
      close: parent.close,
    };
    await serveVersion({ root, name, version }, channel, context);
    return { passed: true };
  },
} satisfies Command;

export default command;

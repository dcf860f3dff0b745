// `mlctl completion`: a script for the shell, made from the same definitions as parser and help.

import type { Command } from '../command.ts';

const shells = ['bash', 'zsh', 'fish', 'powershell'] as const;

const command = {
  name: 'completion',
  stage: 'Tool',
  summary: 'Print a completion script for your shell',
  argument: { syntax: '<shell>', description: shells.join(', ') },
  options: [],
  examples: [
    { comment: 'this shell only', command: 'source <(mlctl completion bash)' },
    { comment: 'zsh, for good', command: 'mlctl completion zsh > ~/.zsh/completions/_mlctl' },
    { comment: 'fish', command: 'mlctl completion fish > ~/.config/fish/completions/mlctl.fish' },
  ],
  async run({ args }) {
    const { completionScript } = await import('../completion.ts');
    const { commands } = await import('./index.ts');
    const text = completionScript(args[0] ?? '', commands);
    return { result: { shell: args[0], script: text }, passed: true, text, essential: text };
  },
} satisfies Command;

export default command;

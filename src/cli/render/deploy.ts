// Plans and deployments as people read them.

import type { StatusResult } from '../../lifecycle/status.ts';
import type { PlanStep } from '../../targets/definition.ts';
import type { Stream } from '../terminal.ts';
import { time } from './numbers.ts';
import { symbols } from './symbols.ts';
import { table } from './table.ts';

/** Numbered steps in the order they are taken. */
export function renderPlan(plan: readonly PlanStep[], { paint }: Stream): string {
  return plan
    .map(({ action, detail }, index) => `  ${index + 1}. ${paint.bold(action.padEnd(6))}  ${detail}`)
    .join('\n');
}

export function renderStatus({ deployments }: StatusResult, stream: Stream): string {
  if (deployments.length === 0) return 'nothing is deployed here';
  const { paint } = stream;
  const { on, off, arrow, dash } = symbols(stream);
  return deployments
    .map(({ name, running, versions, history }) => {
      const head = running
        ? `${paint.green(on)} ${paint.bold(name)}  running  ${running.url}  version ${running.version}  since ${time(running.since)}  restarts ${running.restarts}`
        : `${off} ${paint.bold(name)}  stopped`;
      const rows = versions.map(({ version, digest, created, source }) => [
        `  ${version === running?.version ? arrow : ' '.repeat(arrow.length)} ${version}`,
        digest.slice(0, 12),
        time(created),
        source,
      ]);
      const last = history
        .slice(-3)
        .map(({ time: at, action, version, from, reason }) => [
          `    ${time(at)}`,
          action,
          [from, version].map((end) => end ?? dash).join(` ${arrow} `),
          reason ?? '',
        ]);
      return [head, table(rows, stream), last.length > 0 ? table(last, stream) : '']
        .filter((part) => part !== '')
        .join('\n');
    })
    .join('\n\n');
}

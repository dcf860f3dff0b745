// Plans and deployments as people read them.

import type { StatusResult } from '../../lifecycle/status.ts';
import type { PlanStep } from '../../targets/definition.ts';
import type { Stream } from '../terminal.ts';
import { table } from './table.ts';

/** Numbered steps in the order they are taken. */
export function renderPlan(plan: readonly PlanStep[], { paint }: Stream): string {
  return plan
    .map(({ action, detail }, index) => `  ${index + 1}. ${paint.bold(action.padEnd(6))}  ${detail}`)
    .join('\n');
}

export function renderStatus({ deployments }: StatusResult, stream: Stream): string {
  if (deployments.length === 0) return 'nothing is deployed here';
  const { paint, unicode } = stream;
  const mark = unicode ? { on: '●', off: '○' } : { on: '*', off: '-' };
  return deployments
    .map(({ name, running, versions, history }) => {
      const head = running
        ? `${paint.green(mark.on)} ${paint.bold(name)}  running  ${running.url}  version ${running.version}  since ${running.since}  restarts ${running.restarts}`
        : `${mark.off} ${paint.bold(name)}  stopped`;
      const rows = versions.map(({ version, digest, created, source }) => [
        `  ${version === running?.version ? '→' : ' '} ${version}`,
        digest.slice(0, 12),
        created,
        source,
      ]);
      const last = history
        .slice(-3)
        .map(({ time, action, version, from, reason }) => [
          `    ${time}`,
          action,
          [from, version].map((end) => end ?? '–').join(' → '),
          reason ?? '',
        ]);
      return [head, table(rows, stream), last.length > 0 ? table(last, stream) : '']
        .filter((part) => part !== '')
        .join('\n');
    })
    .join('\n\n');
}

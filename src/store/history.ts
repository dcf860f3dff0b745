// What was in production when: one JSON line per event, only ever appended.

import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { layout, type Store } from './layout.ts';

export type HistoryEvent = {
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly action: 'deploy' | 'rollback' | 'stop' | 'failed';
  /** The version that answers after this event. */
  readonly version: string | null;
  readonly digest: string | null;
  /** The version that answered before. */
  readonly from: string | null;
  readonly target: string;
  readonly by: string;
  readonly reason?: string;
};

export async function appendHistory(store: Store, event: HistoryEvent): Promise<void> {
  await mkdir(dirname(layout.history(store)), { recursive: true });
  await appendFile(layout.history(store), `${JSON.stringify(event)}\n`);
}

/** Oldest first; a torn line is skipped. */
export async function readHistory(store: Store): Promise<HistoryEvent[]> {
  const text = await readFile(layout.history(store), 'utf8').catch(() => '');
  return text.split('\n').flatMap((line) => {
    try {
      return line === '' ? [] : [JSON.parse(line) as HistoryEvent];
    } catch {
      return [];
    }
  });
}

/** The version to go back to: what answered before the current one came, skipping what was rolled back from. */
export function previousVersion(
  history: readonly HistoryEvent[],
  current: string | null,
): string | undefined {
  const stack: string[] = [];
  for (const { action, version } of history) {
    if (action === 'deploy' && version !== null && stack.at(-1) !== version) stack.push(version);
    if (action === 'rollback' && version !== null) {
      const at = stack.lastIndexOf(version);
      stack.splice(at < 0 ? 0 : at, stack.length, version);
    }
  }
  return stack.filter((version) => version !== current).at(-1);
}

// Is a server fit to take over. A server listens only after it has loaded its model and run it on made-up inputs
// (server/measure.ts); what is left to see is that it answers.

import { setTimeout as sleep } from 'node:timers/promises';

const ATTEMPTS = 50;

/** Throws a plain Error that says what was wrong. */
export async function waitUntilReady(url: string): Promise<void> {
  let last = '';
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    try {
      const response = await fetch(`${url}/v2/health/ready`, { signal: AbortSignal.timeout(5000) });
      await response.arrayBuffer();
      if (response.ok) return;
      last = `it answered ${response.status}`;
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
    }
    await sleep(100);
  }
  throw new Error(`it did not become ready: ${last}`);
}

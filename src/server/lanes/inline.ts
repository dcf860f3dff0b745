// Runs a small model in the thread that serves HTTP: handing it to a worker would cost more than the run.

import type { Session } from '../../runtimes/session.ts';
import type { Port } from '../ports.ts';
import type { Lane } from './lane.ts';
import { runOrdered } from './ordered.ts';

export function inlineLane(session: Session, inputs: readonly Port[], outputs: readonly Port[]): Lane {
  return {
    depth: 1,
    run: (feeds) => runOrdered(session, inputs, outputs, feeds),
    release: () => session.release(),
  };
}

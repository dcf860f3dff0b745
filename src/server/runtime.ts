// The runtime for a model source.

import { errors } from '../errors.ts';
import { runtimes } from '../runtimes/index.ts';
import type { ModelSource, Runtime } from '../runtimes/session.ts';

/** The one of this name, or the first whose formats include the source's. */
export function findRuntime({ format }: ModelSource, name: string | undefined): Runtime {
  const known: readonly Runtime[] = runtimes;
  const found = known.find((runtime) =>
    name === undefined ? runtime.formats.includes(format) : runtime.name === name,
  );
  if (!found) throw errors.NO_RUNTIME(format, name ?? 'no runtime here');
  return found;
}

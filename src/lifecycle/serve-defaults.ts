// Settings of a server that neither a flag nor the manifest gives; the manifest's template names the same ones.

import type { Limits, LogOptions } from '../server/definition.ts';

export const defaultLimits: Limits = {
  maxBodyBytes: 64 * 2 ** 20,
  maxQueue: 4096,
  timeoutMs: 30_000,
  drainMs: 30_000,
};

/** An array of more than 512 elements (a picture) is logged as its Summary: the log would be mostly pixels. */
export const defaultLog: Omit<LogOptions, 'folder'> = {
  segmentBytes: 16 * 2 ** 20,
  maxBytes: 256 * 2 ** 20,
  maxElements: 512,
};

// The streams a command writes to, and what each of them can show.

import type { ChalkInstance } from 'chalk';

/** Streams and what is known about them. Tests pass fakes. */
export type Terminal = {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly stdout: Stream;
  readonly stderr: Stream;
  readonly isCI: boolean;
};

export type Stream = {
  readonly isTTY: boolean;
  /** 80 when not a terminal. */
  readonly columns: number;
  /** False when the locale cannot show ✓ and the like. */
  readonly unicode: boolean;
  /** Colours of this stream; level 0 when off. */
  readonly paint: ChalkInstance;
  write(text: string): void;
};

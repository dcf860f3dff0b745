// The version of this package, read from its package.json.

import { readFileSync } from 'node:fs';

/** @example version() // '0.1.0' */
export function version(): string {
  // The same relative place from src/ and from dist/.
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

// What is installed here: our version, the runtimes that load, the formats known.

import { formats } from '../formats/index.ts';
import { runtimes } from '../runtimes/index.ts';
import { version } from '../version.ts';

export type Installation = {
  readonly version: string;
  readonly runtimes: readonly {
    readonly name: string;
    readonly version?: string;
    readonly missing?: string;
  }[];
  readonly formats: readonly string[];
};

export async function describeInstallation(): Promise<Installation> {
  return {
    version: version(),
    runtimes: await Promise.all(runtimes.map(async ({ name, probe }) => ({ name, ...(await probe()) }))),
    formats: formats.map(({ name }) => name),
  };
}

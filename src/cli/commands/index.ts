// Written by `npm run fix` from the files of this folder; test/registries.test.ts checks it.

import type { Command } from '../command.ts';
import completion from './completion.ts';
import init from './init.ts';
import inspect from './inspect.ts';
import version from './version.ts';

export const commands: readonly Command[] = [completion, init, inspect, version];

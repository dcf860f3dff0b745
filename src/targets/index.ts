// Written by `npm run fix` from the files of this folder; test/registries.test.ts checks it.

import type { Target } from './definition.ts';
import local from './local/index.ts';

export const targets: readonly Target[] = [local];

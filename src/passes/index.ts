// Written by `npm run fix` from the files of this folder; test/registries.test.ts checks it.

import type { Pass } from './definition.ts';
import mergeDuplicates from './merge-duplicates.ts';
import removeDeadCode from './remove-dead-code.ts';
import removeIdentity from './remove-identity.ts';

export const passes: readonly Pass[] = [mergeDuplicates, removeDeadCode, removeIdentity];

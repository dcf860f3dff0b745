// Written by `npm run fix` from the files of this folder; test/registries.test.ts checks it.

import type { Pass } from './definition.ts';


export const passes: readonly Pass[] = [

];

// Written by `npm run fix` from the files of this folder; test/registries.test.ts checks it.

import type { LayerFamily } from '../layer.ts';


export const layers: readonly LayerFamily[] = [];

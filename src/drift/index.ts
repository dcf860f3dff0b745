// Written by `npm run fix` from the files of this folder; test/registries.test.ts checks it.

import chiSquare from './chi-square.ts';
import type { DriftTest } from './definition.ts';
import jensenShannon from './jensen-shannon.ts';
import ks from './ks.ts';
import psi from './psi.ts';
import wasserstein from './wasserstein.ts';

export const drift: readonly DriftTest[] = [chiSquare, jensenShannon, ks, psi, wasserstein];

// Networks of the corpus as TensorFlow's converter wrote them, beside ours of the same Keras file.

import { describe, expect, it } from 'vitest';
import { twins } from '../../../fixtures/formats/tflite/twins.ts';
import { quietContext } from '../../../src/context.ts';
import { convert } from '../../../src/lifecycle/convert.ts';
import { corpusFolder } from './corpus.ts';
import { compareTwin, SMALL } from './twins.ts';

describe.skipIf(corpusFolder === undefined)(
  'networks that TensorFlow converted too (needs MLCTL_CORPUS)',
  () => {
    it.each(twins.filter(({ refused }) => refused === undefined))('$source', async (twin) => {
      const { ours, theirs, parity } = await compareTwin(corpusFolder ?? '', twin);
      expect(ours.count).toBeLessThanOrEqual(theirs.count);
      expect(ours.bytes).toBeLessThanOrEqual(Math.max(theirs.bytes * 1.02, theirs.bytes + SMALL));
      if (twin.differs === undefined) expect(parity.maxAbs).toBeLessThanOrEqual(1e-5);
      // The reason has to stay true.
      else expect(parity.maxAbs).toBeGreaterThan(1e-2);
    });

    it.each(twins.filter(({ refused }) => refused !== undefined))('$source is refused', async (twin) => {
      const model = `${corpusFolder}/${twin.source}`;
      await expect(convert({ model, to: ['tflite'], dryRun: true }, quietContext())).rejects.toMatchObject({
        code: 'OP_UNSUPPORTED',
      });
    });
  },
);

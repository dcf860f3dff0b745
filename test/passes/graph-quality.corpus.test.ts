// The graphs of the corpus are as small as an expert would have written them: no Transposes inside, and networks of
// convolutions have no more operators than their layers. What cannot be better is listed with its reason (quality.ts).

import { describe, expect, it } from 'vitest';
import { exceptionFor, exceptions, kerasFiles, measure, sumOf } from './quality.ts';

const corpus = process.env.MLCTL_CORPUS ?? '';
const files = corpus === '' ? [] : kerasFiles(corpus);

describe.skipIf(files.length === 0)('Keras files of the corpus (set MLCTL_CORPUS to run)', () => {
  const seen = new Set<string>();
  let networks = 0;

  it.each(files)('%s', async (file) => {
    const quality = await measure(corpus, file);
    if (!quality) return;
    const exception = exceptionFor(file);
    if (exception) seen.add(exception.why);
    // An exception that is not needed any more has to go.
    expect(quality.transposesInside).toBe(exception?.transposes ?? 0);
    if (!quality.reference) return;
    networks++;
    const most = sumOf(quality.reference) + (exception?.extra ?? 0);
    if (exception?.extra) expect(quality.operators).toBe(most);
    else expect(quality.operators).toBeLessThanOrEqual(most);
  });

  it('holds networks of convolutions to their layers, and needs every exception', () => {
    expect(networks).toBeGreaterThanOrEqual(30);
    expect(seen).toEqual(new Set(exceptions.map(({ why }) => why)));
  });
});

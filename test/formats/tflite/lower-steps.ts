// Quantized results against LiteRT: no element more than one step off.

import { expect } from 'vitest';
import { type Case, list, runLitert, runRead } from './lower-build.ts';

export async function expectSteps(one: Case, most = 1): Promise<void> {
  const expected = await runLitert(one);
  const { plain, optimized } = await runRead(one);
  for (const results of [plain, optimized]) {
    expect(results.map(({ dtype, dims }) => [dtype, dims])).toEqual(
      expected.map(({ dtype, dims }) => [dtype, dims]),
    );
    const worst = expected.flatMap((want, index) => {
      const got = list(results[index]);
      return list(want).map((value, at) => Math.abs(value - (got[at] ?? Number.NaN)));
    });
    const limit = one.outputs[0]?.quantization === undefined ? 1e-5 : most;
    expect(worst.filter((difference) => !(difference <= limit))).toEqual([]);
  }
}

// The ONNX project's operator tests, said at older opsets: what they still can say must compute what the test expects, and
// what they cannot is refused, never written wrongly.

import { expect, test } from 'vitest';
import { quietContext } from '../../src/context.ts';
import { MlctlError } from '../../src/errors.ts';
import { readOnnx } from '../../src/formats/onnx/read.ts';
import type { Model } from '../../src/graph/model.ts';
import { downgradeModel } from '../../src/ops/downgrade.ts';
import { backendCases, backendFolder, judgeCase, loadCase } from '../formats/onnx/backend.ts';
import { find, randomValues, readExclusions, runtimeExclusions } from '../formats/onnx/backend-exclusions.ts';

/** Opset and how many of the tests it can say, at least. */
const opsets: readonly (readonly [opset: number, said: number])[] = [
  [9, 600],
  [11, 890],
  [13, 1115],
  [15, 1150],
  [17, 1185],
  [18, 1335],
  [19, 1345],
  [20, 1375],
];

test.skipIf(backendFolder === undefined)(
  'backend tests at older opsets (needs MLCTL_CORPUS)',
  async () => {
    const said = new Map<number, number>(opsets.map(([opset]) => [opset, 0]));
    const wrong: string[] = [];
    for (const name of backendCases()) {
      if (find(runtimeExclusions, name) || find(readExclusions, name)) continue;
      const one = await loadCase(name);
      if (!one.allTensors) continue; // sequences and optionals cannot be passed to or from the runtime
      const model = await readOnnx(one.path, quietContext());
      for (const [opset] of opsets) {
        const older = restate(model, opset);
        if (older === undefined) continue;
        said.set(opset, (said.get(opset) ?? 0) + 1);
        const problem = await judgeCase(() => older, one, find(randomValues, name) !== undefined);
        if (problem !== undefined) wrong.push(`${name} at ${opset}: ${problem}`);
      }
    }
    expect(wrong).toEqual([]);
    for (const [opset, least] of opsets)
      expect([opset, said.get(opset)]).toSatisfy(() => Number(said.get(opset)) >= least);
  },
  300_000,
);

function restate(model: Model, opset: number): Model | undefined {
  try {
    return downgradeModel(model, opset);
  } catch (error) {
    if (error instanceof MlctlError && error.code === 'OPSET_TOO_OLD') return undefined;
    throw error;
  }
}

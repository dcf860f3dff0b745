// Every ONNX file of the corpus that onnxruntime runs: the same outputs after the pipeline, never more nodes, no more
// Transposes. The corpus is not part of the repository.

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { quietContext } from '../../src/context.ts';
import { readOnnx } from '../../src/formats/onnx/read.ts';
import type { Model } from '../../src/graph/model.ts';
import { validate } from '../../src/graph/validate.ts';
import { runReference } from '../../src/lifecycle/convert/verify.ts';
import { compareOutputs, runAll } from '../../src/lifecycle/parity.ts';
import { pipelines } from '../../src/passes/pipelines.ts';
import { runPasses } from '../../src/passes/run.ts';
import { openGraph } from '../../src/runtimes/onnxruntime.ts';
import { count, tools } from './graphs.ts';

const root = process.env.MLCTL_CORPUS ? join(process.env.MLCTL_CORPUS, 'onnx') : '';
const files = existsSync(root)
  ? readdirSync(root, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.onnx'))
      .sort()
  : [];

/** The model and what it answers, or undefined where it cannot be read or run here: nothing to compare then. */
async function open(path: string) {
  try {
    const context = quietContext();
    const model: Model = await readOnnx(path, context);
    return { model, reference: await runReference(model, { seed: 1, samples: 2 }, context) };
  } catch {
    return undefined;
  }
}

describe.skipIf(files.length === 0)('ONNX corpus (set MLCTL_CORPUS to run)', () => {
  let compared = 0;

  it.each(files)('%s', async (file) => {
    const opened = await open(join(root, file));
    if (!opened) return;
    const { model, reference } = opened;
    const nodes = model.graph.nodes.length;
    const transposes = count(model, 'Transpose');
    await runPasses(model, pipelines.optimize, tools, { check: (changed) => validate(changed) });
    // Without the runtime's optimizer, whose rounding is not what is tested here.
    const session = await openGraph(model, { optimize: false });
    const outputs = await runAll(session, reference.feeds);
    await session.release();
    const parity = compareOutputs(reference.outputs, outputs, reference.samples, 1e-4);
    expect(parity.outputs.filter(({ passed }) => !passed)).toEqual([]);
    expect(model.graph.nodes.length).toBeLessThanOrEqual(nodes);
    expect(count(model, 'Transpose')).toBeLessThanOrEqual(transposes);
    compared++;
  });

  it('compared most of them', () => {
    expect(compared).toBeGreaterThan(files.length * 0.7);
  });
});

// Whatever is inferred about any value in a graph, a length or a number held, is what onnxruntime finds there when it runs.

import { describe, expect, it } from 'vitest';
import type { Model } from '../../src/graph/model.ts';
import { elementCount, type Tensor } from '../../src/graph/tensor.ts';
import { Inference } from '../../src/ops/infer.ts';
import { NEWEST_OPSET, OLDEST_OPSET, upgradeModel } from '../../src/ops/upgrade.ts';
import type { Feeds } from '../../src/runtimes/session.ts';
import { allBackendTests, backendInputs, backendModel, corpus } from './corpus.ts';
import { mismatches, runAll } from './values.ts';

describe.skipIf(corpus === undefined)('the backend suite (MLCTL_CORPUS is not set)', () => {
  it('holds in every value what was inferred', async () => {
    const wrong: string[] = [];
    const count = { values: 0, numbers: 0 };
    for (const test of allBackendTests()) {
      const model = await backendModel(test);
      const opset = model.opsets.get('') ?? 0;
      if (opset < OLDEST_OPSET || opset > NEWEST_OPSET) continue;
      const feeds = await constantInputs(test, model);
      upgradeModel(model);
      const found = new Inference(model).walk(model.graph);
      const actual = await runAll(model, feeds);
      // onnxruntime has no kernel for some operators and types.
      if (actual === undefined) continue;
      for (const problem of mismatches(actual, found, count)) wrong.push(`${test}: ${problem}`);
    }
    expect(wrong).toEqual([]);
    expect(count.values).toBeGreaterThan(8000);
    expect(count.numbers).toBeGreaterThan(4000);
  });
});

/** Feeds for all inputs. The short ones, shapes and the like, become constants, so that much can be inferred. */
async function constantInputs(test: string, { graph }: Model): Promise<Feeds> {
  const tensors = await backendInputs(test, graph.inputs.length);
  const feeds: Record<string, Tensor> = {};
  for (const [index, name] of [...graph.inputs].entries()) {
    const tensor = tensors[index];
    if (tensor === undefined) continue;
    if (tensor.dims.length < 2 && elementCount(tensor.dims) <= 64) {
      graph.initializers.set(name, tensor);
      graph.inputs = graph.inputs.filter((input) => input !== name);
    } else feeds[name] = tensor;
  }
  return feeds;
}

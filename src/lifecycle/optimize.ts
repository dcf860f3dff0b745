// Runs a pass pipeline on a graph, folding constants in onnxruntime.

import type { Context } from '../context.ts';
import type { Model } from '../graph/model.ts';
import type { PassReport } from '../passes/run.ts';

/**
 * Changes the model in place; the numbers it computes stay the same. `guard` keeps the graph as it was read but for
 * what a runtime would compute wrongly. Says how many places each pass changed.
 */
export async function optimize(
  model: Model,
  context: Context,
  pipeline: 'optimize' | 'guard' = 'optimize',
): Promise<readonly PassReport[]> {
  const [{ runPasses }, { pipelines }, { evaluateGraph }] = await Promise.all([
    import('../passes/run.ts'),
    import('../passes/pipelines.ts'),
    import('../runtimes/onnxruntime.ts'),
  ]);
  return runPasses(model, pipelines[pipeline], { context, evaluate: evaluateGraph });
}

// Runs the pass pipeline on a graph, folding constants in onnxruntime.

import type { Context } from '../context.ts';
import type { Model } from '../graph/model.ts';

/** Changes the model in place; the numbers it computes stay the same. */
export async function optimize(model: Model, context: Context): Promise<void> {
  const [{ runPasses }, { pipelines }, { evaluateGraph }] = await Promise.all([
    import('../passes/run.ts'),
    import('../passes/pipelines.ts'),
    import('../runtimes/onnxruntime.ts'),
  ]);
  await runPasses(model, pipelines.optimize, { context, evaluate: evaluateGraph });
}

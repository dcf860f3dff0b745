// Runs a list of passes on a model. Types are inferred before the first pass and after each one that changed something,
// so that every pass may rely on them.

import type { Model } from '../graph/model.ts';
import { inferTypes } from '../ops/infer.ts';
import type { Pass, PassTools } from './definition.ts';

/** Passes in order; a group is repeated until it changes nothing more, at most so many times. */
export type Pipeline = readonly (Pass | Group)[];

export type Group = { readonly passes: readonly Pass[]; readonly atMost: number };

export type PassReport = { readonly name: string; readonly modified: number };

export type RunOptions = {
  /** Called with the model after each pass: tests hand `validate` in. */
  readonly check?: (model: Model, pass: Pass) => void;
};

/** Changes the model in place and says how many places each pass changed, in the order they first ran. */
export async function runPasses(
  model: Model,
  pipeline: Pipeline,
  tools: PassTools,
  options: RunOptions = {},
): Promise<PassReport[]> {
  const totals = new Map<string, number>();
  inferTypes(model);
  const runOne = async (pass: Pass): Promise<number> => {
    tools.context.signal.throwIfAborted();
    const { modified } = await pass.run(model, tools);
    totals.set(pass.name, (totals.get(pass.name) ?? 0) + modified);
    if (modified > 0) inferTypes(model);
    options.check?.(model, pass);
    return modified;
  };
  for (const step of pipeline) {
    if (!('passes' in step)) {
      await runOne(step);
      continue;
    }
    for (let round = 0; round < step.atMost; round++) {
      let modified = 0;
      for (const pass of step.passes) modified += await runOne(pass);
      if (modified === 0) break;
    }
  }
  return [...totals].map(([name, modified]) => ({ name, modified }));
}

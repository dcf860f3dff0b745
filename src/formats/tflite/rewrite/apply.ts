// Runs a list of rewrites over every graph of a model until none has anything left to do.

import type { Model, Node } from '../../../graph/model.ts';
import { inferTypes } from '../../../ops/infer.ts';
import { rewriteGraphs } from '../../../passes/scopes.ts';
import type { Rewriter } from '../../../passes/uses.ts';
import type { Refusals } from '../refusals.ts';
import { Build } from './build.ts';
import { NotYet, Refusal, type Rewrite } from './definition.ts';

/** Rewrites of rewrites: deeper ones would be a mistake in the list. */
const MOST_ROUNDS = 12;

/** Changes the model in place and returns how many nodes were replaced. */
export function applyRewrites(model: Model, rewrites: readonly Rewrite[], refusals: Refusals): number {
  const byType = new Map<string, Rewrite[]>();
  for (const rewrite of rewrites) {
    for (const opType of rewrite.opTypes) {
      const key = keyOf(rewrite.domain ?? '', opType);
      byType.set(key, [...(byType.get(key) ?? []), rewrite]);
    }
  }
  let total = 0;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const count = rewriteGraphs(model, (rewriter) => {
      let replaced = 0;
      for (const node of rewriter.nodes()) {
        const list = byType.get(keyOf(node.domain, node.opType));
        if (list?.some((rewrite) => applyOne(node, rewrite, rewriter, refusals))) replaced++;
      }
      return replaced;
    });
    if (count === 0) break;
    inferTypes(model);
    total += count;
  }
  return total;
}

function keyOf(domain: string, opType: string): string {
  return `${domain === 'ai.onnx' ? '' : domain}:${opType}`;
}

function applyOne(node: Node, { rewrite }: Rewrite, rewriter: Rewriter, refusals: Refusals): boolean {
  const build = new Build(node, rewriter);
  try {
    const values = rewrite(node, build);
    if (values === undefined) return false;
    replace(node, values, rewriter);
    return true;
  } catch (cause) {
    if (!(cause instanceof Refusal || cause instanceof NotYet)) throw cause;
    for (const made of build.made) rewriter.remove(made);
    if (cause instanceof Refusal) refusals.add(node, cause.message);
    return false;
  }
}

/** The new values take over the names of the old ones, which are what people know. */
function replace(node: Node, values: readonly string[], rewriter: Rewriter): void {
  const outputs = [...node.outputs];
  const own = new Set(node.inputs);
  rewriter.remove(node);
  for (const [index, output] of outputs.entries()) {
    if (output === '') continue;
    const value = values[index];
    if (value === undefined || value === '') continue;
    const maker = rewriter.producer(value);
    const isShared = values.indexOf(value) !== index || own.has(value);
    if (maker === undefined || isShared || rewriter.isPinned(value)) {
      rewriter.add('Identity', [value], { name: node.name, outputs: [output] });
      continue;
    }
    const type = rewriter.graph.types.get(value);
    rewriter.setOutput(maker, maker.outputs.indexOf(value), output);
    rewriter.replaceUses(value, output);
    if (type !== undefined && !rewriter.graph.types.has(output)) rewriter.graph.types.set(output, type);
    rewriter.graph.types.delete(value);
  }
}

// `--dtype float16`: weights take half the room, and nodes compute in half precision where that is safe.
//
// A node stays in float32 when
//   1. the user asks for it, or the caller found that it makes the outputs differ;
//   2. its operator has no float16 version (float16-rules.ts); of a recurrent layer the weights shrink all the same;
//   3. half precision cannot hold one of its constants: one that overflows, or is so small that little is left of it;
//   4. a value it reads or makes was seen outside what half precision holds, with room to spare.

import type { Model, Node } from '../../graph/model.ts';
import type { Range } from './calibration/definition.ts';
import type { Kept, Precision, PrecisionReport, PrecisionSettings } from './definition.ts';
import { halfRule, recurrent } from './float16-rules.ts';
import { halfLoss, LARGEST_HALF, SMALLEST_NORMAL_HALF } from './half.ts';
import { computeInHalf } from './half-graph.ts';
import { constantIn, isSingle, type Level } from './levels.ts';
import { storeHalf } from './store-half.ts';

/** Samples show only some of what a model will see: values may grow fourfold before they overflow. */
const LARGEST_SEEN = LARGEST_HALF / 4;

/**
 * Rounding to half precision changes a number by 2^-11 of itself. A constant that changes by more than four times
 * that, relative to its own largest element, does not fit: overflow, or nearly everything below 2^-14.
 */
const LARGEST_LOSS = 2 ** -9;

export default {
  name: 'float16',
  summary: 'half precision: half the size; what does not fit stays float32',
  ranges: 'seeded',
  // Each rounding moves a value by up to 2^-11 (5e-4) of itself. Over n nodes in a row independent roundings add up as
  // √n: 400 layers reach 1e-2 of the scale of the output. More than that is a node in the wrong type.
  tolerance: 1e-2,
  isRepaired: true,
  rewrite,
} satisfies Precision;

function rewrite(model: Model, { keep, ranges, target }: PrecisionSettings): PrecisionReport {
  return target?.storesHalf ? store(model, keep) : compute(model, keep, ranges);
}

function compute(
  model: Model,
  keep: PrecisionSettings['keep'],
  ranges: PrecisionSettings['ranges'],
): PrecisionReport {
  const kept: Kept[] = [];
  const changed = computeInHalf(model, (node, level, isPossible) => {
    const found = isPossible
      ? (keep.get(node.name) ?? constantOut(node, level) ?? valueOut(node, level, ranges))
      : because(node, 'operator', null);
    if (found) kept.push(found);
    return found === undefined;
  });
  const stored = new Set(
    kept.flatMap(({ node, opType, reason }) =>
      reason === 'operator' && recurrent.includes(opType) && !keep.has(node) ? [node] : [],
    ),
  );
  storeHalf(model, (node, value) => {
    const tensor = model.graph.initializers.get(value);
    return stored.has(node) && tensor !== undefined && halfLoss(tensor).relative <= LARGEST_LOSS;
  });
  return { changed, kept };
}

/** Rules 1 and 3 only: what is computed stays float32. */
function store(model: Model, keep: PrecisionSettings['keep']): PrecisionReport {
  const kept = new Map<string, Kept>();
  const types = new Map(model.graph.nodes.map((node) => [node.name, node]));
  const changed = storeHalf(model, (name, value) => {
    const tensor = model.graph.initializers.get(value);
    const loss = tensor && halfLoss(tensor);
    const node = types.get(name);
    const isLossy = node && loss && loss.relative > LARGEST_LOSS;
    const found = keep.get(name) ?? (isLossy ? because(node, 'weight', loss.absMax) : undefined);
    if (found) kept.set(name, found);
    return found === undefined;
  });
  return { changed, kept: [...kept.values()] };
}

function constantOut(node: Node, level: Level): Kept | undefined {
  const rule = halfRule(node);
  for (const [index, value] of node.inputs.entries()) {
    if (rule !== 'float32' && (rule.inputs?.includes(index) || rule.shapeOnly?.includes(index))) continue;
    const tensor = isSingle(level, value) ? constantIn(level, value) : undefined;
    if (!tensor) continue;
    const loss = halfLoss(tensor);
    if (loss.relative > LARGEST_LOSS) return because(node, 'weight', loss.absMax);
  }
  return undefined;
}

function valueOut(node: Node, level: Level, ranges: ReadonlyMap<string, Range>): Kept | undefined {
  // Values inside sub-graphs are not observed, and their names may be those of observed ones.
  if (level.outer) return undefined;
  for (const value of [...node.inputs, ...node.outputs]) {
    const range = ranges.get(value);
    if (!range || !isSingle(level, value)) continue;
    const absMax = Math.max(-range.min, range.max);
    if (absMax > LARGEST_SEEN || (absMax > 0 && absMax < SMALLEST_NORMAL_HALF)) {
      return because(node, 'range', absMax);
    }
  }
  return undefined;
}

function because({ name, opType }: Node, reason: Kept['reason'], value: number | null): Kept {
  return { node: name, opType, reason, value };
}

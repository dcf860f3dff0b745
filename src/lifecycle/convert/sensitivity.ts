// How far the model's own outputs move when its inputs move by their last digit. Where that is as far as the file is off,
// the inputs that were made up say nothing for or against the file: recurrent layers with large weights, for one, double
// the rounding of every step, and no two programs that compute them in float32 agree.

import type { Context } from '../../context.ts';
import type { Model } from '../../graph/model.ts';
import type { Tensor } from '../../graph/tensor.ts';
import type { Feeds } from '../../runtimes/session.ts';
import { compareOutputs, type Parity, runAll } from '../parity.ts';
import { openAsRead, type Reference } from './verify.ts';

/** Of a float32, relative to it. */
const LAST_DIGIT = 2 ** -23;
const NUDGES = 2;
/** Every operator rounds, not only what feeds the first one. */
const AS_MUCH_AS = 4;

/**
 * What the model moves by, relative to the scale of its outputs, when that explains every output that is out of
 * tolerance; undefined when it does not. Errors: those of a run.
 */
export async function explainedBySensitivity(
  model: Model,
  reference: Reference,
  parity: Parity,
  context: Context,
): Promise<number | undefined> {
  if (parity.mismatches > 0 || !Number.isFinite(parity.maxRel)) return undefined;
  const opened = await openAsRead(model, context);
  try {
    const moved = new Map<string, number>();
    for (let nudge = 0; nudge < NUDGES; nudge++) {
      const feeds = reference.feeds.map((set) => nudged(set, nudge));
      const outputs = await runAll(opened.session, feeds, context);
      const found = compareOutputs(reference.outputs, outputs, reference.samples, parity.tolerance);
      for (const { name, maxRel } of found.outputs) moved.set(name, Math.max(moved.get(name) ?? 0, maxRel));
    }
    const off = parity.outputs.filter(({ passed }) => !passed);
    const isExplained = off.every(({ name, maxRel }) => maxRel <= AS_MUCH_AS * (moved.get(name) ?? 0));
    return isExplained ? Math.max(...off.map(({ name }) => moved.get(name) ?? 0)) : undefined;
  } finally {
    await opened.close();
  }
}

function nudged(feeds: Feeds, nudge: number): Feeds {
  return Object.fromEntries(
    Object.entries(feeds).map(([name, tensor]) => [name, nudgedTensor(tensor, nudge)]),
  );
}

/** Every other element up and the rest down, then the other way round. */
function nudgedTensor(tensor: Tensor, nudge: number): Tensor {
  if (tensor.dtype !== 'float32') return tensor;
  const data = (tensor.data as Float32Array).map((value, at) => {
    const sign = (at + nudge) % 2 === 0 ? 1 : -1;
    return value * (1 + sign * LAST_DIGIT);
  });
  return { ...tensor, data };
}

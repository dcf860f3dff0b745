// The second half of a conversion: is the file what the model was?

import type { Context } from '../../context.ts';
import type { Precision } from '../../passes/quantize/definition.ts';
import { DEFAULT_TOLERANCE, type Parity } from '../parity.ts';
import type { Divergence } from './divergence.ts';
import { applyInterface, upTo } from './interface.ts';
import { closenessOf } from './own-numbers.ts';
import type { Source, StagedTarget } from './prepare.ts';
import { explainedBySensitivity } from './sensitivity.ts';
import { type Reference, verifyFile } from './verify.ts';

/** How close the file is; out of tolerance, with the first node that differs when the graphs themselves do. */
export type Checked = Parity & { readonly firstDivergence?: Divergence };

export async function check(
  { target, artifact, own }: StagedTarget,
  source: Source,
  reference: Reference,
  tolerance: number | undefined,
  context: Context,
): Promise<Checked> {
  const step = context.progress.step(`Comparing on ${reference.samples} samples`);
  const precision: Precision | undefined = target.reduction?.precision;
  const closeness = precision ?? closenessOf(own, target.format.numbers);
  const limit = tolerance ?? closeness?.tolerance ?? DEFAULT_TOLERANCE;
  const measured = await verifyFile(target.format.name, artifact.stagedPath, reference, limit, context);
  step.end();
  // Someone who states a tolerance means that, and only that.
  const least = tolerance === undefined ? (closeness?.leastCosine ?? -1) : -1;
  const parity = { ...measured, passed: measured.passed && measured.cosine >= least };
  const [feeds] = reference.feeds;
  if (parity.passed || !feeds) return parity;
  // Every value of smaller numbers differs a little: there is no first.
  const hasFirst = target.reduction === undefined;
  if (tolerance !== undefined && !hasFirst) return parity;
  const before = await source.format.read(source.path, context, {
    ...source.reading,
    ...upTo(target.interface),
  });
  await applyInterface(before, target.interface);
  if (tolerance === undefined) {
    const moves = await explainedBySensitivity(before, reference, parity, context).catch(() => undefined);
    context.signal.throwIfAborted();
    if (moves !== undefined) {
      context.diagnose({
        code: 'MODEL_SENSITIVE',
        severity: 'warning',
        message: `the file is off by ${parity.maxRel.toExponential(0)} of the scale of its outputs, and the model itself moves by ${moves.toExponential(0)} when the last digit of its inputs changes: these inputs cannot tell whether the file is right`,
        args: { maxRel: parity.maxRel, moves },
        hint: 'evaluate both on real data before you rely on it; or state a --tolerance, which is then kept',
      });
      return { ...parity, passed: true };
    }
  }
  if (!hasFirst) return parity;
  const { firstDivergence } = await import('./divergence.ts');
  const after = await target.format.read(artifact.stagedPath, context);
  // The answer is known; where it went wrong is a help that must not replace it with an error.
  const found = await firstDivergence(before, after, feeds, limit, context.signal).catch(() => undefined);
  context.signal.throwIfAborted();
  return found ? { ...parity, firstDivergence: found } : parity;
}

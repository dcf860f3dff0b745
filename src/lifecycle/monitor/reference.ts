// Where "as it should be" comes from: a data file for inputs, the model run on it for predictions, and the earlier
// part of the log for what is left.

import { resolve } from 'node:path';
import type { Context } from '../../context.ts';
import { MlctlError } from '../../errors.ts';
import type { ComparedRows } from './drift-features.ts';
import type { Feature, Layout } from './layout.ts';
import { type ReferenceData, readReferenceData } from './reference-data.ts';
import type { SampledRows } from './reservoir.ts';
import type { ReferenceSource } from './result.ts';
import type { Settings } from './settings.ts';

export type Reference = {
  /** Called once the log has shown its layout; reads the data and runs the model. */
  prepare(layout: Layout): Promise<{ layout: Layout; data: ReferenceData | undefined }>;
  /** After the pass: what to compare the rows of a role with. `earlier` is what came before the window. */
  compare(role: Feature['role'], rows: SampledRows, earlier: SampledRows, hasWindow: boolean): Compared;
};

export type Compared = { readonly rows: ComparedRows | undefined; readonly source: ReferenceSource };

type Predictions = { readonly path: string; readonly digest: string } | { readonly reason: string };

export function openReference(settings: Settings, context: Context): Reference {
  let data: ReferenceData | undefined;
  let predictions: Predictions = { reason: 'there is no reference data to run the model on' };
  let prepared: { layout: Layout; data: ReferenceData | undefined } | undefined;
  return {
    async prepare(layout) {
      if (prepared) return prepared;
      if (settings.reference === undefined) {
        prepared = { layout, data: undefined };
        return prepared;
      }
      const { reference: path, signature, target } = settings;
      const step = context.progress.step('Reading the reference data');
      const read = await readReferenceData(path, layout, signature, target, context);
      step.end();
      data = read.data;
      predictions = await runModel(read.data, read.layout, settings, context);
      prepared = read;
      return prepared;
    },
    compare(role, rows, earlier, hasWindow) {
      if (role === 'input' && data) {
        const source = {
          ...none,
          from: 'data',
          path: data.path,
          digest: data.digest,
          rows: data.rows,
        } as const;
        return { source, rows: { reference: data.sample, current: rows, firstCurrent: 0 } };
      }
      if (role === 'prediction' && data && 'digest' in predictions) {
        const source = { ...none, ...predictions, from: 'model', rows: data.sample.count } as const;
        return { source, rows: { reference: data.sample, current: rows, firstCurrent: 0 } };
      }
      const reason =
        role === 'input' || !('reason' in predictions) ? 'no reference data was given' : predictions.reason;
      return fromLog(rows, earlier, hasWindow, reason);
    },
  };
}

const none: ReferenceSource = {
  from: 'none',
  path: null,
  digest: null,
  rows: 0,
  until: null,
  reason: null,
};

/** What came before the window; without a window, the first half of the rows against the second. */
function fromLog(rows: SampledRows, earlier: SampledRows, hasWindow: boolean, reason: string): Compared {
  const reference = hasWindow ? earlier : { ...rows, count: rows.count >> 1 };
  if (reference.count === 0 || rows.count === 0) {
    return {
      rows: undefined,
      source: { ...none, reason: `${reason}, and the log has nothing earlier` },
    };
  }
  const until = new Date(reference.times[reference.count - 1] ?? 0).toISOString();
  const source = { ...none, from: 'log', rows: reference.count, until, reason } as const;
  return {
    source,
    rows: { reference, current: rows, firstCurrent: hasWindow ? 0 : rows.count >> 1 },
  };
}

/** Writes the model's predictions into the reference sample, or says why not: predictions then lean on the log. */
async function runModel(
  data: ReferenceData,
  layout: Layout,
  settings: Settings,
  context: Context,
): Promise<Predictions> {
  if (settings.model === undefined) return { reason: 'no model was given to run on the reference data' };
  const step = context.progress.step('Running the model on the reference data');
  try {
    const [{ openModel }, { predictReference }] = await Promise.all([
      import('../open.ts'),
      import('./reference-predictions.ts'),
    ]);
    const model = await openModel(settings.model, settings.parts, context);
    try {
      await predictReference(model.session, data, layout, settings.signature, context);
    } finally {
      await model.session.release();
    }
    return { path: settings.model, digest: model.digest };
  } catch (cause) {
    if (context.signal.aborted) throw cause;
    const reason = `${settings.model} could not be run on the reference data: ${cause instanceof Error ? cause.message : String(cause)}`;
    context.diagnose({
      code: 'REFERENCE_NOT_PREDICTED',
      severity: 'warning',
      message: `${reason}; predictions are compared with the earlier part of the log`,
      args: {
        code: cause instanceof MlctlError ? cause.code : null,
        path: resolve(context.cwd, settings.model),
      },
    });
    return { reason };
  } finally {
    step.end();
  }
}

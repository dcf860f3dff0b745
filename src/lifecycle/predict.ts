// Runs a model over data and hands back what it says about every row, as CSV, JSON lines or an .npy array.

import { extname } from 'node:path';
import type { Context } from '../context.ts';
import { encodeNpy } from '../encoding/npy.ts';
import { errors } from '../errors.ts';
import { dtypes } from '../graph/dtype.ts';
import type { TensorInfo } from '../runtimes/session.ts';
import { namesIn } from './evaluate/columns.ts';
import { type PredictedColumn, predictedColumns } from './evaluate/predicted-columns.ts';
import { chooseOutput, type Predictions, runRows } from './evaluate/run.ts';
import { type DataOptions, settle } from './evaluate/settings.ts';
import { signatureOf } from './evaluate/sources.ts';
import { targetNamesOf } from './evaluate/target.ts';
import { warnOfUnscaledImages } from './evaluate/unscaled-images.ts';
import { checkReport, writeReport } from './evaluate/write-report.ts';
import { openModel } from './open.ts';
import { prepareInputs } from './prepare-inputs.ts';

export const predictFormats = ['csv', 'jsonl', 'npy'] as const;
export type PredictFormat = (typeof predictFormats)[number];

export type PredictOptions = DataOptions & {
  /** File to write; `-` or absent: nothing is written, the bytes are in `content`. */
  readonly file?: string | undefined;
  /** Taken from the extension of `file` when absent; csv otherwise. */
  readonly format?: PredictFormat | undefined;
  /** Which output to write, when there are several; all of them otherwise. */
  readonly output?: string | undefined;
  /** Scores above it count as the second class, where there are two; 0.5 otherwise. */
  readonly threshold?: number | undefined;
};

export type PredictResult = {
  readonly model: string;
  readonly digest: string;
  readonly data: string;
  readonly dataDigest: string;
  readonly rows: number;
  readonly format: PredictFormat;
  readonly columns: readonly string[];
  /** What was written; null when the caller gets `content`. */
  readonly file: string | null;
  readonly rowsPerSecond: number;
};

export type Predicted = {
  readonly result: PredictResult;
  readonly content: readonly (string | Uint8Array)[];
};

/**
 * Errors: those of reading the model and the data, COLUMN_MISSING, FEATURES_MISMATCH, OUTPUT_UNCLEAR, FILE_UNWRITABLE.
 *
 * @example
 * await predict({ model: 'iris.h5', data: 'new.csv', file: 'out.csv' }, context);
 */
export async function predict(options: PredictOptions, context: Context): Promise<Predicted> {
  const format = formatOf(options);
  await checkReport(options.file, context);
  const settings = await settle(options, context);
  if (settings.missing === 'drop') {
    throw errors.USAGE('--missing drop would leave rows without a prediction', 'use zero or keep');
  }
  const { from, runtime, threads } = options;
  const opened = await openModel(
    settings.model,
    {
      ...(from === undefined ? {} : { from }),
      ...settings.parts,
      ...(runtime === undefined ? {} : { runtime }),
      ...(threads === undefined ? {} : { threads }),
    },
    context,
  );
  const { session } = opened;
  try {
    const { signature, data } = settings;
    const { dataset } = data;
    await warnOfUnscaledImages(opened, { dataset, signature, scaling: settings.scaling }, context);
    const known = namesIn(dataset);
    // The target of the manifest is left out where it is there; new data usually has none.
    const target =
      options.target ?? (settings.target && known.includes(settings.target) ? settings.target : undefined);
    const prepared = prepareInputs(dataset, data.shown, {
      inputs: session.inputs,
      signature,
      scaling: settings.scaling,
      assignments: options.features ?? [],
      target: {
        names: targetNamesOf(target, new Set(known)),
        hints: [...Object.keys(signature.outputs), ...session.outputs.map(({ name }) => name)],
        isRequired: false,
      },
      missing: settings.missing,
      limit: options.limit,
      batch: settings.batch,
    });
    const outputs = outputsOf(session.outputs, options.output, format);
    const run = await runRows(
      session,
      prepared,
      outputs.map(({ name }) => name),
      context,
    );
    const predicted = run.predictions.flatMap((predictions) =>
      predictedColumns(predictions, {
        labels:
          options.classes ??
          signatureOf(signature.outputs, predictions.name, session.outputs.length === 1)?.labels,
        threshold: options.threshold ?? 0.5,
        isOnly: run.predictions.length === 1,
      }),
    );
    // Rows of a table are known by their place; images by their path.
    const columns =
      dataset.kind === 'images' ? [{ name: 'path', at: prepared.place }, ...predicted] : predicted;
    const content = encode(format, columns, run.predictions, prepared.rows);
    const isWritten = options.file !== undefined && options.file !== '-';
    if (isWritten) await writeReport(options.file as string, content, context);
    return {
      content: isWritten ? [] : content,
      result: {
        model: settings.model,
        digest: opened.digest,
        data: data.shown,
        dataDigest: data.digest,
        rows: prepared.rows,
        format,
        columns: columns.map(({ name }) => name),
        file: isWritten ? (options.file as string) : null,
        rowsPerSecond: prepared.rows / run.seconds,
      },
    };
  } finally {
    await session.release();
  }
}

function formatOf({ format, file }: PredictOptions): PredictFormat {
  if (format !== undefined) return format;
  const extension = file === undefined ? '' : extname(file).toLowerCase();
  if (extension === '.jsonl' || extension === '.ndjson') return 'jsonl';
  return extension === '.npy' ? 'npy' : 'csv';
}

function outputsOf(
  outputs: readonly TensorInfo[],
  wanted: string | undefined,
  format: PredictFormat,
): readonly TensorInfo[] {
  if (wanted !== undefined) return [chooseOutput(outputs, wanted, [])];
  if (format === 'npy' && outputs.length > 1) return [chooseOutput(outputs, undefined, [])];
  return outputs;
}

function encode(
  format: PredictFormat,
  columns: readonly PredictedColumn[],
  predictions: readonly Predictions[],
  rows: number,
): (string | Uint8Array)[] {
  if (format === 'npy') return [asNpy(predictions[0], rows)];
  return format === 'csv' ? csvChunks(columns, rows) : jsonChunks(columns, rows);
}

function asNpy(predictions: Predictions | undefined, rows: number): Uint8Array {
  if (predictions?.kind !== 'numbers') {
    throw errors.OUTPUT_UNCLEAR('the output is text, which .npy cannot hold here', 'write csv or jsonl');
  }
  const { dtype, dims, values } = predictions;
  const { array } = dtypes[dtype];
  const isPlain =
    (dtype === 'float32' || dtype === 'float64' || /^u?int(8|16|32)$/.test(dtype)) && array !== 'strings';
  const data = isPlain ? new (array as Float32ArrayConstructor)(values) : values;
  return encodeNpy(isPlain ? dtype : 'float64', [rows, ...dims], data);
}

// Rows per piece of text, so that a string never holds the whole file.
const rowsPerChunk = 4096;

function csvChunks(columns: readonly PredictedColumn[], rows: number): string[] {
  const chunks = [`${columns.map(({ name }) => quoted(name)).join(',')}\n`];
  for (let start = 0; start < rows; start += rowsPerChunk) {
    let text = '';
    for (let row = start; row < Math.min(rows, start + rowsPerChunk); row++) {
      for (const [index, column] of columns.entries())
        text += `${index > 0 ? ',' : ''}${cellOf(column.at(row))}`;
      text += '\n';
    }
    chunks.push(text);
  }
  return chunks;
}

function cellOf(value: string | number): string {
  if (typeof value === 'string') return quoted(value);
  return Number.isFinite(value) ? String(value) : '';
}

/** RFC 4180. */
function quoted(text: string): string {
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function jsonChunks(columns: readonly PredictedColumn[], rows: number): string[] {
  const chunks: string[] = [];
  for (let start = 0; start < rows; start += rowsPerChunk) {
    let text = '';
    for (let row = start; row < Math.min(rows, start + rowsPerChunk); row++) {
      text += `${JSON.stringify(Object.fromEntries(columns.map((column) => [column.name, column.at(row)])))}\n`;
    }
    chunks.push(text);
  }
  return chunks;
}

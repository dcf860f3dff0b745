// What the model answers on the reference data: the predictions that the logged ones are compared with.

import type { Context } from '../../context.ts';
import { errors } from '../../errors.ts';
import { dtypes } from '../../graph/dtype.ts';
import type { Signature } from '../../graph/signature.ts';
import type { Tensor, TypedArray } from '../../graph/tensor.ts';
import type { Feeds, Session, TensorInfo } from '../../runtimes/session.ts';
import { normalizerOf } from '../../server/normalize.ts';
import { portOf } from '../../server/ports.ts';
import type { Field, Layout } from './layout.ts';
import type { ReferenceData } from './reference-data.ts';
import { summarise } from './rows.ts';

const batch = 256;

/** Runs the model on the sample and writes its predictions into it. Errors: FEED_INVALID, FEATURES_MISMATCH, RUNTIME_FAILED. */
export async function predictReference(
  session: Session,
  { sample, elements }: ReferenceData,
  layout: Layout,
  signature: Signature,
  context: Context,
): Promise<void> {
  const inputs = layout.fields.filter(({ role }) => role === 'input');
  const outputs = layout.fields.filter(({ role }) => role === 'prediction');
  const lacking = outputs.find(({ tensor }) => !session.outputs.some(({ name }) => name === tensor));
  if (lacking) {
    const has = session.outputs.map(({ name }) => name).join(', ');
    throw errors.FEATURES_MISMATCH(
      `the model's outputs are ${has}, and the log has ${lacking.tensor}`,
      'name the model that wrote the log',
    );
  }
  const fixed = session.inputs.map(({ shape }) => shape?.[0]).find((dim) => typeof dim === 'number');
  const size = typeof fixed === 'number' && fixed > 0 ? fixed : batch;
  for (let first = 0; first < sample.count; first += size) {
    if (context.signal.aborted) throw errors.INTERRUPTED();
    const rows = Math.min(size, sample.count - first);
    // A fixed batch is filled up with the last row.
    const padded = fixed === undefined ? rows : size;
    const feeds: Record<string, Tensor> = {};
    for (const info of session.inputs) {
      const field = inputs.find(({ tensor }) => tensor === info.name);
      if (!field) throw errors.FEED_INVALID(info.name, 'it is not in the prediction log');
      const rowAt = (row: number) => elements(field, first + Math.min(row, rows - 1));
      feeds[info.name] = feedOf(info, field, padded, rowAt, signature);
    }
    const results = await session.run(feeds);
    for (const field of outputs) {
      for (let row = 0; row < rows; row++) {
        const into = sample.values.subarray((first + row) * sample.width, (first + row + 1) * sample.width);
        writePrediction(results, field, padded, row, layout, into);
      }
    }
  }
}

function feedOf(
  info: TensorInfo,
  field: Field,
  rows: number,
  rowAt: (row: number) => ArrayLike<number | string>,
  signature: Signature,
): Tensor {
  const tail = info.shape?.slice(1).every((dim) => typeof dim === 'number')
    ? (info.shape.slice(1) as number[])
    : [field.elements];
  const dims = [rows, ...tail];
  const kind = dtypes[info.dtype].array;
  if (kind === 'strings') {
    const data = Array.from({ length: rows }, (_, row) => Array.from(rowAt(row), String)).flat();
    return { dtype: info.dtype, dims, data };
  }
  const data: TypedArray = new kind(rows * field.elements);
  const isBig = data instanceof BigInt64Array || data instanceof BigUint64Array;
  for (let row = 0; row < rows; row++) {
    const values = rowAt(row);
    for (let i = 0; i < field.elements; i++) {
      const value = Number(values[i]);
      data[row * field.elements + i] = isBig ? BigInt(Math.round(value)) : value;
    }
  }
  const normalize = normalizerOf(portOf(info), signature.inputs[info.name]);
  if (normalize) {
    for (let row = 0; row < rows; row++) normalize(data, row * field.elements, (row + 1) * field.elements);
  }
  return { dtype: info.dtype, dims, data };
}

function writePrediction(
  results: Feeds,
  field: Field,
  batchRows: number,
  row: number,
  layout: Layout,
  into: Float64Array,
): void {
  const tensor = results[field.tensor];
  if (!tensor) return;
  const { data } = tensor;
  if (data.length !== batchRows * field.elements) return;
  const values = Array.from({ length: field.elements }, (_, i) => data[row * field.elements + i]);
  if (field.reading === 'class') {
    const numbers = values.map(Number);
    into[field.start] = numbers.indexOf(Math.max(...numbers));
  } else if (field.reading === 'summary') {
    summarise(values.map(Number), into, field.start);
  } else {
    values.forEach((value, i) => {
      const dictionary = layout.features[field.start + i]?.dictionary;
      into[field.start + i] = dictionary ? dictionary.code(String(value)) : Number(value);
    });
  }
}

// One line of the prediction log as text. Numbers are logged as the client wrote them and as the reply showed them.

import { elementCount, type Tensor } from '../graph/tensor.ts';
import type { PredictionRecord, Summary } from './record.ts';

/** The parts of a record that are known when the reply is; `inputs` and `outputs` are JSON text already. */
export type LoggedRequest = Omit<PredictionRecord, 'inputs' | 'outputs'> & {
  readonly inputs?: string | undefined;
  readonly outputs?: string | undefined;
};

export function logLine(request: LoggedRequest): string {
  const { time, id, model, version, status, latencyMs, rows, inputs, outputs, error } = request;
  return (
    `{"time":"${time}","id":${JSON.stringify(id)},"model":${JSON.stringify(model)}` +
    `${version === undefined ? '' : `,"version":${JSON.stringify(version)}`},"status":${status}` +
    `,"latencyMs":${Math.round(latencyMs * 1000) / 1000},"rows":${rows}` +
    `${inputs === undefined ? '' : `,"inputs":${inputs}`}${outputs === undefined ? '' : `,"outputs":${outputs}`}` +
    `${error === undefined ? '' : `,"error":${JSON.stringify(error)}`}}\n`
  );
}

/** Nested lists from the comma-separated elements of a row-major array. */
export function nestText(flat: string, dims: readonly number[]): string {
  const rank = dims.length;
  if (rank === 0) return flat;
  const last = dims[rank - 1] ?? 0;
  const isOneRow = elementCount(dims) === last;
  if (isOneRow) return `${'['.repeat(rank)}${flat}${']'.repeat(rank)}`;
  return nest(splitElements(flat), dims, 0, { at: 0 });
}

function nest(
  elements: readonly string[],
  dims: readonly number[],
  axis: number,
  next: { at: number },
): string {
  const parts: string[] = [];
  const isLast = axis === dims.length - 1;
  for (let index = 0; index < (dims[axis] ?? 0); index++) {
    parts.push(isLast ? (elements[next.at++] ?? 'null') : nest(elements, dims, axis + 1, next));
  }
  return `[${parts.join(',')}]`;
}

/** Splits at the commas between elements; those inside strings are not. */
function splitElements(flat: string): string[] {
  if (!flat.includes('"')) return flat.split(',');
  return flat.match(/"(?:[^"\\]|\\.)*"|[^,"]+/g) ?? [];
}

/** JSON of the Summary that stands for an array too large to log. */
export function summaryText({ dims, data, dtype }: Tensor): string {
  let min = Infinity;
  let max = -Infinity;
  let sum = 0;
  let missing = 0;
  const isNumeric = dtype !== 'string' && dtype !== 'float16' && dtype !== 'bfloat16';
  if (isNumeric) {
    for (const element of data) {
      const value = Number(element);
      if (!Number.isFinite(value)) {
        missing++;
        continue;
      }
      if (value < min) min = value;
      if (value > max) max = value;
      sum += value;
    }
  }
  const counted = isNumeric ? data.length - missing : 0;
  const summary: Summary = {
    shape: dims,
    min: counted > 0 ? min : null,
    max: counted > 0 ? max : null,
    mean: counted > 0 ? sum / counted : null,
    missing,
  };
  return JSON.stringify(summary);
}

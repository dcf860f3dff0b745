// Our whole-number .tflite of a network beside the one that TensorFlow's converter wrote.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Int8Twin } from '../../../fixtures/formats/tflite/int8-twins.ts';
import { quietContext } from '../../../src/context.ts';
import { encodeNpy } from '../../../src/encoding/npy.ts';
import type { TfliteTensor } from '../../../src/formats/tflite/records.ts';
import { convert } from '../../../src/lifecycle/convert.ts';
import { sampleInputs } from '../../../src/lifecycle/sample-inputs.ts';
import litert from '../../../src/runtimes/litert.ts';
import { withRealValues } from '../../../src/runtimes/real-values.ts';
import { fifth, type Rows, readRows, stacked } from './int8-data.ts';
import { mainOf, pairs, writeWithTheirRanges } from './same-ranges.ts';
import { type Side, sideOf, speedRatio } from './twins.ts';

export type Int8Compared = {
  readonly ours: Side;
  readonly theirs: Side;
  /** Calibrated on one fifth of the rows, asked about the others; each fifth in turn where there are labels. */
  readonly calibrated: {
    readonly rows: number;
    readonly agreement: number;
    /** Shares of rows with the same largest output as the float network. */
    readonly asFloat: { readonly ours: number; readonly theirs: number };
    /** Shares of right answers, over all fifths; undefined: no labels. */
    readonly accuracy: { readonly ours: number; readonly theirs: number } | undefined;
  };
  /** With the ranges that theirs says, as if calibrated on the same data; asked about all rows. */
  readonly sameRanges: {
    readonly agreement: number;
    /** Largest difference at the outputs, in codes. */
    readonly codes: number;
    /** Share of output elements with the same code. */
    readonly equal: number;
  };
  /** Codes of weights that are not the same, and by how much at most. */
  readonly weights: { readonly count: number; readonly unequal: number; readonly largest: number };
  /** Theirs over ours, medians of interleaved runs; above 1 is faster. undefined: not asked for. */
  readonly speed: number | undefined;
};

/** Errors: those of converting. */
export async function compareInt8Twin(
  corpus: string,
  twin: Int8Twin,
  options: { speed?: boolean } = {},
): Promise<Int8Compared> {
  const folder = mkdtempSync(join(tmpdir(), 'mlctl-int8-'));
  const path = { source: join(corpus, twin.source), theirs: join(corpus, twin.theirs), ours: '' };
  try {
    const [, ...dims] = mainOf(path.theirs).tensors[mainOf(path.theirs).inputs[0] ?? -1]?.shape ?? [];
    const data = await readRows(corpus, twin.data, dims);
    const theirs = await answers(path.theirs, data);
    const float = await answers(await writeFloat(path.source, folder), data);
    const parts = data.labels ? [0, 1, 2, 3, 4] : [0];
    const judged: Judged[] = [];
    for (const part of parts) {
      const { inside, outside } = fifth(data.rows.length, part);
      path.ours = join(folder, `ours-${part}.tflite`);
      await write(path.source, path.ours, data, inside, folder);
      judged.push(judge(await answers(path.ours, data), theirs, float, outside, data.labels));
    }
    const same = join(folder, 'same.tflite');
    const row = stacked(data, [0]);
    writeFileSync(same, await writeWithTheirRanges(path.source, path.ours, path.theirs, row));
    const asked = await answers(same, data);
    const all = [...data.rows.keys()];
    return {
      ours: sideOf(path.ours),
      theirs: sideOf(path.theirs),
      calibrated: {
        rows: judged.reduce((sum, { rows }) => sum + rows, 0),
        agreement: mean(judged.map(({ agreement }) => agreement)),
        asFloat: {
          ours: mean(judged.map(({ asFloat }) => asFloat.ours)),
          theirs: mean(judged.map(({ asFloat }) => asFloat.theirs)),
        },
        accuracy: data.labels && {
          ours: mean(judged.map(({ ours }) => ours)),
          theirs: mean(judged.map((each) => each.theirs)),
        },
      },
      sameRanges: {
        agreement: judge(asked, theirs, float, all, data.labels).agreement,
        ...codesApart(asked, theirs),
      },
      weights: compareWeights(same, path.theirs),
      speed: options.speed ? await speedOf(path.theirs, path.ours) : undefined,
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function write(source: string, output: string, data: Rows, rows: readonly number[], folder: string) {
  const calibration = join(folder, 'calibration.npy');
  const { dims, data: values } = stacked(data, rows);
  writeFileSync(calibration, encodeNpy('float32', dims, values));
  const asked = { dtype: 'int8', ioDtype: 'int8', calibration, force: true };
  const { result } = await convert({ model: source, to: ['tflite'], output, ...asked }, quietContext());
  const [artifact] = result.artifacts;
  if (!result.passed || artifact?.precision?.kept.length !== 0)
    throw new Error(`${source} was not written as whole numbers: ${JSON.stringify(artifact)}`);
}

/** The same network in float32; where it is. */
async function writeFloat(source: string, folder: string): Promise<string> {
  const output = join(folder, 'float.tflite');
  await convert({ model: source, to: ['tflite'], output, verify: false }, quietContext());
  return output;
}

type Answers = { readonly rows: readonly Float32Array[]; readonly scale: number };

/** In real numbers. */
async function answers(path: string, { dims, rows }: Rows): Promise<Answers> {
  const session = withRealValues(await litert.open({ format: 'tflite', path }));
  const [{ name: input = '' } = {}] = session.inputs;
  const [{ name: output = '', quantization } = { name: '' }] = session.outputs;
  const given: Float32Array[] = [];
  try {
    for (const data of rows) {
      const results = await session.run({ [input]: { dtype: 'float32', dims: [1, ...dims], data } });
      given.push(Float32Array.from(results[output]?.data as Float32Array));
    }
  } finally {
    await session.release();
  }
  return { rows: given, scale: quantization?.scale ?? 1 };
}

type Judged = {
  readonly rows: number;
  readonly agreement: number;
  readonly asFloat: { readonly ours: number; readonly theirs: number };
  readonly ours: number;
  readonly theirs: number;
};

function judge(
  ours: Answers,
  theirs: Answers,
  float: Answers,
  rows: readonly number[],
  labels: readonly number[] | undefined,
): Judged {
  const [own, other, exact] = [ours, theirs, float].map(({ rows: all }) =>
    rows.map((row) => largest(all[row])),
  );
  const share = (isRight: (at: number) => boolean) =>
    rows.filter((_, at) => isRight(at)).length / rows.length;
  return {
    rows: rows.length,
    agreement: share((at) => own?.[at] === other?.[at]),
    asFloat: {
      ours: share((at) => own?.[at] === exact?.[at]),
      theirs: share((at) => other?.[at] === exact?.[at]),
    },
    ours: share((at) => own?.[at] === labels?.[rows[at] ?? -1]),
    theirs: share((at) => other?.[at] === labels?.[rows[at] ?? -1]),
  };
}

function largest(values: Float32Array = new Float32Array()): number {
  let best = 0;
  for (let at = 1; at < values.length; at++) if ((values[at] ?? 0) > (values[best] ?? 0)) best = at;
  return best;
}

function codesApart(ours: Answers, theirs: Answers): { readonly codes: number; readonly equal: number } {
  const apart = ours.rows.flatMap((row, at) =>
    Array.from(row, (value, index) =>
      Math.round(Math.abs(value - (theirs.rows[at]?.[index] ?? Number.NaN)) / theirs.scale),
    ),
  );
  return {
    codes: apart.reduce((most, each) => Math.max(most, each), 0),
    equal: apart.filter((each) => each === 0).length / apart.length,
  };
}

function compareWeights(ours: string, theirs: string): Int8Compared['weights'] {
  const [own, other] = [mainOf(ours), mainOf(theirs)];
  const found = { count: 0, unequal: 0, largest: 0 };
  for (const [operator, twin] of pairs(own, other)) {
    for (const [at, index] of operator.inputs.entries()) {
      const [a, b] = [codesOf(own.tensors[index]), codesOf(other.tensors[twin.inputs[at] ?? -1])];
      for (const [position, code] of a.entries()) {
        const apart = Math.abs(code - (b[position] ?? Number.NaN));
        found.count++;
        if (apart !== 0) found.unequal++;
        found.largest = Math.max(found.largest, apart);
      }
    }
  }
  return found;
}

function codesOf(tensor: TfliteTensor | undefined): Int8Array {
  if (tensor?.type !== 'int8' || tensor.data === undefined) return new Int8Array();
  return Int8Array.from(tensor.data);
}

async function speedOf(their: string, our: string): Promise<number> {
  const theirs = await litert.open({ format: 'tflite', path: their });
  const ours = await litert.open({ format: 'tflite', path: our });
  try {
    return await speedRatio(theirs, ours, sampleInputs(theirs.inputs, { seed: 0, batch: 1 }));
  } finally {
    await Promise.all([theirs.release(), ours.release()]);
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

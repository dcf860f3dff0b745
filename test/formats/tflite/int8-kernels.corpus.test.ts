// Why deeplab_aiseg_quant513.tflite differs from the classic interpreter: with the RESIZE_BILINEAR whose two sides have
// different scales, which XNNPACK does not take, the interpreter computes all operators by its built-in kernels.

import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { quietContext } from '../../../src/context.ts';
import { encodeTfliteBytes } from '../../../src/formats/tflite/encode.ts';
import { readTfliteFile } from '../../../src/formats/tflite/file.ts';
import { lowerTflite } from '../../../src/formats/tflite/read.ts';
import type { Subgraph, TfliteFile } from '../../../src/formats/tflite/records.ts';
import type { Tensor } from '../../../src/graph/tensor.ts';
import { openGraph } from '../../../src/runtimes/onnxruntime.ts';
import { runClassic } from '../../runtimes/tflite-classic.ts';
import { corpusFolder } from './corpus.ts';
import { average, pointwise, type Rounding } from './int8-kernels.ts';
import { makeFeed } from './read-reference.ts';

/** Operators, and the tensors between them. */
const [BEFORE, POOL, AFTER, RESIZE] = [60, 61, 62, 63];
const kept = { beforeIn: 80, before: 87, pool: 2, after: 180, resize: 167 };

describe.skipIf(corpusFolder === undefined)('whole-number kernels (needs MLCTL_CORPUS)', () => {
  const path = join(corpusFolder ?? '', 'tflite/portrait-seg/deeplab_aiseg_quant513.tflite');
  let file: TfliteFile;
  let main: Subgraph;
  let feed: Tensor;
  beforeAll(async () => {
    file = await readTfliteFile(path);
    [main] = file.subgraphs as [Subgraph];
    const input = main.tensors[main.inputs[0] ?? -1];
    if (!input) throw new Error('no input');
    feed = makeFeed(input, 31, undefined);
  });

  const cut = (length: number, outputs: readonly number[]): TfliteFile => ({
    ...file,
    signatures: [],
    subgraphs: [{ ...main, operators: main.operators.slice(0, length), outputs }],
  });
  const classic = (length: number, outputs: readonly number[]) =>
    runClassic(encodeTfliteBytes(cut(length, outputs)), [feed]);
  /** Share of what was computed that is the same. */
  const share = (own: Float64Array, theirs: ArrayLike<number>) => {
    const known = [...own.keys()].filter((at) => !Number.isNaN(own[at]));
    return known.filter((at) => own[at] === theirs[at]).length / known.length;
  };
  const numbers = (tensor: Tensor | undefined) => tensor?.data as Uint8Array;
  const shares = ([beforeIn, before, pool, after]: readonly Tensor[], rounding: Rounding) => {
    const [first, second] = [main.operators[BEFORE], main.operators[AFTER]];
    if (!first || !second) throw new Error('no operators');
    return [
      share(pointwise(main, first, numbers(beforeIn), rounding, 100), numbers(before)),
      share(pointwise(main, second, numbers(pool), rounding, 1), numbers(after)),
    ];
  };
  const tensors = [kept.beforeIn, kept.before, kept.pool, kept.after];

  it('round once without the RESIZE_BILINEAR, as our graph does', async () => {
    const given = await classic(AFTER + 1, tensors);
    expect(shares(given, 'once')).toEqual([1, 1]);
    expect(shares(given, 'twice').every((same) => same < 1)).toBe(true);
    expect([...numbers(given[2])]).toEqual(average(numbers(given[1]), 160));
    const session = await openGraph(lowerTflite(cut(AFTER + 1, [kept.after]), path, quietContext()));
    const [input] = session.inputs;
    const results = await session.run({ [input?.name ?? '']: feed });
    await session.release();
    expect([...numbers(results[session.outputs[0]?.name ?? ''])]).toEqual([...numbers(given[3])]);
  }, 120_000);

  it('round twice with it, from the first operator on', async () => {
    const given = await classic(RESIZE + 1, [...tensors, kept.resize]);
    expect(shares(given, 'twice')).toEqual([1, 1]);
    expect(shares(given, 'once').every((same) => same < 1)).toBe(true);
    expect([...numbers(given[2])]).toEqual(average(numbers(given[1]), 160));
    // It copies the codes of its one pixel, whatever scale its output says.
    const [after, resized] = [numbers(given[3]), numbers(given[4])];
    expect(resized.every((code, at) => code === after[at % after.length])).toBe(true);
    expect(main.operators[POOL]?.opcode).toBe('AVERAGE_POOL_2D');
  }, 120_000);
});

// Our whole-number .tflite of a network with the ranges that another file of it says its values have: as if calibrated on
// the data that file was made with. What is left of a difference is the writer's.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { quietContext } from '../../../src/context.ts';
import { decodeTflite } from '../../../src/formats/tflite/decode.ts';
import tflite from '../../../src/formats/tflite/index.ts';
import type { Operator, Subgraph, TfliteTensor } from '../../../src/formats/tflite/records.ts';
import type { Tensor } from '../../../src/graph/tensor.ts';
import { observe } from '../../../src/lifecycle/calibrate.ts';
import { recognize } from '../../../src/lifecycle/locate.ts';
import { optimize } from '../../../src/lifecycle/optimize.ts';
import type { Range } from '../../../src/passes/quantize/calibration/definition.ts';
import int8 from '../../../src/passes/quantize/int8.ts';
import { evaluateGraph } from '../../../src/runtimes/onnxruntime.ts';

/** By operator of ours, in order: theirs with the same shapes. Errors: when one has no twin. */
export function pairs(ours: Subgraph, theirs: Subgraph): [Operator, Operator][] {
  const free = new Set(theirs.operators);
  return ours.operators.map((operator) => {
    const wanted = shapesOf(ours, operator);
    const found = [...free].find((other) => shapesOf(theirs, other) === wanted);
    if (found === undefined) throw new Error(`theirs has no ${wanted}`);
    free.delete(found);
    return [operator, found];
  });
}

/** The bytes. `ours`: the same network, written with other ranges, by which values and tensors are matched. */
export async function writeWithTheirRanges(
  source: string,
  ours: string,
  theirs: string,
  row: Tensor,
): Promise<Uint8Array> {
  const context = quietContext();
  const format = await recognize(source, undefined, context);
  const model = await format.read(source, context);
  await optimize(model, context);
  const [input = ''] = model.graph.inputs;
  const seen = await observe(model, [{ [input]: row }], {}, context);
  const ranges = new Map<string, Range>([...seen].map(([value, { min, max }]) => [value, { min, max }]));
  const [own, other] = [mainOf(ours), mainOf(theirs)];
  const take = (to: TfliteTensor | undefined, from: TfliteTensor | undefined) => {
    // A tensor of codes is named after the value it holds.
    const value = to?.name.replace(/\/quantize(_\d+)?(\/\d+)?$/, '') ?? '';
    const { scale: [scale = 1] = [], zeroPoint: [zero = 0] = [] } = from?.quantization ?? {};
    if (!ranges.has(value)) throw new Error(`no value ${value}`);
    ranges.set(value, { min: (-128 - zero) * scale, max: (127 - zero) * scale });
  };
  take(own.tensors[own.inputs[0] ?? -1], other.tensors[other.inputs[0] ?? -1]);
  for (const [operator, twin] of pairs(own, other))
    take(own.tensors[operator.outputs[0] ?? -1], other.tensors[twin.outputs[0] ?? -1]);
  int8.rewrite(model, { keep: new Map(), ranges, target: tflite.numbers, ioDtype: 'int8' });
  const [file] = await tflite.write(
    model,
    { fileName: join('ours.tflite'), evaluate: evaluateGraph },
    context,
  );
  return Buffer.concat(file?.chunks ?? []);
}

export function mainOf(path: string): Subgraph {
  const [main] = decodeTflite(readFileSync(path), path).subgraphs;
  if (main === undefined) throw new Error(`${path} has no subgraph`);
  return main;
}

function shapesOf({ tensors }: Subgraph, { opcode, version, inputs, outputs }: Operator): string {
  const shapes = (list: readonly number[]) =>
    list.map((at) => (at < 0 ? '-' : `${tensors[at]?.type}[${tensors[at]?.shape}]`)).join(' ');
  return `${opcode} ${version}: ${shapes(inputs)} → ${shapes(outputs)}`;
}

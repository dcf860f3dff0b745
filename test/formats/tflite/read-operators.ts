// Every operator of a TFLite file by itself, in LiteRT and as a graph in onnxruntime.

import { quietContext } from '../../../src/context.ts';
import { encodeTfliteBytes } from '../../../src/formats/tflite/encode.ts';
import { readTfliteFile } from '../../../src/formats/tflite/file.ts';
import { interfaceOf } from '../../../src/formats/tflite/interface.ts';
import { lowerTflite } from '../../../src/formats/tflite/read.ts';
import type { TfliteFile } from '../../../src/formats/tflite/records.ts';
import type { Tensor } from '../../../src/graph/tensor.ts';
import { optimize } from '../../../src/lifecycle/optimize.ts';
import litert from '../../../src/runtimes/litert.ts';
import { openGraph } from '../../../src/runtimes/onnxruntime.ts';
import { compare, makeFeed, RUNS } from './read-reference.ts';

export type OperatorDifference = {
  readonly opcode: string;
  /** How many there are, and the worst of them on the very inputs the interpreter gave it. */
  readonly count: number;
  readonly worst: number;
  readonly relative: number;
  readonly within: number;
};

/**
 * Every operator of the main subgraph by itself: it gets what LiteRT computed for its inputs, so that differences do not
 * add up. undefined: LiteRT does not run the file.
 */
export async function compareOperators(path: string): Promise<readonly OperatorDifference[] | undefined> {
  const file = await readTfliteFile(path);
  const [main, ...others] = file.subgraphs;
  const ports = interfaceOf(file);
  if (
    main === undefined ||
    ports?.subgraph !== main ||
    (await litert.refusal({ format: 'tflite', path })) !== undefined
  )
    return undefined;
  const isValue = (index: number) =>
    !['resource', 'variant'].includes(main.tensors[index]?.type ?? 'variant');
  const made = [...new Set(main.operators.flatMap(({ outputs }) => outputs))].filter(isValue);
  const exposed: TfliteFile = { ...file, signatures: [], subgraphs: [{ ...main, outputs: made }, ...others] };
  const found = new Map<string, OperatorDifference>();
  for (let seed = 1; seed <= RUNS; seed++) {
    const values = new Map<number, Tensor>();
    const session = await litert.open({ format: 'tflite', bytes: encodeTfliteBytes(exposed) });
    const feeds = ports.inputs.map(({ tensor }, index) => makeFeed(tensor, seed * 31 + index, undefined));
    for (const [at, index] of main.inputs.entries()) values.set(index, feeds[at] as Tensor);
    const outputs = await session.run(
      Object.fromEntries(session.inputs.map(({ name }, at) => [name, feeds[at] as Tensor])),
    );
    for (const [at, { name }] of session.outputs.entries())
      values.set(made[at] ?? -1, outputs[name] as Tensor);
    await session.release();
    for (const operator of main.operators) {
      const inputs = [...new Set(operator.inputs)].filter(
        (index) => index >= 0 && !main.tensors[index]?.data,
      );
      if (
        operator.outputs.length === 0 ||
        ![...inputs, ...operator.outputs].every((index) => values.has(index))
      )
        continue;
      const alone = { ...main, inputs, outputs: operator.outputs, operators: [operator] };
      const model = lowerTflite(
        { ...file, signatures: [], subgraphs: [alone, ...others] },
        path,
        quietContext(),
      );
      await optimize(model, quietContext(), 'guard');
      const graph = await openGraph(model);
      const given = inputs.map(
        (index, at) => [model.graph.inputs[at] ?? '', values.get(index) as Tensor] as const,
      );
      const results = await graph.run(Object.fromEntries(given));
      await graph.release();
      for (const [at, name] of model.graph.outputs.entries()) {
        const [want, got] = [values.get(operator.outputs[at] ?? -1) as Tensor, results[name] as Tensor];
        const { relative, worst, near } = compare(want, got);
        const isFloat = got.dtype.startsWith('float');
        const before = found.get(operator.opcode) ?? {
          opcode: operator.opcode,
          count: 0,
          worst: 0,
          relative: 0,
          within: 1,
        };
        found.set(operator.opcode, {
          ...before,
          count: before.count + (seed === 1 ? 1 : 0),
          worst: Math.max(before.worst, isFloat ? 0 : worst),
          relative: Math.max(before.relative, isFloat ? relative : 0),
          within: Math.min(before.within, isFloat ? 1 : near / want.data.length),
        });
      }
    }
  }
  return [...found.values()];
}

// Outputs that come straight from an operator which may be told their size while the model runs. LiteRT (2.5.3) lets such an
// operator make a tensor of its own, and hands out the memory meant for it unwritten, without a word. An operator behind it
// writes where it should: the copies that are put there.

import { versionOf } from '../../formats/tflite/emit/versions.ts';
import { type Interface, interfaceOf } from '../../formats/tflite/interface.ts';
import type { Operator, Subgraph, TfliteFile, TfliteTensor } from '../../formats/tflite/records.ts';
import { sizeInputs } from './trial.ts';

export type Copied = {
  readonly file: TfliteFile;
  readonly ports: Interface;
  /** An output whose size depends on more than the lengths of inputs: nobody can say what LiteRT needs to know. */
  readonly unsized: string | undefined;
};

/** `signature`: the one asked for. */
export function withCopies(file: TfliteFile, ports: Interface, signature: string | undefined): Copied {
  const { subgraph } = ports;
  const makers = makersOf(subgraph);
  const wanted: number[] = [];
  for (const { name, index } of ports.outputs) {
    const maker = makers.get(index);
    const places = maker && sizeInputs(maker, subgraph);
    if (places === undefined || places.length === 0 || wanted.includes(index)) continue;
    if (!places.every((place) => followsFromLengths(place, subgraph, makers)))
      return { file, ports, unsized: name };
    wanted.push(index);
  }
  if (wanted.length === 0) return { file, ports, unsized: undefined };
  const copied = { ...file, ...copyOutputs(file, subgraph, wanted) };
  return { file: copied, ports: interfaceOf(copied, signature) ?? ports, unsized: undefined };
}

function makersOf({ operators }: Subgraph): Map<number, Operator> {
  return new Map(
    operators.flatMap((operator) => operator.outputs.map((output) => [output, operator] as const)),
  );
}

/** Whether constants and the lengths of tensors alone say what a tensor holds. */
function followsFromLengths(
  tensor: number,
  { tensors }: Subgraph,
  makers: ReadonlyMap<number, Operator>,
): boolean {
  const seen = new Set<number>();
  const waiting = [tensor];
  for (let index = waiting.pop(); index !== undefined; index = waiting.pop()) {
    if (index < 0 || seen.has(index) || tensors[index]?.data !== undefined) continue;
    seen.add(index);
    const maker = makers.get(index);
    if (maker === undefined || tensors[index]?.isVariable) return false;
    if (maker.opcode !== 'SHAPE' && maker.opcode !== 'RANK') waiting.push(...maker.inputs);
  }
  return true;
}

/** TRANSPOSE in the order there is: the one operator that takes every type and leaves every number as it is. */
function copyOutputs(
  file: TfliteFile,
  subgraph: Subgraph,
  wanted: readonly number[],
): Pick<TfliteFile, 'subgraphs' | 'signatures'> {
  const tensors: TfliteTensor[] = [...subgraph.tensors];
  const copies = new Map<number, number>();
  const added = wanted.map((index): Operator => {
    const tensor = tensors[index] as TfliteTensor;
    const rank = tensor.shape?.length ?? 0;
    const perm = Int32Array.from({ length: rank }, (_, axis) => axis);
    const order: TfliteTensor = {
      name: `${tensor.name}/order`,
      type: 'int32',
      shape: [rank],
      data: new Uint8Array(perm.buffer),
    };
    tensors[index] = { ...tensor, name: `${tensor.name}/sized` };
    copies.set(index, tensors.push(tensor) - 1);
    const inputs = [index, tensors.push(order) - 1];
    const types = { inputs: [tensor, order], outputs: [tensor], options: {} };
    const outputs = [copies.get(index) ?? index];
    return { opcode: 'TRANSPOSE', version: versionOf('TRANSPOSE', types), inputs, outputs, options: {} };
  });
  const copyOf = (index: number) => copies.get(index) ?? index;
  const changed: Subgraph = {
    ...subgraph,
    tensors,
    outputs: subgraph.outputs.map(copyOf),
    operators: [...subgraph.operators, ...added],
  };
  const place = file.subgraphs.indexOf(subgraph);
  return {
    subgraphs: file.subgraphs.with(place, changed),
    signatures: file.signatures.map((signature) =>
      signature.subgraph === place
        ? {
            ...signature,
            outputs: signature.outputs.map((entry) => ({ ...entry, tensor: copyOf(entry.tensor) })),
          }
        : signature,
    ),
  };
}

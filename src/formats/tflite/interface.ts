// Inputs and outputs of a TFLite file, in the order of the subgraph, under the names people call them: those of the
// signature where there is one, otherwise those of the tensors.

import { errors } from '../../errors.ts';
import type { Scale } from '../definition.ts';
import type { Signature, SignatureEntry, Subgraph, TfliteFile, TfliteTensor } from './records.ts';

export type Port = {
  readonly name: string;
  /** Index into the subgraph's tensors. */
  readonly index: number;
  readonly tensor: TfliteTensor;
};

export type Interface = {
  readonly subgraph: Subgraph;
  /** Index of the signature; undefined when the file has none. */
  readonly signature: number | undefined;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
};

/** Of the signature named `key`, otherwise of `serving_default`, the first one, or the first subgraph. undefined: there is no signature of this name. */
export function interfaceOf(file: TfliteFile, key?: string): Interface | undefined {
  const { signatures, subgraphs } = file;
  const wanted = signatures.findIndex((each) => each.key === (key ?? 'serving_default'));
  const found = wanted < 0 && key === undefined ? 0 : wanted;
  const signature: Signature | undefined = signatures[found];
  if (signature === undefined && key !== undefined) return undefined;
  const subgraph = subgraphs[signature?.subgraph ?? 0];
  if (subgraph === undefined) return undefined;
  return {
    subgraph,
    signature: signature === undefined ? undefined : found,
    inputs: ports(subgraph.inputs, signature?.inputs, subgraph, 'input'),
    outputs: ports(subgraph.outputs, signature?.outputs, subgraph, 'output'),
  };
}

/** The same, for people. Errors: SIGNATURE_UNKNOWN lists the names there are; MODEL_DAMAGED. */
export function findInterface(file: TfliteFile, path: string, key?: string): Interface {
  const names = file.signatures.map((signature) => signature.key);
  if (key !== undefined && !names.includes(key)) throw errors.SIGNATURE_UNKNOWN(path, key, names);
  const found = interfaceOf(file, key);
  if (found) return found;
  throw errors.MODEL_DAMAGED(path, 'its signature runs a subgraph that is not there', { file: path });
}

/** Of the inputs and outputs with one scale, by name. */
export function quantizationOf({ inputs, outputs }: Interface): Record<string, Scale> {
  return Object.fromEntries(
    [...inputs, ...outputs].flatMap(({ name, tensor }): [string, Scale][] => {
      const { scale: scales = [], zeroPoint = [] } = tensor.quantization ?? {};
      const [scale] = scales;
      return scale !== undefined && scale > 0 && scales.length === 1
        ? [[name, { scale, zeroPoint: zeroPoint[0] ?? 0 }]]
        : [];
    }),
  );
}

// Tensors may have no name, or the same one.
function ports(
  indices: readonly number[],
  entries: readonly SignatureEntry[] | undefined,
  { tensors }: Subgraph,
  role: string,
): Port[] {
  const taken = new Set<string>();
  return indices.flatMap((index, place) => {
    const tensor = tensors[index];
    if (tensor === undefined) return [];
    const given = entries?.find((entry) => entry.tensor === index && !taken.has(entry.name))?.name;
    const own = given ?? (tensor.name || `${role}_${place}`);
    let name = own;
    for (let suffix = 1; taken.has(name); suffix++) name = `${own}_${suffix}`;
    taken.add(name);
    return [{ name, index, tensor }];
  });
}

// Inputs and outputs of a TFLite file, under the names people call them: those of the signature where there is one,
// otherwise those of the tensors.

import type { Signature, SignatureEntry, Subgraph, TfliteFile, TfliteTensor } from './records.ts';

export type Port = {
  readonly name: string;
  /** Index into the subgraph's tensors. */
  readonly index: number;
  readonly tensor: TfliteTensor;
};

export type Interface = {
  /** Index of the subgraph. */
  readonly subgraph: number;
  readonly signature: Signature | undefined;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
};

/**
 * Of the signature named, otherwise of `serving_default`, the first one, or the first subgraph. undefined: there is no
 * signature of this name.
 */
export function interfaceOf(file: TfliteFile): Interface;
export function interfaceOf(file: TfliteFile, key: string | undefined): Interface | undefined;
export function interfaceOf(file: TfliteFile, key?: string): Interface | undefined {
  const { signatures, subgraphs } = file;
  const signature =
    key === undefined
      ? (signatures.find((each) => each.key === 'serving_default') ?? signatures[0])
      : signatures.find((each) => each.key === key);
  if (key !== undefined && signature === undefined) return undefined;
  const index = signature?.subgraph ?? 0;
  const subgraph = subgraphs[index];
  if (subgraph === undefined) throw new RangeError(`there is no subgraph ${index}`);
  return {
    subgraph: index,
    signature,
    inputs: signature ? named(signature.inputs, subgraph) : bare(subgraph.inputs, subgraph, 'input'),
    outputs: signature ? named(signature.outputs, subgraph) : bare(subgraph.outputs, subgraph, 'output'),
  };
}

function named(entries: readonly SignatureEntry[], subgraph: Subgraph): Port[] {
  return entries.map(({ name, tensor }) => ({ name, index: tensor, tensor: tensorAt(subgraph, tensor) }));
}

// Tensors may have no name, or the same one.
function bare(indices: readonly number[], subgraph: Subgraph, role: string): Port[] {
  const taken = new Set<string>();
  return indices.map((index, place) => {
    const tensor = tensorAt(subgraph, index);
    const own = tensor.name === '' ? `${role}_${place}` : tensor.name;
    const name = taken.has(own) ? `${own}_${place}` : own;
    taken.add(name);
    return { name, index, tensor };
  });
}

function tensorAt(subgraph: Subgraph, index: number): TfliteTensor {
  const tensor = subgraph.tensors[index];
  if (tensor === undefined) throw new RangeError(`there is no tensor ${index}`);
  return tensor;
}

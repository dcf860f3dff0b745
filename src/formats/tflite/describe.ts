// What a TFLite file says about itself.

import { elementCount } from '../../graph/tensor.ts';
import type { Description, ReadOptions, ValueDescription } from '../definition.ts';
import { readTfliteFile } from './file.ts';
import { formatVersion } from './holding.ts';
import { findInterface, interfaceOf, type Port } from './interface.ts';
import { metadataFacts } from './metadata.ts';
import { unsupportedOperators } from './read.ts';
import type { Operator, Quantization, Subgraph, TfliteFile } from './records.ts';

export async function describeTflite(path: string, { signature }: ReadOptions = {}): Promise<Description> {
  const file = await readTfliteFile(path);
  const ports = signature === undefined ? interfaceOf(file) : findInterface(file, path, signature);
  const { inputs, outputs } = ports ?? { inputs: [], outputs: [] };
  return {
    format: 'tflite',
    formatVersion: formatVersion(file.version),
    producer: file.description,
    inputs: inputs.map(describePort),
    outputs: outputs.map(describePort),
    operators: countOperators(file),
    parameters: countParameters(file),
    unsupported: unsupportedOperators(file, path, signature),
    facts: { ...factsOf(file, [...inputs, ...outputs]), ...(await metadataFacts(file, path)) },
  };
}

function describePort({ name, tensor }: Port): ValueDescription {
  const { shape = [], shapeSignature = shape } = tensor;
  return { name, dtype: tensor.type, shape: shapeSignature.map((dim) => (dim < 0 ? null : dim)) };
}

/** `CUSTOM:Name` for custom ones. */
export function operatorLabel({ opcode, custom }: Operator): string {
  return opcode === 'CUSTOM' ? `CUSTOM:${custom ?? '?'}` : opcode;
}

function countOperators({ subgraphs }: TfliteFile): Record<string, number> {
  const counts = new Map<string, number>();
  for (const { operators } of subgraphs) {
    for (const operator of operators) {
      const label = operatorLabel(operator);
      counts.set(label, (counts.get(label) ?? 0) + 1);
    }
  }
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function countParameters({ subgraphs }: TfliteFile): number {
  let count = 0;
  for (const { tensors } of subgraphs) {
    for (const { data, shape, type } of tensors) {
      if (data !== undefined && type !== 'string') count += elementCount(shape ?? []);
    }
  }
  return count;
}

function factsOf(file: TfliteFile, ports: readonly Port[]): Record<string, string> {
  const facts: Record<string, string> = {};
  const { signatures, subgraphs } = file;
  if (signatures.length > 0) {
    facts.signatures = signatures
      .map(({ key, inputs, outputs }) => `${key}(${names(inputs)}) → ${names(outputs)}`)
      .join('; ');
  }
  if (subgraphs.length > 1)
    facts.subgraphs = subgraphs.map(({ name }, index) => name || String(index)).join(', ');
  for (const { name, tensor } of ports) {
    const spelled = tensor.quantization && spellQuantization(tensor.quantization);
    if (spelled) facts[`quantization of ${name}`] = spelled;
  }
  const stored = storageOf(subgraphs);
  if (stored) facts.weights = stored;
  const variables = subgraphs.reduce(
    (sum, { tensors }) => sum + tensors.filter(({ isVariable }) => isVariable).length,
    0,
  );
  const named = new Set(
    subgraphs.flatMap(({ operators }) =>
      operators.flatMap(({ opcode, options }) =>
        opcode === 'VAR_HANDLE' ? [`${options.container}/${options.sharedName}`] : [],
      ),
    ),
  );
  const state = [
    ...(variables > 0 ? [`${variables} variable ${variables === 1 ? 'tensor' : 'tensors'}`] : []),
    ...(named.size > 0 ? [`${named.size} ${named.size === 1 ? 'variable' : 'variables'}`] : []),
  ];
  if (state.length > 0) facts.state = `${state.join(', ')} kept from run to run`;
  const oldest = file.metadata.find(({ name }) => name === 'min_runtime_version');
  const version = oldest && new TextDecoder().decode(oldest.data).split('\0', 1)[0];
  if (version && /^[\d.]+$/.test(version)) facts['oldest runtime'] = version;
  return facts;
}

function names(entries: readonly { readonly name: string }[]): string {
  return entries.map(({ name }) => name).join(', ');
}

function spellQuantization({ scale, zeroPoint, axis }: Quantization): string | undefined {
  const [first] = scale;
  if (first === undefined) return undefined;
  if (scale.length > 1) return `${scale.length} scales along axis ${axis}`;
  return `scale ${Number(first.toPrecision(7))}, zero point ${zeroPoint[0] ?? 0}`;
}

/** Element types of the weights by bytes, largest first. */
function storageOf(subgraphs: readonly Subgraph[]): string {
  const bytes = new Map<string, number>();
  for (const { tensors } of subgraphs) {
    for (const { data, type, sparsity } of tensors) {
      if (data === undefined) continue;
      const label = sparsity ? `sparse ${type}` : type;
      bytes.set(label, (bytes.get(label) ?? 0) + data.length);
    }
  }
  return [...bytes]
    .sort(([, a], [, b]) => b - a)
    .map(([type, count]) => `${type} ${count} bytes`)
    .join(', ');
}

// What the codes of inputs and outputs stand for: ONNX says it only by the DequantizeLinear that reads an input, and the
// QuantizeLinear that makes an output.

import type { Graph, Node } from '../../graph/model.ts';
import type { Scale } from '../definition.ts';
import { decodeOnnx } from './decode.ts';
import { readModelFile } from './file.ts';

/** By name. Errors: those of readModelFile and decodeOnnx. */
export async function borderScales(
  source: { readonly path: string } | { readonly bytes: Uint8Array },
): Promise<ReadonlyMap<string, Scale>> {
  const bytes = 'path' in source ? await readModelFile(source.path) : source.bytes;
  const path = 'path' in source ? source.path : 'the model';
  const { graph } = await decodeOnnx(bytes, path, { diagnose: () => undefined });
  const found = new Map<string, Scale>();
  for (const name of graph.inputs) {
    const readers = graph.nodes.filter(({ inputs }) => inputs.includes(name));
    const scale = scaleOf(graph, readers[0], 'DequantizeLinear');
    const isAlone = readers.every(
      ({ opType, inputs }) => opType === 'DequantizeLinear' && inputs[0] === name,
    );
    if (scale && isAlone) found.set(name, scale);
  }
  for (const name of graph.outputs) {
    const maker = graph.nodes.find(({ outputs }) => outputs.includes(name));
    const scale = scaleOf(graph, maker, 'QuantizeLinear');
    if (scale) found.set(name, scale);
  }
  return found;
}

function scaleOf({ initializers }: Graph, node: Node | undefined, opType: string): Scale | undefined {
  if (node?.opType !== opType || node.domain !== '') return undefined;
  const scale = initializers.get(node.inputs[1] ?? '');
  const zero = initializers.get(node.inputs[2] ?? '');
  if (scale?.dtype !== 'float32' || scale.data.length !== 1 || (zero && zero.data.length !== 1))
    return undefined;
  const [value] = scale.data as Float32Array;
  return value !== undefined && value > 0
    ? { scale: value, zeroPoint: Number(zero?.data[0] ?? 0) }
    : undefined;
}

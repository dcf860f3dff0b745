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
    const scale = scaleOfReaders(graph, name);
    if (scale) found.set(name, scale);
  }
  for (const name of graph.outputs) {
    const scale = scaleOfMaker(graph, name);
    if (scale) found.set(name, scale);
  }
  return found;
}

/** What only moves elements leaves their codes as they are. */
const movers = new Set(['Transpose', 'Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'Identity']);

const MOST_STEPS = 8;

/** undefined when some reader takes the codes for something else. */
function scaleOfReaders(graph: Graph, name: string, steps = 0): Scale | undefined {
  const readers = graph.nodes.filter(({ inputs }) => inputs.includes(name));
  const scales = readers.map((node) => {
    if (node.inputs[0] !== name || steps > MOST_STEPS) return undefined;
    const [moved = ''] = node.outputs;
    return isMover(node) ? scaleOfReaders(graph, moved, steps + 1) : scaleOf(graph, node, 'DequantizeLinear');
  });
  const [first] = scales;
  const isOne = scales.every((each) => each?.scale === first?.scale && each?.zeroPoint === first?.zeroPoint);
  return isOne ? first : undefined;
}

function scaleOfMaker(graph: Graph, name: string): Scale | undefined {
  let value = name;
  for (let steps = 0; steps <= MOST_STEPS; steps++) {
    const maker = graph.nodes.find(({ outputs }) => outputs.includes(value));
    if (maker === undefined || !isMover(maker)) return scaleOf(graph, maker, 'QuantizeLinear');
    value = maker.inputs[0] ?? '';
  }
  return undefined;
}

function isMover({ domain, opType }: Node): boolean {
  return domain === '' && movers.has(opType);
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

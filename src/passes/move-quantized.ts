// Given:   DequantizeLinear → Reshape → Gemm             Result:  Reshape → DequantizeLinear → Gemm
// Given:   Conv → Transpose → QuantizeLinear             Result:  Conv → QuantizeLinear → Transpose
//
// The same numbers, moved as the small integers they are. onnxruntime (1.30.0) looks for these two right beside an
// operator; where something that only moves elements is between, its optimizer adds a pair of its own, and from opset 21
// on that pair says int8 and uint8 at once, so that the graph does not load.
//
// Only with one scale for the whole value: slices would have to be followed through the move.

import type { DType } from '../graph/dtype.ts';
import type { Node } from '../graph/model.ts';
import type { Pass } from './definition.ts';
import { rewriteGraphs } from './scopes.ts';
import type { Rewriter } from './uses.ts';

/** Operators whose first input is moved and whose others are not values. */
const movers = new Set([
  'Reshape',
  'Transpose',
  'Squeeze',
  'Unsqueeze',
  'Flatten',
  'Slice',
  'Expand',
  'Tile',
]);
/** Those that neither drop nor repeat anything. */
const keepers = new Set(['Reshape', 'Transpose', 'Squeeze', 'Unsqueeze', 'Flatten']);

export default {
  name: 'move-quantized',
  run(model) {
    const modified = rewriteGraphs(model, (rewriter) => {
      let count = 0;
      const open = rewriter.nodes().filter((node) => isOne(node, 'DequantizeLinear', rewriter));
      for (let node = open.pop(); node !== undefined; node = open.pop()) {
        if (!rewriter.has(node)) continue;
        const moved = sink(node, rewriter);
        count += moved.length;
        open.push(...moved);
      }
      for (const node of rewriter.nodes()) {
        if (!isOne(node, 'QuantizeLinear', rewriter)) continue;
        while (raise(node, rewriter)) count++;
      }
      return count;
    });
    return { modified };
  },
} satisfies Pass;

function isOne({ domain, opType, inputs }: Node, wanted: string, rewriter: Rewriter): boolean {
  return domain === '' && opType === wanted && rewriter.constant(inputs[1])?.data.length === 1;
}

/** Lets what moves its result move its input instead, and returns the DequantizeLinear nodes behind. */
function sink(node: Node, rewriter: Rewriter): Node[] {
  const [stored = '', ...parameters] = node.inputs;
  const [value = ''] = node.outputs;
  if (rewriter.constant(stored) !== undefined) return [];
  const made: Node[] = [];
  for (const { node: mover, index, inner } of rewriter.users(value)) {
    if (inner || index !== 0 || mover.domain !== '' || !movers.has(mover.opType)) continue;
    const [output = ''] = mover.outputs;
    const between = rewriter.fresh(`${mover.name}/stored`);
    rewriter.setInput(mover, 0, stored);
    rewriter.setOutput(mover, 0, between);
    setType(rewriter, between, output, rewriter.dtype(stored));
    made.push(
      rewriter.add('DequantizeLinear', [between, ...parameters], {
        name: `${mover.name}/dequantize`,
        attributes: Object.fromEntries(node.attributes),
        outputs: [output],
      }),
    );
  }
  if (made.length > 0 && rewriter.useCount(value) === 0 && !rewriter.isPinned(value)) rewriter.remove(node);
  return made;
}

/** Quantizes in front of what moves the value, where nothing else reads the moved value. */
function raise(node: Node, rewriter: Rewriter): boolean {
  const [value = '', ...parameters] = node.inputs;
  const [output = ''] = node.outputs;
  const mover = rewriter.producer(value);
  if (mover === undefined || mover.domain !== '' || !keepers.has(mover.opType)) return false;
  const [source = ''] = mover.inputs;
  if (rewriter.onlyUser(value) !== node || rewriter.constant(source) !== undefined) return false;
  const between = rewriter.fresh(`${node.name}/unmoved`);
  rewriter.setOutput(node, 0, between);
  rewriter.setInputs(node, [source, ...parameters]);
  rewriter.setInput(mover, 0, between);
  rewriter.setOutput(mover, 0, output);
  setType(rewriter, between, source, rewriter.dtype(output));
  return true;
}

/** The shape of one value with another element type. */
function setType(rewriter: Rewriter, value: string, like: string, dtype: string | undefined): void {
  const type = rewriter.type(like);
  if (type?.kind === 'tensor' && dtype !== undefined) {
    rewriter.graph.types.set(value, { ...type, dtype: dtype as DType });
  }
}

// Given:   Conv → Clip(0, 6) → QuantizeLinear(scale 6/255, zero point 0, uint8)   Result:  Conv → QuantizeLinear
//
// Given:   Clip(0, 1) → QuantizeLinear(scale 1/32767, int16)                      Result:  Relu → QuantizeLinear
//
// What lies beyond the limits gets the smallest or largest code without them. onnxruntime (1.30.0) drops such a Clip
// itself, but where 6 is the largest code only after rounding it leaves two nodes of one name, and refuses its graph.

import type { Node } from '../graph/model.ts';
import { limitsOf } from './constants/limits.ts';
import { uniform } from './constants/read.ts';
import type { Pass } from './definition.ts';
import { rewriteNodes } from './scopes.ts';
import type { Rewriter } from './uses.ts';

const codes = new Map<string, readonly [least: number, most: number]>([
  ['int8', [-128, 127]],
  ['uint8', [0, 255]],
  ['int16', [-32768, 32767]],
  ['uint16', [0, 65535]],
]);

export default {
  name: 'remove-quantized-clip',
  run(model) {
    return { modified: rewriteNodes(model, bypass) };
  },
} satisfies Pass;

function bypass(node: Node, rewriter: Rewriter): boolean {
  if (node.domain !== '' || node.opType !== 'QuantizeLinear') return false;
  const [value = '', scaleName, pointName] = node.inputs;
  const range = codes.get(rewriter.dtype(node.outputs[0] ?? '') ?? '');
  const [scale, point] = [rewriter.constant(scaleName), rewriter.constant(pointName)];
  const clip = rewriter.producer(value);
  const limits = clip && limitsOf(clip, rewriter);
  if (!range || !limits || scale?.data.length !== 1 || (pointName && point?.data.length !== 1)) return false;
  if (rewriter.onlyUser(value) !== node) return false;
  const step = uniform(scale);
  if (step === undefined || !(step > 0)) return false;
  // Half a step less than the first or last code rounds to the code before it or not at all, as ties go to even ones.
  const zero = point ? Number(point.data[0]) : 0;
  if (!(limits.high / step + zero > range[1] - 0.5)) return false;
  if (!(limits.low / step + zero < range[0] + 0.5)) {
    // Codes of 16 bits lie around 0, and kernels for them know Relu and no other limits.
    if (limits.low !== 0 || clip.opType === 'Relu' || range[1] !== 32767) return false;
    const { outputs } = rewriter.add('Relu', [limits.input], {
      name: clip.name,
      types: [rewriter.type(value)],
    });
    rewriter.setInput(node, 0, outputs[0] ?? '');
  } else rewriter.setInput(node, 0, limits.input);
  rewriter.remove(clip);
  return true;
}

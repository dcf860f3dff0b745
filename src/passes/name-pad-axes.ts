// Given:   Pad(x, [0, 0, 1, 1, 0, 0, 1, 1]) → MaxPool            Result:  Pad(x, [1, 1, 1, 1], axes [2, 3]) → MaxPool
//
// The same padding, spelled so that onnxruntime leaves it alone: its optimizer (1.30.0, from level "basic") moves a Pad
// with zeros into the MaxPool behind it, which pads with −∞, and so changes the result wherever x is negative. Where
// that is exact, fuse-pad-conv has done it already. A Pad with the `axes` input of opset 18 is not taken for fusion.

import type { Node } from '../graph/model.ts';
import { int64 } from '../graph/tensor.ts';
import { integers } from './constants/read.ts';
import type { Pass } from './definition.ts';
import { rewriteNodes } from './scopes.ts';
import type { Rewriter } from './uses.ts';

export default {
  name: 'name-pad-axes',
  run(model) {
    if ((model.opsets.get('') ?? 0) < 18) return { modified: 0 };
    return {
      modified: rewriteNodes(
        model,
        (node, rewriter) => isPadOfMaxPool(node, rewriter) && name(node, rewriter),
      ),
    };
  },
} satisfies Pass;

function isPadOfMaxPool(node: Node, rewriter: Rewriter): boolean {
  if (node.domain !== '' || node.opType !== 'Pad' || node.inputs[3]) return false;
  return rewriter.users(node.outputs[0] ?? '').some((use) => use.node.opType === 'MaxPool');
}

function name(pad: Node, rewriter: Rewriter): boolean {
  const pads = integers(rewriter, pad.inputs[1]);
  if (!pads || pads.length % 2 !== 0) return false;
  const rank = pads.length / 2;
  const axes = Array.from({ length: rank }, (_, axis) => axis).filter(
    (axis) => pads[axis] !== 0 || pads[axis + rank] !== 0,
  );
  const [input = '', , value = ''] = pad.inputs;
  const kept = [...axes, ...axes.map((axis) => axis + rank)].map((index) => pads[index] ?? 0);
  const inputs = [
    input,
    rewriter.addConstant(`${pad.name}/pads`, int64(kept)),
    value,
    rewriter.addConstant(`${pad.name}/axes`, int64(axes)),
  ];
  rewriter.setInputs(pad, inputs);
  return true;
}

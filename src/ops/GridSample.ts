// https://onnx.ai/onnx/operators/onnx__GridSample.html
// Opsets: 16, 20, 22.

import { int, string } from '../graph/attribute.ts';
import type { Node } from '../graph/model.ts';
import type { OpFamily, UpgradeContext } from './definition.ts';
import { tensorOf } from './result.ts';

export default {
  ops: {
    GridSample: {
      since: 16,
      inputs: [2, 2],
      outputs: [1, 1],
      attributes: { align_corners: int(0), mode: string('linear'), padding_mode: string('zeros') },
      later: { bfloat16: 22 },
    },
  },
  infer(context) {
    const input = context.shape(0);
    const grid = context.shape(1);
    if (input === undefined && grid === undefined) return [tensorOf(context.dtype(0), undefined)];
    const rank = input?.length ?? grid?.length ?? 0;
    const spatial = Array.from({ length: rank - 2 }, (_, axis) => grid?.[axis + 1] ?? null);
    return [tensorOf(context.dtype(0), [input?.[0] ?? grid?.[0] ?? null, input?.[1] ?? null, ...spatial])];
  },
  upgrades: [{ to: 20, opTypes: ['GridSample'], rewrite: renameMode }],
  downgrades: [{ from: 20, opTypes: ['GridSample'], rewrite: renameModeBack }],
} satisfies OpFamily;

function renameModeBack(node: Node, context: UpgradeContext): readonly Node[] | string {
  const rank = context.shape(node.inputs[0] ?? '')?.length;
  if (rank !== 4) return 'it samples other things than images';
  const mode = context.read(node, 'string', 'mode', 'linear');
  node.attributes.set('mode', string(mode === 'nearest' ? mode : `bi${mode}`));
  return [node];
}

/** The modes are named without a number of axes since 20. */
function renameMode(node: Node, context: UpgradeContext): readonly Node[] {
  const mode = context.read(node, 'string', 'mode', 'bilinear');
  node.attributes.set('mode', string(modes[mode] ?? mode));
  return [node];
}

const modes: Readonly<Record<string, string>> = { bilinear: 'linear', bicubic: 'cubic' };

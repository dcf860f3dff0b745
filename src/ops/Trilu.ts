// https://onnx.ai/onnx/operators/onnx__Trilu.html
// Opsets: 14.

import { int } from '../graph/attribute.ts';
import { dtypes } from '../graph/dtype.ts';
import type { Node } from '../graph/model.ts';
import type { OpFamily, UpgradeContext } from './definition.ts';
import { constantInts, isGiven } from './restate.ts';
import { likeInput } from './result.ts';
import { outputOf } from './rewrite.ts';
import { SpellOut } from './spell-out.ts';

export default {
  ops: {
    Trilu: { since: 14, inputs: [1, 2], outputs: [1, 1], attributes: { upper: int(1) } },
  },
  infer: likeInput,
  downgrades: [{ from: 14, opTypes: ['Trilu'], rewrite: pickByMask }],
} satisfies OpFamily;

/** Elements of the mask that is written in its place. */
const LARGEST_MASK = 2 ** 22;

/** The elements kept are picked by a constant. */
function pickByMask(node: Node, context: UpgradeContext): readonly Node[] | string {
  const [x = ''] = node.inputs;
  const [rows, columns] = context.shape(x)?.slice(-2) ?? [];
  const [k] = isGiven(node, 1) ? (constantInts(node, 1, context) ?? []) : [0];
  if (typeof rows !== 'number' || typeof columns !== 'number' || k === undefined) {
    return 'the triangle is known only when the model runs';
  }
  const dtype = context.dtype(x);
  const array = dtype === undefined ? 'strings' : dtypes[dtype].array;
  if (dtype === undefined || array === 'strings' || dtypes[dtype].bits < 8 || rows * columns > LARGEST_MASK) {
    return `${dtype ?? 'an unknown type'} of ${rows} × ${columns}`;
  }
  const isUpper = context.read(node, 'int', 'upper', 1) !== 0;
  const mask = Uint8Array.from({ length: rows * columns }, (_, at) => {
    const beyond = (at % columns) - Math.floor(at / columns) - k;
    return Number(isUpper ? beyond >= 0 : beyond <= 0);
  });
  const out = new SpellOut(node, context);
  const isKept = out.tensor('mask', { dtype: 'bool', dims: [rows, columns], data: mask });
  const zero = out.tensor('zero', { dtype, dims: [], data: new array(1) });
  out.add('Where', [isKept, x, zero], {}, outputOf(node));
  return out.nodes;
}

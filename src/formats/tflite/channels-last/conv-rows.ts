// A convolution over one axis that was written as one over the rows of pictures, whose windows are as wide as those
// (passes/widen-conv-1d.ts): TFLite wants the channels last, which is where they are in each row.
//
//   Given    x [N, T, C] → Unsqueeze → [N, 1, T, C] → Conv, windows of k × C
//   Result   x → Squeeze → Transpose → Conv over T with C channels, both of which what follows takes away again

import { int } from '../../../graph/attribute.ts';
import type { Node } from '../../../graph/model.ts';
import type { Build } from '../rewrite/build.ts';

/** The value that takes the place of the Conv's; undefined for any other Conv. */
export function convolveRows(build: Build): string | undefined {
  const [x = '', w = '', ...bias] = build.node.inputs;
  const shape = build.shape(x);
  const weights = build.fixed(w);
  const [, depth = 0, length = 1, width = 0] = weights;
  if (shape.length !== 4 || shape[1] !== 1 || depth !== 1 || width < 2 || shape[3] !== width)
    return undefined;
  if (build.attribute('group', 1) !== 1 || !isUnsqueezed(build, x)) return undefined;
  const auto = build.attribute('auto_pad', 'NOTSET');
  const pads = build.attribute('pads', [0, 0, 0, 0] as readonly number[]);
  if ((auto !== 'NOTSET' && auto !== 'VALID') || pads[1] !== 0 || pads[3] !== 0) return undefined;
  const first = (name: string) => int([build.attribute(name, [1, 1] as readonly number[])[0] ?? 1]);
  const steps = build.transpose(build.add('Squeeze', [x, build.ints([1])]), [0, 2, 1]);
  const kernel = build.transpose(build.add('Squeeze', [w, build.ints([1])]), [0, 2, 1]);
  const made = build.add('Conv', [steps, kernel, ...bias], {
    kernel_shape: int([length]),
    strides: first('strides'),
    dilations: first('dilations'),
    pads: int([pads[0] ?? 0, pads[2] ?? 0]),
  });
  return build.add('Unsqueeze', [made, build.ints([3])]);
}

/** Whether an axis was put in for this: a picture that comes as one is better off as it is. */
function isUnsqueezed({ rewriter }: Build, value: string): boolean {
  let maker: Node | undefined = rewriter.producer(value);
  while (maker?.opType === 'DequantizeLinear' || maker?.opType === 'QuantizeLinear')
    maker = rewriter.producer(maker.inputs[0] ?? '');
  if (maker?.opType !== 'Unsqueeze' && maker?.opType !== 'Reshape') return false;
  return rewriter.shape(maker.inputs[0] ?? '')?.length === 3;
}

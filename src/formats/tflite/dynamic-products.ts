// Products that quantize what they read as it comes, as onnxruntime's quantizer writes them. TFLite has them built in:
// weights as codes beside data in float32.
//
//   Given    (codes, s, z) = DynamicQuantizeLinear(x);  Cast(MatMulInteger(codes, W, z, zW)) · (s · sW)
//   Result   MatMul(x, DequantizeLinear(W, sW, zW))

import { int } from '../../graph/attribute.ts';
import type { Model, Node } from '../../graph/model.ts';
import { rewriteNodes } from '../../passes/scopes.ts';
import type { Rewriter } from '../../passes/uses.ts';

/** The operator on real numbers, and the axis of its weights that a list of scales is along. */
const products: Readonly<
  Record<string, { readonly opType: string; readonly axis: (rank: number) => number }>
> = {
  MatMulInteger: { opType: 'MatMul', axis: (rank) => rank - 1 },
  ConvInteger: { opType: 'Conv', axis: () => 0 },
};

/** Changes the model in place. */
export function multiplyAsTheyCome(model: Model): void {
  rewriteNodes(model, (node, rewriter) => {
    if (node.domain !== '' || node.opType !== 'Mul') return false;
    const [a = '', b = ''] = node.inputs;
    return replace(node, a, b, rewriter) || replace(node, b, a, rewriter);
  });
}

function replace(node: Node, sums: string, scales: string, rewriter: Rewriter): boolean {
  const maker = (value: string, ...opTypes: readonly string[]): Node | undefined => {
    const found = rewriter.producer(value);
    return found?.domain === '' && opTypes.includes(found.opType) ? found : undefined;
  };
  const cast = maker(sums, 'Cast');
  const codes = cast && maker(cast.inputs[0] ?? '', ...Object.keys(products));
  const both = maker(scales, 'Mul');
  if (codes === undefined || both === undefined) return false;
  const [data = '', weights = '', zero = '', weightZero = ''] = codes.inputs;
  const source = maker(data, 'DynamicQuantizeLinear');
  const [values = '', scale = '', point = ''] = source?.outputs ?? [];
  const own = both.inputs.find((each) => each !== scale) ?? '';
  const held = rewriter.constant(weights);
  const isKnown = held !== undefined && rewriter.constant(own) !== undefined;
  const isWhole = data === values && zero === point && both.inputs.includes(scale);
  if (source === undefined || !isKnown || !isWhole) return false;
  const { opType = '', axis } = products[codes.opType] ?? {};
  const real = rewriter.add('DequantizeLinear', [weights, own, weightZero].slice(0, weightZero ? 3 : 2), {
    name: `${codes.name}/weights`,
    attributes: { axis: int(axis?.(held.dims.length) ?? 0) },
  });
  const [x = ''] = source.inputs;
  const outputs = [...node.outputs];
  rewriter.remove(node);
  const attributes = Object.fromEntries(codes.attributes);
  rewriter.add(opType, [x, ...real.outputs], { name: codes.name, attributes, outputs });
  return true;
}

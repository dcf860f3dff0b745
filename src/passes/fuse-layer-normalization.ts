// Given:   d = x − ReduceMean(x)      y = d ÷ Sqrt(ReduceMean(d²) + ε) [× γ] [+ β]
// Result:  y = LayerNormalization(x, γ, β)
//
//   1. Both means are over the same last axes and keep them. γ and β are constants of the shape of those axes; without γ
//      it is ones.
//   2. d² may be Pow(d, 2) or d × d; ÷ Sqrt may be × Reciprocal(Sqrt) or × (1 ÷ Sqrt); and where a graph multiplies γ into
//      the factor first, x × f + (β − mean × f) with f = γ ÷ Sqrt(variance + ε), as TensorFlow does.
//   3. Left alone: something else reads a value in between; ε inside of the square or outside of the root; the variance as
//      the mean of the squares less the square of the mean, which is another number.
//
// https://onnx.ai/onnx/operators/onnx__LayerNormalization.html (opset 17)

import { attribute, float, int } from '../graph/attribute.ts';
import type { Node } from '../graph/model.ts';
import { elementCount, type Tensor } from '../graph/tensor.ts';
import { axesOf, axisOf, isPlainFloat, uniform } from './constants/read.ts';
import type { Pass } from './definition.ts';
import { type Match, match, removeMatch } from './match/match.ts';
import { add, any, either, mul, number, op, type Pattern, scalar } from './match/pattern.ts';
import { rewriteNodes } from './scopes.ts';
import type { Rewriter } from './uses.ts';

const x = any();
const epsilon = scalar();
const gamma = any();
const beta = any();
const mean = op('ReduceMean', x);
const centred = op('Sub', x, mean);
const variance = op('ReduceMean', either(op('Pow', centred, number(2)), mul(centred, centred)));
const deviation = op('Sqrt', add(variance, epsilon));
const factor = either(op('Reciprocal', deviation), op('Div', number(1), deviation));

const plain = either(op('Div', centred, deviation), mul(centred, factor));
const scaledFactor = mul(factor, gamma);
const spread = add(mul(x, scaledFactor), op('Sub', beta, mul(mean, scaledFactor)));

export default {
  name: 'fuse-layer-normalization',
  run(model) {
    return { modified: rewriteNodes(model, fuse) };
  },
} satisfies Pass;

const ends = new Set(['Div', 'Mul', 'Add']);

function fuse(node: Node, rewriter: Rewriter): boolean {
  if (node.domain !== '' || !ends.has(node.opType)) return false;
  const form = node.opType === 'Add' ? spread : plain;
  const found = match(node, form, rewriter, (candidate) => isNormalization(candidate, form, rewriter));
  if (!found) return false;
  const input = found.value(x);
  const dims = lastAxes(found, rewriter);
  const small = uniform(rewriter.constant(found.value(epsilon)));
  if (!dims || small === undefined) return false;
  const dtype = rewriter.dtype(input) === 'float64' ? 'float64' : 'float32';
  const attributes = { axis: int(-dims.length), epsilon: float(small) };
  const own = (pattern: Pattern) => parameter(found.value(pattern), dims, rewriter);
  const inputs =
    form === spread ? [input, own(gamma) ?? '', own(beta) ?? ''] : [input, ones(node, dtype, dims, rewriter)];
  const [output = ''] = node.outputs;
  removeMatch(found, rewriter);
  const made = rewriter.add('LayerNormalization', inputs, { name: node.name, outputs: [output], attributes });
  if (form === plain) absorb(made, dims, rewriter);
  return true;
}

function isNormalization(found: Match, form: Pattern, rewriter: Rewriter): boolean {
  const dims = lastAxes(found, rewriter);
  const small = uniform(rewriter.constant(found.value(epsilon)));
  const dtype = rewriter.dtype(found.value(x));
  if (!dims || small === undefined || small < 0 || (dtype !== 'float32' && dtype !== 'float64')) return false;
  return (
    form !== spread || [gamma, beta].every((pattern) => isParameter(found.value(pattern), dims, rewriter))
  );
}

/** Dims of the axes both means are over, when those are the last ones. */
function lastAxes(found: Match, rewriter: Rewriter): readonly number[] | undefined {
  const shape = rewriter.shape(found.value(x));
  if (!shape) return undefined;
  const first = firstAxis(found.node(mean), shape.length, rewriter);
  if (first === undefined || first !== firstAxis(found.node(variance), shape.length, rewriter))
    return undefined;
  const dims = shape.slice(first);
  return dims.every((dim): dim is number => typeof dim === 'number' && dim > 0) ? dims : undefined;
}

function firstAxis(node: Node, rank: number, rewriter: Rewriter): number | undefined {
  const given = axesOf(rewriter, node);
  if (attribute(node, 'keepdims', 1) !== 1 || given === undefined || given === 'all' || given.length === 0)
    return undefined;
  const axes = given.map((axis) => axisOf(axis, rank)).sort((a, b) => a - b);
  const first = rank - axes.length;
  return axes.every((axis, index) => axis === first + index) ? first : undefined;
}

function ones(node: Node, dtype: 'float32' | 'float64', dims: readonly number[], rewriter: Rewriter): string {
  const length = elementCount(dims);
  const data = (dtype === 'float32' ? new Float32Array(length) : new Float64Array(length)).fill(1);
  return rewriter.addConstant(`${node.name}/scale`, { dtype, dims, data });
}

/** Takes a following Mul by γ and Add of β in. */
function absorb(node: Node, dims: readonly number[], rewriter: Rewriter): void {
  for (const [opType, index] of [
    ['Mul', 1],
    ['Add', 2],
  ] as const) {
    const [between = ''] = node.outputs;
    const next = rewriter.onlyUser(between);
    if (next?.domain !== '' || next.opType !== opType) continue;
    const other = next.inputs.find((input) => input !== between);
    const value = other === undefined ? undefined : parameter(other, dims, rewriter);
    if (value === undefined) continue;
    const inputs = [...node.inputs];
    inputs[index] = value;
    const [output = ''] = next.outputs;
    rewriter.remove(next);
    rewriter.setInputs(node, inputs);
    rewriter.setOutput(node, 0, output);
    rewriter.graph.types.delete(between);
  }
}

function isParameter(value: string, dims: readonly number[], rewriter: Rewriter): boolean {
  const tensor = rewriter.constant(value);
  return tensor !== undefined && isOf(tensor, dims);
}

/** The constant in the shape of the normalised axes. */
function parameter(value: string, dims: readonly number[], rewriter: Rewriter): string | undefined {
  const tensor = rewriter.constant(value);
  if (!tensor || !isOf(tensor, dims)) return undefined;
  if (tensor.dims.length === dims.length) return value;
  return rewriter.addConstant(value, { ...tensor, dims });
}

/** Axes of length one in front do no harm. */
function isOf(tensor: Tensor, dims: readonly number[]): boolean {
  const extra = tensor.dims.length - dims.length;
  return (
    isPlainFloat(tensor) &&
    extra >= 0 &&
    tensor.dims.slice(0, extra).every((dim) => dim === 1) &&
    String(tensor.dims.slice(extra)) === String(dims)
  );
}

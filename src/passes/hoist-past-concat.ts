// Given:   Concat(a − c, b − d)          Result:  Concat(a, b) − [c, d]
//
//   1. Likewise for Add, Mul and Div: the same operator on every input of the Concat, the constant on the same side
//      where that matters. The numbers stay exactly as they were. This is how columns that were scaled one by one are scaled at once.
//   2. Left alone: one of the results has another reader; a constant that is not one number or one per entry of the axis.

import { attribute } from '../graph/attribute.ts';
import type { Node } from '../graph/model.ts';
import { elementCount, type Tensor } from '../graph/tensor.ts';
import { axisOf, isPlainFloat } from './constants/read.ts';
import type { Pass } from './definition.ts';
import { rewriteGraphs } from './scopes.ts';
import type { Rewriter } from './uses.ts';

export default {
  name: 'hoist-past-concat',
  run(model) {
    const modified = rewriteGraphs(model, (rewriter) => {
      let count = 0;
      for (const node of rewriter.nodes()) if (isConcat(node)) while (hoist(node, rewriter)) count++;
      return count;
    });
    return { modified };
  },
} satisfies Pass;

const operators = new Set(['Add', 'Sub', 'Mul', 'Div']);

function commutes({ opType }: Node): boolean {
  return opType === 'Add' || opType === 'Mul';
}

function isConcat(node: Node): boolean {
  return node.domain === '' && node.opType === 'Concat' && node.inputs.length > 1;
}

type Step = { readonly node: Node; readonly input: string; readonly side: number; readonly constant: Tensor };

function hoist(concat: Node, rewriter: Rewriter): boolean {
  const [output = ''] = concat.outputs;
  const rank = rewriter.shape(output)?.length;
  if (rank === undefined || new Set(concat.inputs).size !== concat.inputs.length) return false;
  const axis = axisOf(attribute(concat, 'axis', 0), rank);
  const steps: Step[] = [];
  for (const value of concat.inputs) {
    const step = stepOf(value, concat, axis, rank, rewriter);
    if (!step || step.node.opType !== (steps[0]?.node.opType ?? step.node.opType)) return false;
    if (step.side !== (steps[0]?.side ?? step.side)) return false;
    if (step.constant.dtype !== (steps[0]?.constant.dtype ?? step.constant.dtype)) return false;
    steps.push(step);
  }
  const [first] = steps;
  const joined = first && joinedConstant(steps, axis, rank, rewriter);
  if (!first || !joined) return false;
  const type = rewriter.type(output);
  const whole = rewriter.fresh(`${output}/joined`);
  rewriter.setInputs(
    concat,
    steps.map(({ input }) => input),
  );
  rewriter.setOutput(concat, 0, whole);
  if (type) rewriter.graph.types.set(whole, type);
  for (const { node } of steps) rewriter.remove(node);
  const constant = rewriter.addConstant(`${first.node.name}/joined`, joined);
  const inputs = first.side === 0 ? [whole, constant] : [constant, whole];
  rewriter.add(first.node.opType, inputs, { name: first.node.name, outputs: [output] });
  return true;
}

/** The value as one operator by a constant, when only the Concat reads it. */
function stepOf(
  value: string,
  concat: Node,
  axis: number,
  rank: number,
  rewriter: Rewriter,
): Step | undefined {
  const node = rewriter.producer(value);
  if (node?.domain !== '' || !operators.has(node.opType) || rewriter.onlyUser(value) !== concat)
    return undefined;
  for (const side of [0, 1]) {
    const input = node.inputs[side] ?? '';
    const constant = rewriter.constant(node.inputs[1 - side]);
    const shape = rewriter.shape(input);
    if (!constant || !isPlainFloat(constant) || shape?.length !== rank || constant.dims.length > rank)
      continue;
    const at = axis - (rank - constant.dims.length);
    const isSpread = constant.dims.every((dim, index) => dim === 1 || (index === at && dim === shape[axis]));
    if (!isSpread || typeof shape[axis] !== 'number') continue;
    return { node, input, side: commutes(node) ? 0 : side, constant };
  }
  return undefined;
}

const MOST_ENTRIES = 2 ** 20;

function joinedConstant(
  steps: readonly Step[],
  axis: number,
  rank: number,
  rewriter: Rewriter,
): Tensor | undefined {
  const numbers: number[] = [];
  for (const { input, constant } of steps) {
    const length = rewriter.shape(input)?.[axis];
    const data = constant.data as ArrayLike<number>;
    if (typeof length !== 'number' || numbers.length + length > MOST_ENTRIES) return undefined;
    if (elementCount(constant.dims) !== data.length) return undefined;
    for (let index = 0; index < length; index++) numbers.push(data[data.length === 1 ? 0 : index] ?? 0);
  }
  const dtype = steps[0]?.constant.dtype === 'float64' ? 'float64' : 'float32';
  const data = dtype === 'float64' ? Float64Array.from(numbers) : Float32Array.from(numbers);
  const dims = Array.from({ length: rank - axis }, (_, index) => (index === 0 ? numbers.length : 1));
  return { dtype, dims, data };
}

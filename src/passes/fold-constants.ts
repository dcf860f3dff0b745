// Computes at conversion time what does not depend on the inputs. The whole constant part of a graph is cut out and
// run once by the runtime; no arithmetic happens here.
//
//   1. A Constant node becomes an initializer.
//   2. A node whose inputs are all constant is itself constant, except: random operators, operators outside ai.onnx,
//      nodes with sub-graphs, QuantizeLinear and DequantizeLinear (they are how quantized weights are stored).
//   3. A value that a non-constant node or a sub-graph reads, or that is a graph output, is folded when its size is
//      known and does not exceed the size of what it was made from by more than 1 MB.

import { byteLength } from '../graph/dtype.ts';
import type { Graph, Model, Node, ValueType } from '../graph/model.ts';
import { elementCount, scalar, type Tensor, tensorBytes } from '../graph/tensor.ts';
import { lookup } from '../ops/registry.ts';
import type { Pass, PassTools } from './definition.ts';
import { Names } from './names.ts';
import { nestedGraphs } from './nested.ts';
import { Rewriter } from './uses.ts';

/** How much a folded value may add to the file over what it was computed from. */
const MOST_GROWTH = 1_000_000;
/** Evaluations per graph when the runtime refuses some operator and the culprit is searched by halves. */
const MOST_EVALUATIONS = 32;

export default {
  name: 'fold-constants',
  async run(model, tools) {
    const names = new Names(model);
    let modified = 0;
    const visit = async (graph: Graph, outer: Rewriter | undefined): Promise<void> => {
      const rewriter = new Rewriter(graph, names, outer);
      modified += constantNodes(rewriter);
      modified += await fold(model, rewriter, tools);
      rewriter.commit();
      for (const node of graph.nodes) for (const inner of nestedGraphs(node)) await visit(inner, rewriter);
    };
    await visit(model.graph, undefined);
    return { modified };
  },
} satisfies Pass;

function constantNodes(rewriter: Rewriter): number {
  let count = 0;
  for (const node of rewriter.nodes()) {
    if (node.domain !== '' || node.opType !== 'Constant') continue;
    const output = node.outputs[0] ?? '';
    const tensor = constantValue(node);
    if (!tensor || rewriter.isPinned(output)) continue;
    rewriter.remove(node);
    rewriter.setConstant(output, tensor);
    count++;
  }
  return count;
}

/** https://onnx.ai/onnx/operators/onnx__Constant.html */
function constantValue(node: Node): Tensor | undefined {
  const [[name, attribute] = []] = node.attributes;
  switch (attribute?.type) {
    case 'tensor':
      return attribute.value;
    case 'float':
      return scalar(attribute.value);
    case 'floats':
      return { dtype: 'float32', dims: [attribute.value.length], data: Float32Array.from(attribute.value) };
    case 'int':
      return { dtype: 'int64', dims: [], data: BigInt64Array.of(BigInt(attribute.value)) };
    case 'ints':
      return {
        dtype: 'int64',
        dims: [attribute.value.length],
        data: BigInt64Array.from(attribute.value, BigInt),
      };
    case 'string':
      return name === 'value_string' ? { dtype: 'string', dims: [], data: [attribute.value] } : undefined;
    case 'strings':
      return { dtype: 'string', dims: [attribute.value.length], data: attribute.value };
    default:
      return undefined;
  }
}

async function fold(model: Model, rewriter: Rewriter, tools: PassTools): Promise<number> {
  const constants = findConstants(rewriter);
  const wanted: string[] = [];
  for (const [value, found] of constants) if (isWanted(value, found, rewriter, constants)) wanted.push(value);
  if (wanted.length === 0) return 0;
  const results = await evaluate(wanted, { left: MOST_EVALUATIONS }, (values) =>
    tools.evaluate(cutOut(model, rewriter, constants, values)),
  );
  let folded = 0;
  for (const [value, tensor] of results) {
    const node = rewriter.producer(value);
    if (!node) continue;
    folded += rewriter.isPinned(value)
      ? replaceOutput(rewriter, node, value, tensor)
      : replaceValue(rewriter, node, value, tensor);
  }
  return folded;
}

type Found = { readonly node: Node; readonly inputBytes: number };

/** Values that follow from constants alone, in the order of their nodes. */
function findConstants(rewriter: Rewriter): Map<string, Found> {
  const found = new Map<string, Found>();
  for (const node of rewriter.nodes()) {
    if (!isFoldable(node)) continue;
    let inputBytes = 0;
    let isConstant = true;
    for (const input of node.inputs) {
      if (input === '') continue;
      const tensor = rewriter.constant(input);
      const made = found.get(input);
      if (tensor) inputBytes += tensorBytes(tensor);
      else if (made) inputBytes += made.inputBytes;
      else isConstant = false;
    }
    // Everything on the way is computed too, so every step has to keep within the limit.
    const fits = node.outputs.every(
      (output) => output === '' || isBounded(node, rewriter.type(output), inputBytes),
    );
    if (!isConstant || !fits) continue;
    for (const output of node.outputs) if (output) found.set(output, { node, inputBytes });
  }
  return found;
}

function isFoldable(node: Node): boolean {
  if (node.domain !== '' || node.opType === 'QuantizeLinear' || node.opType === 'DequantizeLinear')
    return false;
  const known = lookup(node);
  return known !== undefined && !known.signature.random && nestedGraphs(node).length === 0;
}

// What these give depends on the data, but is never larger than a few times what they were given.
const boundedByInput = new Set(['NonZero', 'Unique', 'Compress', 'StringNormalizer']);

function isBounded(node: Node, type: ValueType | undefined, inputBytes: number): boolean {
  if (type?.kind !== 'tensor') return false;
  const { shape } = type;
  if (shape?.every((dim) => typeof dim === 'number')) {
    return byteLength(type.dtype, elementCount(shape)) <= inputBytes + MOST_GROWTH;
  }
  return boundedByInput.has(node.opType) && inputBytes <= MOST_GROWTH / 8;
}

/** Whether something outside the constant part reads it. */
function isWanted(
  value: string,
  { node }: Found,
  rewriter: Rewriter,
  constants: ReadonlyMap<string, Found>,
): boolean {
  // An Identity of a constant is already the shortest way to give a constant as a graph output.
  if (rewriter.isPinned(value))
    return node.opType !== 'Identity' || rewriter.constant(node.inputs[0]) === undefined;
  return rewriter
    .users(value)
    .some((use) => use.inner || !use.node.outputs.some((output) => constants.has(output)));
}

function cutOut(
  model: Model,
  rewriter: Rewriter,
  constants: ReadonlyMap<string, Found>,
  outputs: readonly string[],
): Model {
  const initializers = new Map<string, Tensor>();
  const needed = new Set<Node>();
  const open = [...outputs];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    const tensor = rewriter.constant(value);
    if (tensor) initializers.set(value, tensor);
    const node = constants.get(value)?.node;
    if (!node || needed.has(node)) continue;
    needed.add(node);
    open.push(...node.inputs.filter((input) => input !== ''));
  }
  const nodes = rewriter.nodes().filter((node) => needed.has(node));
  const types = new Map<string, ValueType>();
  for (const output of outputs) {
    const type = rewriter.type(output);
    if (type) types.set(output, type);
  }
  const graph: Graph = { name: 'constants', inputs: [], outputs: [...outputs], nodes, initializers, types };
  return { graph, opsets: model.opsets, functions: [], producer: model.producer, metadata: new Map() };
}

/** All at once; when the runtime refuses, by halves, so that one odd operator does not spoil the rest. */
async function evaluate(
  values: readonly string[],
  budget: { left: number },
  run: (values: readonly string[]) => Promise<ReadonlyMap<string, Tensor>>,
): Promise<Map<string, Tensor>> {
  if (budget.left <= 0 || values.length === 0) return new Map();
  budget.left--;
  try {
    return new Map(await run(values));
  } catch {
    if (values.length === 1) return new Map();
    const half = Math.ceil(values.length / 2);
    const first = await evaluate(values.slice(0, half), budget, run);
    const second = await evaluate(values.slice(half), budget, run);
    return new Map([...first, ...second]);
  }
}

function replaceValue(rewriter: Rewriter, node: Node, value: string, tensor: Tensor): number {
  const index = node.outputs.indexOf(value);
  if (node.outputs.length > 1) {
    // The other outputs may still be wanted: this one lets go of its name.
    rewriter.setOutput(node, index, rewriter.fresh(`${value}/unused`));
  } else {
    rewriter.remove(node);
  }
  rewriter.setConstant(value, tensor);
  return 1;
}

function replaceOutput(rewriter: Rewriter, node: Node, value: string, tensor: Tensor): number {
  if (node.outputs.length > 1) return 0;
  rewriter.remove(node);
  const constant = rewriter.addConstant(`${value}/constant`, tensor);
  rewriter.replaceUses(value, constant);
  rewriter.add('Identity', [constant], { name: node.name, outputs: [value] });
  return 1;
}

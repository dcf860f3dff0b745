// Checks that a model holds together: every value is made once and before it is read, and every name is unique.
// https://github.com/onnx/onnx/blob/main/docs/IR.md#graphs

import type { Where } from '../diagnostics.ts';
import { errors } from '../errors.ts';
import { byteLength, dtypes } from './dtype.ts';
import type { Attribute, Graph, Model, ModelFunction, Node } from './model.ts';
import { elementCount, type Tensor, type TypedArray } from './tensor.ts';

/**
 * Throws MODEL_INVALID naming the first node or value that is wrong. Linear in nodes and edges.
 *
 * @example
 * validate(model, { file: 'net.onnx' });
 */
export function validate(model: Model, where: Where = {}): void {
  const checker: Checker = { where, inFunction: false };
  for (const name of model.graph.inputs) {
    if (!model.graph.types.has(name)) fail(checker, `graph input ${name} has no type`);
  }
  checkGraph(model.graph, undefined, checker);
  for (const made of model.functions) checkFunction(made, { where, inFunction: true });
  checkCalls(model, checker);
}

/** A runtime puts functions in place of their calls: more nodes than this are no model, but a way to fill memory. */
const MOST_EXPANDED = 1_000_000;

type Checker = { readonly where: Where; readonly inFunction: boolean };

/** Values visible at a place: those of a graph made so far, then those of the graphs around it. */
type Scope = { readonly values: Set<string>; readonly outer: Scope | undefined };

function checkGraph(graph: Graph, outer: Scope | undefined, checker: Checker): void {
  const scope: Scope = { values: new Set(), outer };
  for (const name of graph.inputs) define(scope, name, 'graph input', checker);
  for (const [name, tensor] of graph.initializers) {
    define(scope, name, 'constant', checker);
    checkTensor(name, tensor, checker);
  }
  checkNodes(graph.nodes, scope, checker);
  for (const name of graph.outputs) {
    if (!visible(scope, name)) fail(checker, `graph output ${name} is not made by any node`);
  }
}

function checkFunction(made: ModelFunction, checker: Checker): void {
  const scope: Scope = { values: new Set(made.inputs), outer: undefined };
  checkNodes(made.nodes, scope, checker);
  for (const name of made.outputs) {
    if (!visible(scope, name)) fail(checker, `function ${made.name} does not make its output ${name}`);
  }
}

function checkNodes(nodes: readonly Node[], scope: Scope, checker: Checker): void {
  const names = new Set<string>();
  for (const node of nodes) {
    const label = `node ${node.name} (${node.opType})`;
    const at = { node: node.name };
    if (node.name === '') fail(checker, `a ${node.opType} node has no name`);
    if (names.has(node.name)) fail(checker, `two nodes are called ${node.name}`, at);
    names.add(node.name);
    for (const input of node.inputs) {
      if (input === '' || visible(scope, input)) continue;
      const later = nodes.some((other) => other.outputs.includes(input));
      const why = later
        ? 'which is made only after it: the nodes are out of order or feed each other'
        : 'which nothing makes';
      fail(checker, `${label} reads ${input}, ${why}`, at);
    }
    for (const attribute of node.attributes.values()) checkAttribute(attribute, scope, label, checker);
    for (const output of node.outputs) if (output !== '') define(scope, output, label, checker, at);
  }
}

function checkAttribute(attribute: Attribute, scope: Scope, label: string, checker: Checker): void {
  if (attribute.type === 'graph') checkGraph(attribute.value, scope, checker);
  else if (attribute.type === 'graphs') {
    for (const graph of attribute.value) checkGraph(graph, scope, checker);
  } else if (attribute.type === 'tensor') checkTensor(`of ${label}`, attribute.value, checker);
  else if (attribute.type === 'reference' && !checker.inFunction) {
    fail(
      checker,
      `${label} refers to attribute ${attribute.value} of a caller, but is not inside a function`,
    );
  }
}

function checkTensor(name: string, tensor: Tensor, checker: Checker): void {
  const count = elementCount(tensor.dims);
  const { array } = dtypes[tensor.dtype];
  const expected = array === 'strings' ? count : byteLength(tensor.dtype, count);
  const actual = array === 'strings' ? tensor.data.length : (tensor.data as TypedArray).byteLength;
  if (expected === actual) return;
  const unit = array === 'strings' ? 'strings' : 'bytes';
  const shape = `${tensor.dtype}[${tensor.dims.join(',')}]`;
  fail(checker, `constant ${name} is ${shape} and should hold ${expected} ${unit}, not ${actual}`);
}

// A function that calls itself, even through others, never ends; one that calls the next one twice, and so on, nearly so.
function checkCalls({ graph, functions }: Model, checker: Checker): void {
  const byKey = new Map(functions.map((made) => [key(made.domain, made.name, made.overload), made]));
  const sizes = new Map<ModelFunction, number | 'open'>();
  /** Nodes of the list once every call in it is replaced by what it calls. */
  const expand = (nodes: readonly Node[], depth: number): number => {
    let size = 0;
    for (const node of nodes) {
      const called = byKey.get(key(node.domain, node.opType, node.overload));
      size += called ? enter(called, depth + 1) : 1;
      for (const inner of graphsOf(node)) size += expand(inner.nodes, depth + 1);
    }
    return size;
  };
  const enter = (made: ModelFunction, depth: number): number => {
    const known = sizes.get(made);
    if (known === 'open') return fail(checker, `function ${made.name} calls itself`);
    if (known !== undefined) return known;
    if (depth > 256) fail(checker, `functions call one another more than 256 deep at ${made.name}`);
    sizes.set(made, 'open');
    const size = expand(made.nodes, depth);
    if (size > MOST_EXPANDED) fail(checker, `function ${made.name} stands for ${size} nodes and more`);
    sizes.set(made, size);
    return size;
  };
  for (const made of functions) enter(made, 0);
  if (functions.length === 0) return;
  const size = expand(graph.nodes, 0);
  if (size > MOST_EXPANDED) fail(checker, `its functions stand for ${size} nodes`);
}

function graphsOf(node: Node): readonly Graph[] {
  const graphs: Graph[] = [];
  for (const attribute of node.attributes.values()) {
    if (attribute.type === 'graph') graphs.push(attribute.value);
    else if (attribute.type === 'graphs') graphs.push(...attribute.value);
  }
  return graphs;
}

function key(domain: string, name: string, overload = ''): string {
  return `${domain}:${name}:${overload}`;
}

function define(scope: Scope, name: string, maker: string, checker: Checker, at?: Where): void {
  if (scope.values.has(name)) fail(checker, `${maker} makes ${name}, which is made already`, at);
  scope.values.add(name);
}

function visible(scope: Scope | undefined, name: string): boolean {
  for (let at = scope; at !== undefined; at = at.outer) if (at.values.has(name)) return true;
  return false;
}

function fail(checker: Checker, problem: string, at?: Where): never {
  throw errors.MODEL_INVALID(problem, { ...checker.where, ...at });
}

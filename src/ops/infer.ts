// Types and shapes of every value, in one walk over the nodes. Integers that describe shapes are followed too
// (Shape → Gather → Concat → Reshape), so that most "dynamic" graphs turn out to have fixed shapes.

import { errors, MlctlError } from '../errors.ts';
import {
  type Attribute,
  type Dim,
  type Graph,
  type Model,
  type ModelFunction,
  type Node,
  shapeOf,
  tensorType,
  type ValueType,
} from '../graph/model.ts';
import { elementCount } from '../graph/tensor.ts';
import { isKnown, print } from './axes.ts';
import type { InferContext, OpSignature } from './definition.ts';
import { stored } from './integers.ts';
import { both } from './merge.ts';
import { Names } from './names.ts';
import { lookup } from './registry.ts';
import { constantOf, integersOf, MOST_INTEGERS, type Scope, typeOf } from './scope.ts';
import { subgraphs } from './subgraphs.ts';

/** Sub-graphs and functions inside one another; deeper ones are not a model. */
const DEEPEST = 32;
/** Nodes visited inside functions and again in loops; calls of calls and loops in loops could otherwise grow without end. */
const MOST_REPEATED = 1_000_000;

/**
 * Fills `graph.types` for every value of the model, sub-graphs included. Values of operators the registry does not
 * know stay as declared. Errors: MODEL_INVALID when a node cannot accept its inputs or contradicts a declared type.
 *
 * @example
 * inferTypes(model);
 * model.graph.types.get('y'); // { kind: 'tensor', dtype: 'float32', shape: ['batch', 10] }
 */
export function inferTypes(model: Model): void {
  new Inference(model).walk(model.graph);
}

/** Replaces a node by others before its outputs are inferred (upgrade.ts). */
type Rewrite = (node: Node, scope: Scope) => readonly Node[];

export class Inference {
  readonly #functions = new Map<string, ModelFunction>();
  /** Types as the file declares them, for sub-graphs that are walked twice (Loop). */
  readonly #declared = new Map<Graph, ReadonlyMap<string, ValueType>>();
  readonly #visited = new Set<Graph>();
  readonly #symbols = new Names();
  /** What calls of functions gave: functions that call the next one twice would otherwise take 2^n steps. */
  readonly #calls = new Map<string, readonly (ValueType | undefined)[]>();
  #repeated = 0;
  #rewrite: Rewrite | undefined;

  constructor(model: Model) {
    for (const declared of model.functions)
      this.#functions.set(`${declared.domain}:${declared.name}`, declared);
  }

  /** Infers a whole graph and returns what was found beside its types. */
  walk(graph: Graph, rewrite?: Rewrite): Scope {
    this.#rewrite = rewrite;
    this.#nameAxes(graph);
    const scope = this.#enter(graph);
    this.#visitAll(scope);
    return scope;
  }

  /** An unnamed axis of an input gets a symbol, so that it can be recognised further on. */
  #nameAxes(graph: Graph): void {
    for (const name of graph.inputs) {
      const type = graph.types.get(name);
      if (type?.kind !== 'tensor' || type.shape === undefined) continue;
      for (const dim of type.shape) if (typeof dim === 'string') this.#symbols.add(dim);
      const shape = type.shape.map((dim, axis) => dim ?? this.#symbols.take(`${name}.${axis}`));
      graph.types.set(name, { ...type, shape });
    }
  }

  #enter(graph: Graph, parent?: Scope): Scope {
    const depth = parent === undefined ? 0 : parent.depth + 1;
    if (depth > DEEPEST) throw errors.MODEL_INVALID(`graphs are nested more than ${DEEPEST} deep`);
    const declared = this.#declared.get(graph);
    if (declared === undefined) this.#declared.set(graph, new Map(graph.types));
    else graph.types = new Map(declared);
    for (const [name, { dtype, dims }] of graph.initializers) graph.types.set(name, tensorType(dtype, dims));
    const { isCall = false, isDead = false } = parent ?? {};
    return { graph, parent, depth, isCall, isDead, integers: new Map(), constants: new Map() };
  }

  #visitAll(scope: Scope): void {
    const { graph } = scope;
    const rewrite = this.#rewrite;
    const isNew = !this.#visited.has(graph);
    this.#visited.add(graph);
    if (rewrite !== undefined && isNew && !scope.isCall) {
      graph.nodes = graph.nodes.flatMap((node) => {
        const nodes = rewrite(node, scope);
        for (const made of nodes) this.#visit(made, scope);
        return nodes;
      });
    } else for (const node of graph.nodes) this.#visit(node, scope);
  }

  /** Infers the outputs of one node; its inputs have been visited before. */
  #visit(node: Node, scope: Scope): void {
    try {
      const types = this.#infer(node, scope);
      for (const [index, name] of node.outputs.entries()) this.#state(node, scope, name, types[index]);
    } catch (error) {
      if (!scope.isDead || !(error instanceof MlctlError)) throw error;
    }
    // Graphs the operator did not ask about: those of unknown operators, a branch never taken.
    for (const graph of subgraphs(node)) {
      if (!this.#visited.has(graph)) this.#inferSubgraph(graph, [], { ...scope, isDead: true });
    }
  }

  #infer(node: Node, scope: Scope): readonly (ValueType | undefined)[] {
    // An attribute of whoever calls the function: known in the call only.
    for (const { type } of node.attributes.values()) if (type === 'reference') return [];
    const known = lookup(node);
    if (known === undefined) return this.#inferCall(node, scope);
    checkCounts(node, known.signature);
    checkKinds(node, known.signature);
    return known.family.infer(this.#context(node, known.signature, scope));
  }

  /** A node that calls one of the model's own functions. */
  #inferCall(node: Node, scope: Scope): readonly (ValueType | undefined)[] {
    const called = this.#functions.get(`${node.domain}:${node.opType}`);
    if (called === undefined) return [];
    const inputs = node.inputs.map((name) => typeOf(scope, name));
    const key = callKey(node, inputs);
    const known = key === undefined ? undefined : this.#calls.get(key);
    if (known !== undefined) return known;
    this.#repeated += called.nodes.length;
    if (this.#repeated > MOST_REPEATED) return [];
    // A function sees its arguments only, not the graph around the call.
    const around = { graph: emptyGraph(), parent: undefined, integers: new Map(), constants: new Map() };
    const outer = { ...scope, ...around, isCall: true };
    const outputs = this.#inferSubgraph(instantiate(called, node), inputs, outer);
    if (key !== undefined && outputs.every((type) => isFromInputs(type, inputs)))
      this.#calls.set(key, outputs);
    return outputs;
  }

  #inferSubgraph(
    graph: Graph,
    inputs: readonly (ValueType | undefined)[],
    parent: Scope,
  ): (ValueType | undefined)[] {
    if (this.#visited.has(graph)) {
      this.#repeated += graph.nodes.length;
      if (this.#repeated > MOST_REPEATED) return [];
    }
    const scope = this.#enter(graph, parent);
    for (const [index, name] of graph.inputs.entries()) {
      const given = inputs[index];
      const declared = graph.types.get(name);
      if (given !== undefined) graph.types.set(name, (declared && both(declared, given)) ?? given);
    }
    this.#visitAll(scope);
    return graph.outputs.map((name) => typeOf(scope, name));
  }

  /** Records the type of an output beside what the file declares. */
  #state(node: Node, { graph, integers }: Scope, name: string, inferred: ValueType | undefined): void {
    if (name === '' || inferred === undefined) return;
    const declared = graph.types.get(name);
    const type = declared === undefined ? inferred : both(declared, inferred);
    if (type === undefined) {
      invalid(
        node,
        `gives ${describe(inferred)} for "${name}", but the model declares ${describe(declared)}`,
      );
    }
    if (type.kind === 'tensor' && !(type.shape ?? []).every(isLength)) {
      invalid(node, `gives a tensor of shape ${print(type.shape ?? [])}`);
    }
    graph.types.set(name, type);
    const held = integers.get(name);
    if (held === undefined || type.kind !== 'tensor') return;
    integers.set(
      name,
      held.map((value) => stored(value, type.dtype)),
    );
  }

  #context(node: Node, signature: OpSignature, scope: Scope): InferContext {
    const find = (name: string): Attribute | undefined =>
      node.attributes.get(name) ?? signature.attributes?.[name] ?? undefined;
    const input = (index: number): string => node.inputs[index] ?? '';
    const output = node.outputs[0] ?? '';
    const fail = (problem: string): never => invalid(node, problem);
    const type = (index: number): ValueType | undefined => typeOf(scope, input(index));
    const context: InferContext = {
      node,
      fail,
      type,
      find,
      int(name) {
        const found = find(name);
        return found?.type === 'int' ? found.value : fail(`attribute "${name}" must be an integer`);
      },
      text(name) {
        const found = find(name);
        return found?.type === 'string' ? found.value : fail(`attribute "${name}" must be a string`);
      },
      ints(name) {
        const found = find(name);
        if (found === undefined || found.type === 'ints') return found?.value;
        return fail(`attribute "${name}" must be a list of integers`);
      },
      shape: (index) => shapeOf(type(index)),
      dtype(index) {
        const found = type(index);
        return found?.kind === 'tensor' ? found.dtype : undefined;
      },
      constant: (index) => constantOf(scope, input(index)),
      setConstant: (tensor) => void scope.constants.set(output, tensor),
      integers(index) {
        const values = integersOf(scope, input(index));
        const shape = context.shape(index);
        // What a file declares may say otherwise.
        const isWhole = shape === undefined || !isKnown(shape) || elementCount(shape) === values?.length;
        return isWhole ? values : undefined;
      },
      setIntegers(values, index = 0) {
        const name = node.outputs[index] ?? '';
        if (name !== '' && values.length <= MOST_INTEGERS) scope.integers.set(name, values);
      },
      inferSubgraph: (graph, inputs) => this.#inferSubgraph(graph, inputs, scope),
      symbol: (hint) => this.#symbols.take(`${node.name === '' ? output : node.name}.${hint}`),
    };
    return context;
  }
}

function isLength(dim: Dim): boolean {
  return typeof dim !== 'number' || (Number.isSafeInteger(dim) && dim >= 0);
}

/** The same for calls that give the same; undefined where that is not told by types and plain attributes. */
function callKey(node: Node, inputs: readonly (ValueType | undefined)[]): string | undefined {
  const attributes = [...node.attributes];
  if (attributes.some(([, { type }]) => !plain.has(type))) return undefined;
  return JSON.stringify([node.domain, node.opType, inputs, attributes]);
}

const plain: ReadonlySet<Attribute['type']> = new Set([
  'int',
  'ints',
  'float',
  'floats',
  'string',
  'strings',
]);

/** Whether every axis is a number or the symbol of an input: a symbol made inside is another one in each call. */
function isFromInputs(type: ValueType | undefined, inputs: readonly (ValueType | undefined)[]): boolean {
  if (type === undefined) return true;
  if (type.kind !== 'tensor') return false;
  const symbols = new Set(inputs.flatMap((input) => (input?.kind === 'tensor' ? (input.shape ?? []) : [])));
  return (type.shape ?? []).every((dim) => typeof dim === 'number' || (dim !== null && symbols.has(dim)));
}

/** A function's body as a graph, with the caller's attributes put in where it refers to them. */
function instantiate(called: ModelFunction, caller: Node): Graph {
  const value = (name: string) => caller.attributes.get(name) ?? called.attributeDefaults.get(name);
  const nodes = called.nodes.map((node) => {
    const attributes = new Map<string, Attribute>();
    for (const [name, attribute] of node.attributes) {
      const actual = attribute.type === 'reference' ? value(attribute.value) : attribute;
      if (actual !== undefined) attributes.set(name, actual);
    }
    return { ...node, attributes };
  });
  return { ...emptyGraph(), inputs: called.inputs, outputs: called.outputs, nodes };
}

function emptyGraph(): Graph {
  return { name: '', inputs: [], outputs: [], nodes: [], initializers: new Map(), types: new Map() };
}

/** Attributes that are lists of integers wherever they occur, also where they have no default. */
const LISTS = new Set(['strides', 'dilations', 'pads', 'kernel_shape', 'output_padding', 'perm']);

/** Who reads an attribute later does not ask again. */
function checkKinds(node: Node, { attributes = {} }: OpSignature): void {
  for (const [name, { type }] of node.attributes) {
    const kind = attributes[name]?.type ?? (LISTS.has(name) ? 'ints' : undefined);
    if (kind !== undefined && kind !== type)
      invalid(node, `attribute "${name}" is of kind ${type}, not ${kind}`);
  }
}

function checkCounts(node: Node, { inputs, outputs }: OpSignature): void {
  const given = node.inputs.length;
  if (given < inputs[0] || given > inputs[1]) {
    invalid(node, `has ${given} inputs, but takes ${inputs[0]} to ${inputs[1]}`);
  }
  if (node.outputs.length > outputs[1]) {
    invalid(node, `has ${node.outputs.length} outputs, but gives at most ${outputs[1]}`);
  }
}

/** Throws MODEL_INVALID with the node's name. */
export function invalid(node: Node, problem: string): never {
  const name = node.name === '' ? (node.outputs[0] ?? '') : node.name;
  throw errors.MODEL_INVALID(`${node.opType} "${name}": ${problem}`, { node: name });
}

function describe(type: ValueType | undefined): string {
  if (type === undefined) return 'nothing';
  if (type.kind !== 'tensor') return `${type.kind}(${describe(type.element)})`;
  return `${type.dtype}${type.shape === undefined ? '' : ` ${print(type.shape)}`}`;
}

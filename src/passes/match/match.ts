// Finds a pattern at a value of a graph.

import type { Node } from '../../graph/model.ts';
import { elementCount } from '../../graph/tensor.ts';
import { uniform } from '../constants/read.ts';
import type { Rewriter } from '../uses.ts';
import type { Pattern } from './pattern.ts';

/** What was found where. */
export type Match = {
  /** The value a pattern stands for. Asking for a pattern that is not part of the match is a mistake of the caller. */
  value(pattern: Pattern): string;
  node(pattern: Pattern): Node;
  has(pattern: Pattern): boolean;
  /** The nodes of the match, the one at its end included. */
  readonly nodes: ReadonlySet<Node>;
};

type Found = { readonly value: string; readonly node: Node | undefined };
type State = ReadonlyMap<Pattern, Found>;

/**
 * The first way in which the value that `node` makes is what `pattern` says, such that nothing outside the match reads what
 * is computed inside, and `accepts` agrees. All nodes but the last can then be taken away with it.
 */
export function match(
  node: Node,
  pattern: Pattern,
  rewriter: Rewriter,
  accepts: (found: Match) => boolean = () => true,
): Match | undefined {
  const [value = ''] = node.outputs;
  for (const state of find(pattern, value, new Map(), rewriter)) {
    const found = describe(state);
    if (isClosed(found, node, rewriter) && accepts(found)) return found;
  }
  return undefined;
}

/** Takes the nodes of a match away; the value it ended in is left for a node that the caller adds. */
export function removeMatch(found: Match, rewriter: Rewriter): void {
  for (const node of found.nodes) rewriter.remove(node);
}

const commutative = new Set(['Add', 'Mul', 'Max', 'Min']);

function* find(pattern: Pattern, value: string, state: State, rewriter: Rewriter): Generator<State> {
  const before = state.get(pattern);
  if (before) {
    if (before.value === value) yield state;
    return;
  }
  if (pattern.kind === 'either') {
    for (const option of pattern.options) {
      for (const next of find(option, value, state, rewriter)) yield bound(next, pattern, value);
    }
    return;
  }
  if (pattern.kind !== 'op') {
    if (holds(pattern, value, rewriter)) yield bound(state, pattern, value);
    return;
  }
  const node = rewriter.producer(value);
  if (node?.domain !== '' || !pattern.opTypes.includes(node.opType) || node.outputs[0] !== value) return;
  const orders = commutative.has(node.opType) && node.inputs.length === 2 ? [0, 1] : [0];
  for (const swap of orders) {
    const inputs = swap === 0 ? node.inputs : [...node.inputs].reverse();
    yield* findAll(pattern.inputs, inputs, bound(state, pattern, value, node), rewriter);
  }
}

function* findAll(
  patterns: readonly Pattern[],
  values: readonly string[],
  state: State,
  rewriter: Rewriter,
): Generator<State> {
  const [pattern, ...rest] = patterns;
  const [value = '', ...others] = values;
  if (!pattern) yield state;
  else {
    for (const next of find(pattern, value, state, rewriter)) yield* findAll(rest, others, next, rewriter);
  }
}

function holds(pattern: Pattern, value: string, rewriter: Rewriter): boolean {
  if (pattern.kind === 'any') return value !== '';
  const tensor = rewriter.constant(value);
  if (pattern.kind === 'scalar') return tensor !== undefined && elementCount(tensor.dims) === 1;
  if (pattern.kind !== 'number') return false;
  const held = uniform(tensor);
  if (held === undefined || !tensor || elementCount(tensor.dims) !== 1) return false;
  return Math.abs(held - pattern.value) <= pattern.tolerance * Math.max(1e-30, Math.abs(pattern.value));
}

function bound(state: State, pattern: Pattern, value: string, node?: Node): State {
  return new Map(state).set(pattern, { value, node });
}

function describe(state: State): Match {
  const get = (pattern: Pattern): Found => {
    const found = state.get(pattern);
    if (!found) throw new TypeError('the pattern is not part of this match');
    return found;
  };
  const nodes = new Set<Node>();
  for (const { node } of state.values()) if (node) nodes.add(node);
  return {
    nodes,
    has: (pattern) => state.has(pattern),
    value: (pattern) => get(pattern).value,
    node(pattern) {
      const { node } = get(pattern);
      if (!node) throw new TypeError('the pattern is no operator');
      return node;
    },
  };
}

/** Nothing but the match reads what its nodes make, apart from the last one's result. */
function isClosed({ nodes }: Match, last: Node, rewriter: Rewriter): boolean {
  for (const node of nodes) {
    for (const [index, output] of node.outputs.entries()) {
      if (!output || (node === last && index === 0)) continue;
      if (rewriter.isPinned(output)) return false;
      if (rewriter.users(output).some((use) => use.inner || !nodes.has(use.node))) return false;
    }
  }
  return true;
}

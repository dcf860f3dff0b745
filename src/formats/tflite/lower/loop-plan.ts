// What a WHILE does from round to round, where its subgraphs say it plainly: how often it goes round, which variables
// never change, and which lists get one tensor each round. Recurrent layers of Keras are such loops.

import { elementCount } from '../../../graph/tensor.ts';
import type { Operator, Subgraph } from '../records.ts';
import { constantOf } from './constant.ts';

export type LoopPlan = {
  /** Variables that every round leaves as they are. */
  readonly fixed: ReadonlySet<number>;
  /** It goes on as long as all of these hold; undefined: as long as its condition says so. */
  readonly bounds: readonly Bound[] | undefined;
  /** Lists that every round only puts a tensor into, at a place it counts. */
  readonly filled: ReadonlyMap<number, Filler>;
  /** Lists of which every round only sets the first place, to what another variable is after the round. */
  readonly latest: ReadonlyMap<number, number>;
};

/** A variable that grows by one each round is below a limit: a number or a variable that never changes. */
export type Bound = { readonly counter: number; readonly limit: number | { readonly variable: number } };
export type Filler = { readonly counter: number; readonly setter: Operator };

type Fail = (problem: string) => never;

/** LOGICAL_AND inside one another; in a damaged file one may read what it makes. */
const DEEPEST = 4;

export function planLoop(condition: Subgraph, body: Subgraph, fail: Fail): LoopPlan {
  const variables = body.inputs.map((_, index) => index);
  const fixed = new Set(variables.filter((index) => body.outputs[index] === body.inputs[index]));
  const counters = new Set(variables.filter((index) => isCounter(body, index, fail)));
  const bounds = boundsOf(condition, condition.outputs[0], counters, fixed, fail);
  const filled = new Map<number, Filler>();
  const latest = new Map<number, number>();
  for (const index of variables) {
    const setter = makerOf(body, body.outputs[index]);
    if (setter === undefined || !isOnlySet(condition, body, index, setter)) continue;
    const [, place, item] = setter.inputs;
    const counter = variables.find((other) => counters.has(other) && body.inputs[other] === place);
    if (counter !== undefined) filled.set(index, { counter, setter });
    const same = body.outputs.indexOf(item ?? -1);
    if (numberIn(body, place, fail) === 0 && same >= 0 && !fixed.has(same)) latest.set(index, same);
  }
  return { fixed, bounds, filled, latest };
}

/** Nobody but the operator looks at the list, and nobody but the next round at what it makes. */
function isOnlySet(
  condition: Subgraph,
  body: Subgraph,
  index: number,
  { custom, inputs }: Operator,
): boolean {
  return (
    /^(Flex)?TensorListSetItem$/.test(custom ?? '') &&
    inputs[0] === body.inputs[index] &&
    usesOf(body, body.inputs[index]) === 1 &&
    usesOf(body, body.outputs[index]) === 1 &&
    usesOf(condition, condition.inputs[index]) === 0
  );
}

function isCounter(body: Subgraph, index: number, fail: Fail): boolean {
  const own = body.inputs[index];
  const maker = makerOf(body, body.outputs[index]);
  if (maker?.opcode !== 'ADD' || !isWhole(body, own)) return false;
  if ((maker.options.fusedActivationFunction ?? 'NONE') !== 'NONE') return false;
  const step = maker.inputs[0] === own ? maker.inputs[1] : maker.inputs[0];
  return maker.inputs.includes(own ?? -1) && numberIn(body, step, fail) === 1;
}

function boundsOf(
  condition: Subgraph,
  value: number | undefined,
  counters: ReadonlySet<number>,
  fixed: ReadonlySet<number>,
  fail: Fail,
  depth = 0,
): readonly Bound[] | undefined {
  if (depth > DEEPEST) return undefined;
  const maker = makerOf(condition, value);
  const [left, right] = maker?.inputs ?? [];
  if (maker?.opcode === 'LOGICAL_AND') {
    const both = [left, right].map((part) => boundsOf(condition, part, counters, fixed, fail, depth + 1));
    return both.every((part) => part !== undefined) ? both.flat() : undefined;
  }
  if (maker?.opcode !== 'LESS' || left === undefined || !isWhole(condition, left)) return undefined;
  const counter = condition.inputs.indexOf(left);
  if (!counters.has(counter)) return undefined;
  const limit = numberIn(condition, right, fail);
  if (limit !== undefined) return [{ counter, limit }];
  const variable = condition.inputs.indexOf(right ?? -1);
  return fixed.has(variable) && isWhole(condition, right) ? [{ counter, limit: { variable } }] : undefined;
}

function makerOf({ operators }: Subgraph, tensor: number | undefined): Operator | undefined {
  return operators.find(({ outputs }) => outputs[0] === tensor);
}

function usesOf({ operators, outputs }: Subgraph, tensor: number | undefined): number {
  return [...operators.flatMap(({ inputs }) => inputs), ...outputs].filter((used) => used === tensor).length;
}

function isWhole({ tensors }: Subgraph, tensor: number | undefined): boolean {
  const type = tensors[tensor ?? -1]?.type;
  return type === 'int32' || type === 'int64';
}

function numberIn(subgraph: Subgraph, index: number | undefined, fail: Fail): number | undefined {
  const tensor = subgraph.tensors[index ?? -1];
  if (tensor?.data === undefined || !isWhole(subgraph, index)) return undefined;
  const { dims, data } = constantOf(tensor, fail);
  return elementCount(dims) === 1 ? Number(data[0]) : undefined;
}

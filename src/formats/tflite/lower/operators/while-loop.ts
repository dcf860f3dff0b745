// WHILE: subgraphs of the file become the body of ONNX's Loop. Where they go round a number of times that the file states,
// so does the Loop; what never changes stays outside, and lists that each round puts a tensor into are results of the
// rounds, or of the last one.

import { tensorType } from '../../../../graph/model.ts';
import type { Op, OperatorFamily } from '../definition.ts';
import { growsWhenSet } from '../list-options.ts';
import { type Bound, type Filler, type LoopPlan, planLoop } from '../loop-plan.ts';
import type { Slot } from '../scope.ts';
import { BoundView } from '../view.ts';

export default {
  opcodes: ['WHILE', 'STABLEHLO_WHILE'],
  takesLists: true,
  subgraphs: (op) => [op.int('condSubgraphIndex'), op.int('bodySubgraphIndex')],
  lower(op) {
    const [condition, body] = [op.int('condSubgraphIndex'), op.int('bodySubgraphIndex')];
    const plan = planLoop(op.subgraphAt(condition), op.subgraphAt(body), op.fail);
    const rounds = plan.bounds && roundsOf(op, plan.bounds);
    const isCounted = typeof rounds === 'number';
    const variables = Array.from({ length: op.inputCount }, (_, index) => index);
    const kinds = variables.map((index) => kindOf(op, plan, index, body, rounds));
    const [fixed, carried, collected, latest] = (['fixed', 'carried', 'collected', 'latest'] as const).map(
      (kind) => variables.filter((index) => kinds[index] === kind),
    ) as [number[], number[], number[], number[]];
    const isRead = (index: number) => kinds[index] === 'fixed' || kinds[index] === 'carried';
    const initial = variables.map((index) => (isRead(index) ? op.held(index) : op.slotOf(index)));
    // The condition is computed before the first round and at the end of each.
    const first = isCounted ? '' : flat(op, op.call(condition, initial)[0]?.value);
    const states = carried.map((index) => {
      // Shapes may change from round to round.
      return { name: `state_${index}`, dtype: initial[index]?.dtype ?? 'float32', shape: undefined };
    });
    const graph = op.graph(
      'body',
      [
        { name: 'round', dtype: 'int64', shape: [] },
        { name: 'goes_on', dtype: 'bool', shape: isCounted ? [] : undefined },
        ...states,
      ],
      (inner, [, goesOn = '', ...values]) => {
        const before = initial.map((slot, index): Slot => {
          if (kinds[index] === 'fixed') return slot;
          if (isRead(index)) return { ...slot, ...renewed, stored: values[carried.indexOf(index)] };
          return { dtype: slot.dtype, list: { length: slot.list?.length, isCollected: true } };
        });
        const results = inner.call(body, before);
        if (results.length !== variables.length)
          inner.fail('its body gives another number of values than it takes');
        const after = before.map((slot, index): Slot => {
          return kinds[index] === 'carried' ? { ...slot, stored: results[index]?.value } : slot;
        });
        const next = isCounted ? goesOn : flat(inner, inner.call(condition, after)[0]?.value);
        const given = [...carried, ...collected].flatMap((index) => results[index] ?? []);
        return [{ value: next, dtype: 'bool' }, ...given];
      },
    );
    const count = isCounted ? op.numbers('rounds', 'int64', [rounds]) : '';
    const given = carried.map((index) => initial[index]?.stored ?? '');
    const outputs = op.emitAll('Loop', [count, first, ...given], carried.length + collected.length, {
      attributes: { body: { type: 'graph', value: graph } },
    });
    for (const [place, index] of [...carried, ...collected].entries()) {
      const { dtype = 'float32', list } = initial[index] ?? {};
      graph.types.set(graph.outputs[place + 1] ?? '', tensorType(dtype));
      const length = kinds[index] === 'collected' ? rounds : list?.length;
      const { quantization } = op.output(index);
      op.giveSlot(index, { dtype, stored: outputs[place], quantization, list: list && { length } });
    }
    for (const index of latest) {
      const { dtype = 'float32', list } = initial[index] ?? {};
      const item = outputs[carried.indexOf(plan.latest.get(index) ?? -1)] ?? '';
      const stored = op.emit('Unsqueeze', [item, op.ints('first', [0])], { suffix: 'last' });
      op.giveSlot(index, { dtype, stored, list });
    }
    for (const index of fixed) op.giveSlot(index, initial[index] ?? op.held(index));
  },
} satisfies OperatorFamily;

/** What a round makes anew is not what was known of the first value. */
const renewed = { tensor: undefined, real: undefined, parts: undefined, variable: undefined };

/** A variable that never changes, a list of what the rounds or the last one give, or one handed from round to round. */
type Kind = 'fixed' | 'collected' | 'latest' | 'carried';

function kindOf(
  op: Op,
  plan: LoopPlan,
  index: number,
  body: number,
  rounds: number | Slot | undefined,
): Kind {
  if (plan.fixed.has(index)) return 'fixed';
  const { list, dtype } = op.slotOf(index);
  if (list?.length === undefined) return 'carried';
  const filler = plan.filled.get(index);
  if (filler !== undefined && isFilledUp(op, list.length, body, filler, rounds)) return 'collected';
  const same = plan.latest.get(index);
  if (same === undefined || list.length !== 1 || typeof rounds !== 'number' || rounds === 0) return 'carried';
  const isAlike = op.input(same).quantization === undefined && op.slotOf(same).dtype === dtype;
  return isAlike ? 'latest' : 'carried';
}

/** How many rounds there are: a number, or what the tensor that says so has become; undefined when it is neither. */
function roundsOf(op: Op, bounds: readonly Bound[]): number | Slot | undefined {
  const starts = bounds.map(({ counter }) => op.integers(counter)?.[0] ?? Number.NaN);
  const rounds = bounds.map(({ limit }, at) => {
    const below = typeof limit === 'number' ? limit : op.integers(limit.variable)?.[0];
    return Math.max(0, (below ?? Number.NaN) - (starts[at] ?? 0));
  });
  const fewest = Math.min(...rounds);
  if (!Number.isNaN(fewest)) return fewest;
  const [only] = bounds;
  if (bounds.length !== 1 || typeof only?.limit !== 'object' || starts[0] !== 0) return undefined;
  return op.slotOf(only.limit.variable);
}

/** Whether the rounds put something into every place, from the first to the last. */
function isFilledUp(
  op: Op,
  length: number | Slot,
  body: number,
  { counter, setter }: Filler,
  rounds: number | Slot | undefined,
): boolean {
  if (op.integers(counter)?.[0] !== 0) return false;
  if (length === rounds) return true;
  const view = new BoundView({ operator: setter, subgraph: op.subgraphAt(body), fail: op.fail });
  return length === 0 && growsWhenSet(view);
}

/** Conditions may come as [1]; ONNX wants a scalar. */
function flat(op: Op, condition: string | undefined): string {
  const value = condition ?? op.fail('its condition has no result');
  return op.emit('Reshape', [value, op.ints('scalar', [])], { suffix: 'condition' });
}

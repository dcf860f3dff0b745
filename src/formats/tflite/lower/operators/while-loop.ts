// WHILE: subgraphs of the file become the body of ONNX's Loop. Where they go round a number of times that the file states,
// so does the Loop; what never changes stays outside, and lists that each round puts a tensor into are results of the
// rounds.

import { tensorType } from '../../../../graph/model.ts';
import type { Op, OperatorFamily } from '../definition.ts';
import { growsWhenSet } from '../list-options.ts';
import { type Bound, type Filler, planLoop } from '../loop-plan.ts';
import type { Slot } from '../scope.ts';
import { BoundView } from '../view.ts';

export default {
  opcodes: ['WHILE', 'STABLEHLO_WHILE'],
  takesLists: true,
  subgraphs: (op) => [op.int('condSubgraphIndex'), op.int('bodySubgraphIndex')],
  lower(op) {
    const [condition, body] = [op.int('condSubgraphIndex'), op.int('bodySubgraphIndex')];
    const plan = planLoop(op.subgraphAt(condition), op.subgraphAt(body), op.fail);
    const variables = Array.from({ length: op.inputCount }, (_, index) => index);
    const rounds = plan.bounds && roundsOf(op, plan.bounds);
    const isCounted = typeof rounds === 'number';
    const collected = variables.filter((index) => {
      const filler = plan.filled.get(index);
      return filler !== undefined && isFilledUp(op, body, index, filler, rounds);
    });
    const carried = variables.filter((index) => !plan.fixed.has(index) && !collected.includes(index));
    const initial = variables.map((index) => (collected.includes(index) ? op.slotOf(index) : op.held(index)));
    // The condition is computed before the first round and at the end of each.
    const first = isCounted ? '' : flat(op, op.call(condition, initial)[0]?.value);
    const graph = op.graph(
      'body',
      [
        { name: 'round', dtype: 'int64', shape: [] },
        { name: 'goes_on', dtype: 'bool', shape: isCounted ? [] : undefined },
        // Shapes may change from round to round.
        ...carried.map((index) => ({
          name: `state_${index}`,
          dtype: initial[index]?.dtype ?? 'float32',
          shape: undefined,
        })),
      ],
      (inner, [, goesOn = '', ...values]) => {
        const before = initial.map((slot, index): Slot => {
          const { dtype, list } = slot;
          if (plan.fixed.has(index)) return slot;
          if (collected.includes(index)) return { dtype, list: { length: list?.length, isCollected: true } };
          return { dtype, list, stored: values[carried.indexOf(index)], quantization: slot.quantization };
        });
        const results = inner.call(body, before);
        if (results.length !== variables.length)
          inner.fail('its body gives another number of values than it takes');
        const after = before.map((slot, index): Slot => {
          return carried.includes(index) ? { ...slot, real: undefined, stored: results[index]?.value } : slot;
        });
        const next = isCounted ? goesOn : flat(inner, inner.call(condition, after)[0]?.value);
        const given = [...carried, ...collected].flatMap((index) => results[index] ?? []);
        return [{ value: next, dtype: 'bool' }, ...given];
      },
    );
    const count = isCounted ? op.numbers('rounds', 'int64', [rounds]) : '';
    const loop = op.emitAll(
      'Loop',
      [count, first, ...carried.map((index) => initial[index]?.stored ?? '')],
      carried.length + collected.length,
      { attributes: { body: { type: 'graph', value: graph } } },
    );
    for (const [place, index] of [...carried, ...collected].entries()) {
      const { dtype = 'float32', list } = initial[index] ?? {};
      graph.types.set(graph.outputs[place + 1] ?? '', tensorType(dtype));
      const length = collected.includes(index) ? rounds : list?.length;
      const { quantization } = op.output(index);
      op.giveSlot(index, { dtype, stored: loop[place], quantization, list: list && { length } });
    }
    for (const index of plan.fixed) op.giveSlot(index, initial[index] ?? op.held(index));
  },
} satisfies OperatorFamily;

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
  body: number,
  index: number,
  { counter, setter }: Filler,
  rounds: number | Slot | undefined,
): boolean {
  const length = op.slotOf(index).list?.length;
  if (length === undefined || op.integers(counter)?.[0] !== 0) return false;
  if (length === rounds) return true;
  const view = new BoundView({ operator: setter, subgraph: op.subgraphAt(body), fail: op.fail });
  return length === 0 && growsWhenSet(view);
}

/** Conditions may come as [1]; ONNX wants a scalar. */
function flat(op: Op, condition: string | undefined): string {
  const value = condition ?? op.fail('its condition has no result');
  return op.emit('Reshape', [value, op.ints('scalar', [])], { suffix: 'condition' });
}

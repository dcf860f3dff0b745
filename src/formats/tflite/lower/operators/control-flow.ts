// IF and WHILE: subgraphs of the file become graphs inside ONNX's If and Loop.

import { tensorType } from '../../../../graph/model.ts';
import type { Op, OperatorFamily } from '../definition.ts';

export default {
  opcodes: ['IF', 'WHILE', 'STABLEHLO_WHILE'],
  takesLists: true,
  subgraphs: (op) =>
    op.opcode === 'IF'
      ? [op.int('thenSubgraphIndex'), op.int('elseSubgraphIndex')]
      : [op.int('condSubgraphIndex'), op.int('bodySubgraphIndex')],
  lower(op) {
    if (op.opcode === 'IF') return choose(op);
    repeat(op);
  },
} satisfies OperatorFamily;

function choose(op: Op): void {
  const condition = op.stored(0);
  const inputs = Array.from({ length: op.inputCount - 1 }, (_, index) => op.stored(index + 1));
  // Branches take no inputs in ONNX: they see the values around them.
  const branch = (suffix: string, index: number) =>
    ({ type: 'graph', value: op.graph(suffix, [], (inner) => inner.call(index, inputs)) }) as const;
  const outputs = op.emitAll('If', [flat(op, condition)], op.outputCount, {
    attributes: {
      then_branch: branch('then', op.int('thenSubgraphIndex')),
      else_branch: branch('else', op.int('elseSubgraphIndex')),
    },
  });
  outputs.forEach((value, index) => {
    op.giveStored(index, value);
  });
}

/** The condition is computed before the first round and at the end of each. */
function repeat(op: Op): void {
  const [condition, body] = [op.int('condSubgraphIndex'), op.int('bodySubgraphIndex')];
  const state = Array.from({ length: op.inputCount }, (_, index) => op.stored(index));
  const first = op.call(condition, state)[0] ?? op.fail('its condition has no result');
  const carried = state.map((_, index) => {
    const { dtype } = op.input(index);
    // Shapes may change from round to round.
    return { name: `state_${index}`, dtype, shape: undefined };
  });
  const graph = op.graph(
    'body',
    [
      { name: 'round', dtype: 'int64', shape: [] },
      { name: 'goes_on', dtype: 'bool', shape: undefined },
      ...carried,
    ],
    (inner, [, , ...values]) => {
      const results = inner.call(body, values);
      if (results.length !== values.length)
        inner.fail('its body gives another number of values than it takes');
      const next = inner.call(
        condition,
        results.map(({ value }) => value),
      )[0];
      return [{ value: flat(inner, next?.value ?? ''), dtype: 'bool' }, ...results];
    },
  );
  for (const [index, value] of graph.outputs.entries()) {
    const carriedType = carried[index - 1];
    if (carriedType !== undefined) graph.types.set(value, tensorType(carriedType.dtype));
  }
  const outputs = op.emitAll('Loop', ['', flat(op, first.value), ...state], op.outputCount, {
    attributes: { body: { type: 'graph', value: graph } },
  });
  outputs.forEach((value, index) => {
    op.giveStored(index, value);
  });
}

/** Conditions may come as [1]; ONNX wants a scalar. */
function flat(op: Op, condition: string): string {
  return op.emit('Reshape', [condition, op.ints('scalar', [])], { suffix: 'condition' });
}

// Scan → WHILE: a counter, the states, and one tensor for each sequence of results, filled step by step.
// https://onnx.ai/onnx/operators/onnx__Scan.html

import type { Graph, Node, Shape } from '../../../graph/model.ts';
import type { Emission } from './emission.ts';
import type { Emitter } from './emitter.ts';
import { axisLength, shapeTensor } from './shape-tensor.ts';
import { type Variable, whileLoop } from './while-loop.ts';

export default {
  opTypes: ['Scan'],
  emit(node, emission) {
    const body = node.attributes.get('body');
    if (body?.type !== 'graph') return emission.refuse('it has no body');
    const graph = body.value;
    const scanned = emission.attribute(node, 'num_scan_inputs', 0);
    const states = node.inputs.length - scanned;
    const sequences = node.inputs.slice(states);
    const axes = axesOf(node, emission, 'scan_input_axes', sequences, 0);
    const isBackward = emission.attribute(node, 'scan_input_directions', [] as readonly number[]);
    const isBackwardOut = emission.attribute(node, 'scan_output_directions', [] as readonly number[]);
    const outAxes = emission.attribute(node, 'scan_output_axes', [] as readonly number[]);
    const steps = axisLength(emission, emission.in(sequences[0] ?? ''), axes[0] ?? 0);
    const start = node.inputs.slice(0, states).map((value) => emission.in(value));
    const data = sequences.map((value) => emission.in(value));
    // The body may have names for axes that the graph around it knows nothing of.
    for (const [at, tensor] of start.entries()) nameAxes(emission, tensor, graph, graph.inputs[at] ?? '');
    const made = graph.outputs.slice(states);
    const results = node.outputs.slice(states);
    const elements = made.map((value) => {
      const type = graph.types.get(value);
      if (type?.kind !== 'tensor' || type.shape === undefined)
        return emission.refuse('a result of unknown shape');
      return type;
    });
    const length = emission.shape(sequences[0] ?? '')[axes[0] ?? 0] ?? null;
    const accumulators = elements.map(({ dtype, shape = [] }) => {
      const whole: Shape = [length, ...shape];
      const target = shapeTensor(emission, whole, [...start, ...data], false);
      const zero = emission.number(dtype, 0);
      return emission.make('FILL', [target, zero], {
        dtype: emission.tensor(zero).type,
        shape: whole,
        name: 'steps',
      });
    });
    const variable = (initial: number, name: string): Variable => ({
      like: { ...emission.like(initial), name },
      initial,
    });
    const variables = [
      variable(emission.int32(0), 'step'),
      variable(steps, 'steps'),
      ...start.map((tensor, at) => variable(tensor, `state${at}`)),
      ...accumulators.map((tensor, at) => variable(tensor, `result${at}`)),
      ...data.map((tensor, at) => variable(tensor, `sequence${at}`)),
    ];
    const after = whileLoop(emission, {
      name: node.name,
      graph,
      variables,
      condition: (inside, [step = -1, count = -1]) =>
        inside.make('LESS', [step, count], { dtype: 'bool', shape: [] }),
      body(inside, given) {
        const [step = -1, count = -1] = given;
        const one = inside.int32(1);
        const scalar = { dtype: 'int32', shape: [] } as const;
        const next = inside.make('ADD', [step, one], { ...scalar, name: 'next' });
        let mirrored: number | undefined;
        const back = () => {
          mirrored ??= inside.make('SUB', [count, next], { ...scalar, name: 'back' });
          return mirrored;
        };
        for (const [at, value] of graph.inputs.slice(0, states).entries())
          inside.alias(value, given[2 + at] ?? -1);
        const first = 2 + states + made.length;
        for (const [at, value] of graph.inputs.slice(states).entries()) {
          const sequence = given[first + at] ?? -1;
          const { type, shape } = inside.tensor(sequence);
          const axis = axes[at] ?? 0;
          const element = shape?.filter((_, index) => index !== axis);
          const index = isBackward[at] === 1 ? back() : step;
          const like = { dtype: type, shape: element, name: value };
          inside.alias(value, inside.make('GATHER', [sequence, index], like, { axis, batchDims: 0 }));
        }
        inside.file.nodes(inside);
        const outputs = graph.outputs.map((value) => inside.file.output(value, inside));
        const filled = made.map((_, at) => {
          const accumulator = given[2 + states + at] ?? -1;
          const index = isBackwardOut[at] === 1 ? back() : step;
          return update(inside, accumulator, outputs[states + at] ?? -1, index);
        });
        return [next, count, ...outputs.slice(0, states), ...filled, ...given.slice(first)];
      },
    });
    for (const [at, value] of node.outputs.slice(0, states).entries()) {
      if (value !== '') emission.renameTo(after[2 + at] ?? -1, value);
    }
    for (const [at, value] of results.entries()) {
      if (value === '') continue;
      const tensor = after[2 + states + at] ?? -1;
      const rank = (elements[at]?.shape?.length ?? 0) + 1;
      const axis = emission.axis(outAxes[at] ?? 0, rank);
      if (axis === 0) emission.renameTo(tensor, value);
      else {
        const order = Array.from({ length: rank }, (_, index) =>
          index === axis ? 0 : index < axis ? index + 1 : index,
        );
        emission.op('TRANSPOSE', [tensor, emission.int32(order)], [emission.out(value)]);
      }
    }
  },
} satisfies Emitter;

function nameAxes(emission: Emission, tensor: number, graph: Graph, input: string): void {
  const open = emission.tensor(tensor);
  const type = graph.types.get(input);
  if (type?.kind !== 'tensor' || type.shape?.length !== open.shape?.length) return;
  open.shape = open.shape?.map((dim, axis) => dim ?? type.shape?.[axis] ?? null);
}

/** Puts one element into its place along axis 0. */
export function update(inside: Emission, whole: number, element: number, index: number): number {
  const { shape: own, type } = inside.tensor(element);
  const rank = inside.tensor(whole).shape?.length ?? 1;
  const shape: Shape = [1, ...(own ?? [])];
  const wide = inside.make('EXPAND_DIMS', [element, inside.int32(0)], {
    dtype: type,
    shape,
    name: 'element',
  });
  const zero = inside.int32(0);
  const place = inside.make(
    'PACK',
    [index, ...new Array<number>(rank - 1).fill(zero)],
    { dtype: 'int32', shape: [rank], name: 'place' },
    { valuesCount: rank, axis: 0 },
  );
  return inside.make('DYNAMIC_UPDATE_SLICE', [whole, wide, place], inside.like(whole));
}

function axesOf(
  node: Node,
  emission: Emission,
  name: string,
  values: readonly string[],
  fallback: number,
): number[] {
  const given = emission.attribute(node, name, [] as readonly number[]);
  return values.map((value, at) => emission.axis(given[at] ?? fallback, emission.rank(value)));
}

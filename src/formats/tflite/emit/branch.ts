// If → IF, Loop → WHILE. https://onnx.ai/onnx/operators/onnx__If.html, https://onnx.ai/onnx/operators/onnx__Loop.html

import type { Graph, Node, Shape } from '../../../graph/model.ts';
import { copyInside } from './copy.ts';
import type { Emission } from './emission.ts';
import type { Emitter } from './emitter.ts';
import { update } from './scan.ts';
import { shapeTensor } from './shape-tensor.ts';
import { capturesOf, type Variable, whileLoop } from './while-loop.ts';

export default {
  opTypes: ['If', 'Loop'],
  emit(node, emission) {
    if (node.opType === 'Loop') return loop(node, emission);
    const branches = ['then_branch', 'else_branch'].map((name) => graphOf(node, emission, name));
    const captured = [...new Set(branches.flatMap((graph) => capturesOf(graph, emission)))];
    const inputs = captured.map((value) => emission.in(value));
    const indices = branches.map((graph, at) => {
      const open = emission.file.begin(`${node.name}/${at === 0 ? 'then' : 'else'}`, graph, emission);
      open.inputs = captured.map((value) => {
        const { type, shape } = emission.tensor(emission.in(value));
        const index = open.emission.add({ name: open.emission.named(value), type, shape });
        open.emission.alias(value, index);
        return index;
      });
      emission.file.nodes(open.emission);
      open.emission.node = node;
      open.outputs = graph.outputs.map((value) => {
        const tensor = emission.file.output(value, open.emission);
        // A branch that only hands on what it was given still has to make its output.
        return tensor >= 0 &&
          (open.inputs.includes(tensor) || open.emission.tensor(tensor).data !== undefined)
          ? copyInside(open.emission, tensor)
          : tensor;
      });
      return open.index;
    });
    const [thenSubgraphIndex = 0, elseSubgraphIndex = 0] = indices;
    const outputs = node.outputs.map((value) => emission.out(value));
    const condition = scalarOf(emission, node.inputs[0] ?? '');
    emission.op('IF', [condition, ...inputs], outputs, { thenSubgraphIndex, elseSubgraphIndex });
  },
} satisfies Emitter;

function graphOf(node: Node, emission: Emission, name: string): Graph {
  const found = node.attributes.get(name);
  return found?.type === 'graph' ? found.value : emission.refuse(`it has no ${name}`);
}

function scalarOf(emission: Emission, value: string): number {
  const tensor = emission.in(value);
  const { shape, type, data } = emission.tensor(tensor);
  if (shape?.length === 0) return tensor;
  if (data !== undefined) return emission.add({ name: emission.named(value), type, shape: [], data });
  return emission.make('SQUEEZE', [tensor], { dtype: type, shape: [] }, { squeezeDims: [] });
}

function loop(node: Node, emission: Emission): undefined {
  const graph = graphOf(node, emission, 'body');
  const [most = '', going = '', ...initial] = node.inputs;
  const carried = initial.length;
  const made = graph.outputs.slice(1 + carried);
  const trips = emission.ints(most)?.[0];
  const body = graph.outputs[0] ?? '';
  const isEndless = isTrue(graph, body, emission) || body === graph.inputs[1];
  const startsTrue = going === '' || Number(emission.constant(going)?.data[0] ?? 0) === 1;
  if (made.length > 0 && !(trips !== undefined && isEndless && startsTrue)) {
    return emission.refuse('how many results it collects is known only when the model runs');
  }
  const start = initial.map((value) => emission.in(value));
  const accumulators = made.map((value) => {
    const type = graph.types.get(value);
    if (type?.kind !== 'tensor' || type.shape === undefined)
      return emission.refuse('a result of unknown shape');
    const whole: Shape = [trips ?? null, ...type.shape];
    const zero = emission.number(type.dtype, 0);
    const target = shapeTensor(emission, whole, start, false);
    return emission.make('FILL', [target, zero], { dtype: emission.tensor(zero).type, shape: whole });
  });
  const count = most === '' ? emission.number('int64', 2 ** 53) : scalarOf(emission, most);
  const condition = going === '' ? emission.number('bool', 1) : scalarOf(emission, going);
  const zero = emission.number('int64', 0);
  const variable = (tensor: number, name: string): Variable => ({
    like: { ...emission.like(tensor), name },
    initial: tensor,
  });
  const variables: Variable[] = [
    { like: { dtype: 'int64', shape: [], name: 'step' }, initial: zero },
    variable(count, 'most'),
    variable(condition, 'going'),
    ...start.map((tensor, at) => {
      // What the body makes may have another shape each time.
      const type = graph.types.get(graph.inputs[2 + at] ?? '');
      const shape = type?.kind === 'tensor' ? type.shape : emission.tensor(tensor).shape;
      return { like: { dtype: emission.tensor(tensor).type, shape, name: `state${at}` }, initial: tensor };
    }),
    ...accumulators.map((tensor, at) => variable(tensor, `result${at}`)),
  ];
  const after = whileLoop(emission, {
    name: node.name,
    graph,
    variables,
    condition(inside, [step = -1, limit = -1, on = -1]) {
      const isLeft = inside.make('LESS', [step, limit], { dtype: 'bool', shape: [] });
      return inside.make('LOGICAL_AND', [isLeft, on], { dtype: 'bool', shape: [] });
    },
    body(inside, given) {
      const [step = -1, limit = -1, on = -1] = given;
      const [stepName = '', onName = ''] = graph.inputs;
      inside.alias(stepName, step);
      inside.alias(onName, on);
      for (const [at, value] of graph.inputs.slice(2).entries()) inside.alias(value, given[3 + at] ?? -1);
      inside.file.nodes(inside);
      inside.node = node;
      const next = inside.make('ADD', [step, inside.number('int64', 1)], {
        dtype: 'int64',
        shape: [],
        name: 'next',
      });
      const outputs = graph.outputs.map((value) => inside.file.output(value, inside));
      const states = outputs.slice(1, 1 + carried).map((tensor, at) => {
        const isOwn = tensor === given[3 + at];
        const isPlain = !given.includes(tensor) && inside.tensors[tensor]?.data === undefined;
        return isOwn || isPlain ? tensor : copyInside(inside, tensor);
      });
      const filled = made.map((_, at) => {
        const place = inside.cast(step, 'int32');
        return update(inside, given[3 + carried + at] ?? -1, outputs[1 + carried + at] ?? -1, place);
      });
      const goes = isEndless ? on : (outputs[0] ?? on);
      const flag =
        inside.tensor(goes).shape?.length === 0
          ? goes
          : inside.make('SQUEEZE', [goes], { dtype: 'bool', shape: [] }, { squeezeDims: [] });
      return [next, limit, flag, ...states, ...filled];
    },
  });
  for (const [at, value] of node.outputs.entries())
    if (value !== '') emission.renameTo(after[3 + at] ?? -1, value);
}

/** Whether a value of the body is the constant true, or what it was given. */
function isTrue(graph: Graph, value: string, emission: Emission): boolean {
  const held = graph.initializers.get(value) ?? emission.constant(value);
  if (held !== undefined && !graph.inputs.includes(value)) return Number(held.data[0]) === 1;
  const maker = graph.nodes.find(({ outputs }) => outputs.includes(value));
  if (maker?.opType !== 'Identity') return false;
  const [source = ''] = maker.inputs;
  return source === graph.inputs[1] || isTrue(graph, source, emission);
}

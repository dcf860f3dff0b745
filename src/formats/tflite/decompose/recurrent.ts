// LSTM, GRU and RNN as a Scan over time: TFLite's own fused operators keep their state in variable tensors, which LiteRT
// refuses. The products with the inputs are one MatMul for all steps, outside the loop.
// https://onnx.ai/onnx/operators/onnx__LSTM.html, …GRU, …RNN

import { int } from '../../../graph/attribute.ts';
import { GraphBuilder } from '../../../graph/builder.ts';
import type { Shape } from '../../../graph/model.ts';
import { permute } from '../../../graph/rearrange.ts';
import { float32, int64, type Tensor } from '../../../graph/tensor.ts';
import type { Build } from '../rewrite/build.ts';
import type { Rewrite } from '../rewrite/definition.ts';
import { boundedCount, cast } from '../rewrite/formula.ts';
import { activationsOf, type Cell, cells } from './recurrent-cells.ts';

export default {
  opTypes: ['LSTM', 'GRU', 'RNN'],
  isWholeInParts: true,
  rewrite(node, build) {
    const cell = cells[node.opType];
    if (cell === undefined) return undefined;
    const isBatchFirst = build.attribute('layout', 0) === 1;
    const [x = '', , , , lengths = ''] = node.inputs;
    const data = isBatchFirst ? build.transpose(x, [1, 0, 2]) : x;
    const direction = build.attribute('direction', 'forward');
    const ways = direction === 'bidirectional' ? [false, true] : [direction === 'reverse'];
    const shape = build.shape(x);
    const [steps = null, batch = null] = isBatchFirst ? [shape[1], shape[0]] : [shape[0], shape[1]];
    const runs = ways.map((isBackward, way) =>
      run(build, cell, { data, way, isBackward, steps, batch, lengths, isBatchFirst }),
    );
    const stack = (values: readonly (string | undefined)[], axis: number) => {
      const wide = values.map((value) => build.add('Unsqueeze', [value ?? '', build.ints([axis])]));
      return wide.length === 1 ? (wide[0] ?? '') : build.add('Concat', wide, { axis });
    };
    const outputs: string[] = [];
    for (const [index, output] of node.outputs.entries()) {
      if (output === '' || !build.isRead(index)) {
        outputs.push('');
        continue;
      }
      const made = runs.map((found) => found[index]);
      // Y is [steps, directions, batch, units], the states [directions, batch, units]; batch first where asked for.
      const stacked = stack(made, index === 0 ? 1 : 0);
      if (!isBatchFirst) outputs.push(stacked);
      else outputs.push(build.transpose(stacked, index === 0 ? [2, 0, 1, 3] : [1, 0, 2]));
    }
    return outputs;
  },
} satisfies Rewrite;

type Way = {
  readonly data: string;
  readonly way: number;
  readonly isBackward: boolean;
  readonly steps: Shape[number];
  readonly batch: Shape[number];
  readonly lengths: string;
  readonly isBatchFirst: boolean;
};

/** One direction: the results of all steps, then the last states. */
function run(
  build: Build,
  cell: Cell,
  { data, way, isBackward, steps, batch, lengths, isBatchFirst }: Way,
): string[] {
  const weights = constantPart(build, 1, way) ?? build.refuse('its weights are not constant');
  const recurrent = constantPart(build, 2, way) ?? build.refuse('its weights are not constant');
  const bias = constantPart(build, 3, way) ?? zeros(build, 2 * cell.gates * units(build), build.input(3));
  const peepholes = constantPart(build, 7, way);
  const count = units(build);
  const wide = cell.gates * count;
  const values = bias.data as Float32Array;
  const forms = cell.biases(
    values.subarray(0, wide),
    values.subarray(wide),
    count,
    build.attribute('linear_before_reset', 0),
  );
  const product = build.add('MatMul', [data, build.constant(permute(weights, [1, 0]), 'weights')]);
  const projected = forms.outside.every((value) => value === 0)
    ? product
    : build.add('Add', [product, build.floats([wide], forms.outside)]);

  const prefix = build.rewriter.fresh(`${build.node.name}/step`);
  const body = new GraphBuilder(prefix);
  const named = (name: string) => `${prefix}/${name}`;
  const state: Shape = [batch, count];
  const before = Array.from({ length: cell.states }, (_, at) =>
    body.input(named(`state${at}`), 'float32', state),
  );
  const gates = body.input(named('gates'), 'float32', [batch, wide]);
  const index = lengths === '' ? undefined : body.input(named('index'), 'int32', [1]);
  const b = {
    add: (opType: string, inputs: readonly string[], attributes = {}) =>
      body.add(opType, inputs, { name: named(opType), attributes }),
    split: (value: string, parts: number) =>
      body.addAll('Split', [value], parts, {
        name: named('Split'),
        attributes: { axis: int(1), num_outputs: int(parts) },
      }),
    constant: (tensor: Tensor) => body.constant(named('constant'), tensor),
    number: (value: number) => body.constant(named('number'), float32([], [value])),
  };
  const settings = {
    units: count,
    clip: Number(build.node.attributes.get('clip')?.value ?? 0),
    isCoupled: build.attribute('input_forget', 0) === 1,
    isResetAfter: build.attribute('linear_before_reset', 0) !== 0,
    activations: activationsOf(build, way, cell),
    recurrent,
    inside: forms.inside,
    peepholes,
  };
  const after = cell.step(b, before, gates, settings);
  let [result = ''] = after;
  const kept =
    index === undefined
      ? undefined
      : b.add('Less', [
          index,
          body.constant(named('zero'), { dtype: 'int32', dims: [], data: Int32Array.of(0) }),
        ]);
  let next: readonly string[] = after;
  if (index !== undefined && kept !== undefined) {
    // Beyond a row's length the state stays what it was, and the result is zero.
    const alive = body.graph.nodes.pop();
    if (alive === undefined) return build.refuse('an empty loop');
    const isAlive = b.add('Less', [index, named('lengths')]);
    next = after.map((value, at) => b.add('Where', [isAlive, value, before[at] ?? '']));
    result = b.add('Where', [isAlive, result, b.number(0)]);
  }
  const wantsSteps = build.isRead(0);
  for (const [at, value] of next.entries()) body.output(named(`next${at}`), value, 'float32', state);
  if (wantsSteps) body.output(named('result'), result, 'float32', state);
  if (index !== undefined) {
    const column = build.add('Unsqueeze', [lengths, build.ints([1])]);
    renameInside(body, named('lengths'), cast(build, column, 'int32'));
  }
  const start = before.map((_, at) => initial(build, 5 + at, way, batch, count, data, isBatchFirst));
  const sequences = [projected];
  if (index !== undefined) {
    if (typeof steps !== 'number') return build.refuse('lengths of rows over an unknown number of steps');
    sequences.push(
      build.constant({
        dtype: 'int32',
        dims: [steps, 1],
        data: Int32Array.from({ length: boundedCount(build, [steps]) }, (_, at) => at),
      }),
    );
  }
  const made = build.addAll('Scan', [...start, ...sequences], next.length + (wantsSteps ? 1 : 0), {
    body: { type: 'graph', value: body.graph },
    num_scan_inputs: sequences.length,
    scan_input_directions: int(sequences.map(() => Number(isBackward))),
    scan_output_directions: int(wantsSteps ? [Number(isBackward)] : []),
  });
  return [wantsSteps ? (made.at(-1) ?? '') : '', ...made.slice(0, next.length)];
}

function renameInside(body: GraphBuilder, from: string, to: string): void {
  for (const node of body.graph.nodes)
    node.inputs = node.inputs.map((value) => (value === from ? to : value));
}

function units(build: Build): number {
  const given = build.attribute('hidden_size', 0);
  return given > 0 ? given : Number(build.shape(build.input(2))[2]);
}

/** What one direction has of a constant input. */
function constantPart(build: Build, index: number, way: number): Tensor | undefined {
  if (build.input(index) === '') return undefined;
  const held = build.tensor(index);
  if (held === undefined || held.dtype !== 'float32') return undefined;
  const [, ...dims] = held.dims;
  const size = dims.reduce((product, dim) => product * dim, 1);
  return float32(dims, (held.data as Float32Array).subarray(way * size, (way + 1) * size));
}

function zeros(build: Build, count: number, given: string): Tensor {
  if (given !== '') return build.refuse('its biases are not constant');
  return float32([count], new Float32Array(boundedCount(build, [count])));
}

/** The state to start from: what is given for this direction, or zeros of the batch's size. */
function initial(
  build: Build,
  index: number,
  way: number,
  batch: Shape[number],
  count: number,
  data: string,
  isBatchFirst: boolean,
): string {
  const given = build.input(index);
  if (given !== '') {
    const first = isBatchFirst ? build.transpose(given, [1, 0, 2]) : given;
    return build.add(
      'Gather',
      [first, build.constant({ dtype: 'int64', dims: [], data: BigInt64Array.of(BigInt(way)) })],
      { axis: 0 },
    );
  }
  if (typeof batch === 'number') {
    return build.floats([batch, count], new Float32Array(boundedCount(build, [batch, count])));
  }
  const size = build.add('Shape', [data], { start: 1, end: 2 });
  const dims = build.add('Concat', [size, build.constant(int64([count]))], { axis: 0 });
  return build.add('Expand', [build.number(0), dims]);
}

// https://keras.io/api/layers/recurrent_layers/conv_lstm2d/
// An LSTM whose matrix products are convolutions. ONNX has no operator for it: the convolution of the inputs is one
// Conv over all steps, and a Scan over time holds the one of the state. Channels are on axis 1 throughout.

import { int } from '../../../graph/attribute.ts';
import type { Dim } from '../../../graph/model.ts';
import { permute } from '../../../graph/rearrange.ts';
import { readActivation } from '../activations.ts';
import type { LayerConfig } from '../config.ts';
import { readWindow } from '../kernel.ts';
import type { Layer, Value } from '../layer.ts';
import { type DataFormat, dataFormat, slide, splitShape, type Window } from '../spatial.ts';
import { fold, isKnown, unfold } from './fold.ts';
import { label } from './label.ts';
import type { Recurrence, RecurrentCall, RecurrentResult } from './recurrence.ts';

const AXES: Readonly<Record<string, number>> = { ConvLSTM1D: 1, ConvLSTM2D: 2, ConvLSTM3D: 3 };

type Parts = {
  readonly config: LayerConfig;
  readonly prefix: string;
  readonly axes: number;
  readonly filters: number;
  readonly window: Window;
  readonly format: DataFormat;
  readonly hasBias: boolean;
};

/** undefined for other classes. */
export function convRecurrence(className: string, config: LayerConfig, prefix = ''): Recurrence | undefined {
  const axes = AXES[className];
  if (axes === undefined) return undefined;
  const parts: Parts = {
    config,
    prefix,
    axes,
    filters: config.integer('filters', undefined),
    window: readWindow(config, axes),
    format: dataFormat(config),
    hasBias: config.boolean('use_bias', true),
  };
  const names = ['kernel', 'recurrent_kernel', ...(parts.hasBias ? ['bias'] : [])];
  return {
    slots: names.map((name) => ({ name: prefix + name, isTrained: true })),
    states: 2,
    cells: [],
    problem() {
      const gate = readActivation(config.get('recurrent_activation') ?? 'sigmoid');
      return gate.kind === 'custom'
        ? `its recurrent_activation ${gate.name} is not one of Keras' own`
        : undefined;
    },
    run: (layer, call) => run(layer, parts, call),
  };
}

function run(layer: Layer, parts: Parts, call: RecurrentCall): RecurrentResult {
  const { filters, format, axes } = parts;
  const { input, isReverse, suffix, initial } = call;
  if (call.isTimeMajor) return layer.refuse('time_major');
  if (input.shape.length !== axes + 3)
    layer.fail(`its input has ${input.shape.length} axes, not ${axes + 3}`);
  const moved = sampleImages(layer, input, format, axes, suffix);
  const { spatial, channels } = splitShape(layer, moved, axes, 'channels_first');
  const { attributes, output } = slide(layer, spatial, parts.window);
  if (!isKnown(output)) return layer.refuse('the size of its images is not known');
  const weights = [kernel(layer, parts, 'kernel', channels), ...bias(layer, parts)];
  const convolved = layer.add('Conv', [moved.name, ...weights], {
    suffix: label(suffix, 'input'),
    attributes: {
      ...attributes,
      kernel_shape: int(parts.window.kernel),
      strides: int(parts.window.strides),
      dilations: int(parts.window.dilations),
    },
  });
  const all = {
    name: convolved,
    dtype: layer.dtype,
    shape: [moved.shape[0] ?? null, 4 * filters, ...output],
  };
  const steps = unfold(layer, input, all, label(suffix, 'steps'));
  const batch = input.shape[0] ?? null;
  const shape = [batch, filters, ...output];
  const zeros = () =>
    layer.add('ConstantOfShape', [stateShape(layer, steps, [filters, ...output], suffix)], {
      suffix: label(suffix, 'zeros'),
    });
  const given = initial.map(({ name }, at) =>
    toFirst(layer, name, format, axes, label(suffix, `initial_${at}_to_channels_first`)),
  );
  const start = given.length > 0 ? given : new Array<string>(2).fill(zeros());
  if (input.mask !== undefined && given.length > 0) layer.refuse('a mask together with initial states');
  const masks = input.mask === undefined ? [] : [perSample(layer, input.mask, axes, suffix)];
  const recurrent = kernel(layer, parts, 'recurrent_kernel', filters);
  const body = layer.subgraph(
    label(suffix, 'step'),
    [
      { name: 'h', dtype: layer.dtype, shape },
      { name: 'c', dtype: layer.dtype, shape },
      { name: 'x', dtype: layer.dtype, shape: [batch, 4 * filters, ...output] },
      ...masks.map(() => ({
        name: 'seen',
        dtype: 'bool' as const,
        shape: [batch, 1, ...output.map(() => 1)],
      })),
    ],
    (inner, values) => step(inner, parts, recurrent, values, call.isZeroWhereMasked),
  );
  const scanned = masks.length + 1;
  const direction = int(new Array<number>(scanned).fill(isReverse ? 1 : 0));
  const [h = '', c = '', sequence = ''] = layer.addAll('Scan', [...start, steps.name, ...masks], 3, {
    suffix: label(suffix, 'scan'),
    attributes: {
      body: { type: 'graph', value: body },
      num_scan_inputs: int(scanned),
      scan_input_axes: int(new Array<number>(scanned).fill(1)),
      scan_input_directions: direction,
      scan_output_axes: int([1]),
      scan_output_directions: int([isReverse ? 1 : 0]),
    },
  });
  const back = (name: string, leading: number, part: string) =>
    format === 'channels_first' ? name : toLast(layer, name, leading, axes, label(suffix, part));
  return {
    shape: format === 'channels_first' ? [filters, ...output] : [...output, filters],
    sequence: () => back(sequence, 2, 'sequence'),
    last: () => back(h, 1, 'last'),
    states: () => [back(h, 1, 'state_0'), back(c, 1, 'state_1')],
  };
}

/** One step: the gates i, f, c, o in the order of the filters. */
function step(
  layer: Layer,
  { config, axes, filters, window }: Parts,
  recurrent: string,
  [h, c, x, seen]: readonly Value[],
  isZeroWhereMasked: boolean,
): readonly Value[] {
  if (h === undefined || c === undefined || x === undefined) return layer.fail('a step lacks its state');
  const same: Window = { ...window, strides: ones(axes), dilations: ones(axes), padding: 'same' };
  const { attributes } = slide(layer, h.shape.slice(2), same);
  const inner = layer.add('Conv', [h.name, recurrent], {
    suffix: 'state',
    attributes: { ...attributes, kernel_shape: int(window.kernel) },
  });
  const sum = layer.add('Add', [x.name, inner], { suffix: 'sum' });
  const sizes = layer.ints('gates', new Array<number>(4).fill(filters));
  const gates = layer.addAll('Split', [sum, sizes], 4, { suffix: 'split', attributes: { axis: int(1) } });
  const gateActivation =
    config.get('recurrent_activation') ?? (layer.dialect.major >= 3 ? 'sigmoid' : 'hard_sigmoid');
  const activation = config.get('activation') === undefined ? 'tanh' : config.get('activation');
  const apply = (name: string | undefined, how: unknown) =>
    layer.activate({ ...h, name: name ?? '' }, how).name;
  const [i, f, o] = [gates[0], gates[1], gates[3]].map((gate) => apply(gate, gateActivation));
  const kept = layer.add('Mul', [f ?? '', c.name], { suffix: 'kept' });
  const fresh = layer.add('Mul', [i ?? '', apply(gates[2], activation)], { suffix: 'fresh' });
  const cell = layer.add('Add', [kept, fresh], { suffix: 'c' });
  const hidden = layer.add('Mul', [o ?? '', apply(cell, activation)], { suffix: 'h' });
  if (seen === undefined) {
    return [hidden, cell, layer.add('Identity', [hidden], { suffix: 'y' })].map((name) => ({ ...h, name }));
  }
  const choose = (name: string, other: string, suffix: string) =>
    layer.add('Where', [seen.name, name, other], { suffix });
  const newH = choose(hidden, h.name, 'h_kept');
  const newC = choose(cell, c.name, 'c_kept');
  const y = isZeroWhereMasked
    ? choose(hidden, layer.number('nothing', 0), 'y')
    : layer.add('Identity', [newH], { suffix: 'y' });
  return [newH, newC, y].map((name) => ({ ...h, name }));
}

function kernel(layer: Layer, { prefix, window, filters, axes }: Parts, slot: string, channels: Dim): string {
  const input = typeof channels === 'number' ? channels : null;
  const dims = [...window.kernel, input, 4 * filters];
  const perm = [axes + 1, axes, ...window.kernel.keys()];
  return layer.combined(prefix + slot, [{ slot: prefix + slot, dims }], ([tensor]) =>
    tensor === undefined ? layer.fail(`its ${slot} is missing`) : permute(tensor, perm),
  ).name;
}

function bias(layer: Layer, { prefix, filters, hasBias }: Parts): string[] {
  return hasBias ? [layer.parameter(`${prefix}bias`, [4 * filters]).name] : [];
}

function stateShape(layer: Layer, steps: Value, tail: readonly number[], suffix: string): string {
  const [batch] = steps.shape;
  if (typeof batch === 'number') return layer.ints(label(suffix, 'state_shape'), [batch, ...tail]);
  const start = layer.add('Shape', [steps.name], {
    suffix: label(suffix, 'batch'),
    attributes: { end: int(1) },
  });
  return layer.add('Concat', [start, layer.ints(label(suffix, 'state_tail'), tail)], {
    suffix: label(suffix, 'state_shape'),
    attributes: { axis: int(0) },
  });
}

/** (batch, time) as (batch, time, 1, …), to choose among images. */
function perSample(layer: Layer, mask: string, axes: number, suffix: string): string {
  const added = Array.from({ length: axes + 1 }, (_, index) => index + 2);
  return layer.add('Unsqueeze', [mask, layer.ints('image_axes', added)], { suffix: label(suffix, 'mask') });
}

/** Every step as an image with its channels on axis 1. */
function sampleImages(layer: Layer, input: Value, format: DataFormat, axes: number, suffix: string): Value {
  if (format === 'channels_first') return fold(layer, input);
  const part = label(suffix, 'to_channels_first');
  if (input.folded?.of === input.name) {
    const { name, dtype, shape } = input.folded.value;
    const [samples = null, ...rest] = shape;
    const moved = toFirst(layer, name, format, axes, part);
    return { name: moved, dtype, shape: [samples, rest.at(-1) ?? null, ...rest.slice(0, -1)] };
  }
  // Before folding, where it meets the one that a pooling layer over all axes ends with.
  const perm = [0, 1, axes + 2, ...Array.from({ length: axes }, (_, index) => index + 2)];
  const name = layer.add('Transpose', [input.name], { suffix: part, attributes: { perm: int(perm) } });
  return fold(layer, { name, dtype: input.dtype, shape: perm.map((axis) => input.shape[axis] ?? null) });
}

function toFirst(layer: Layer, name: string, format: DataFormat, axes: number, suffix: string): string {
  if (format === 'channels_first') return name;
  const perm = int([0, axes + 1, ...Array.from({ length: axes }, (_, index) => index + 1)]);
  return layer.add('Transpose', [name], { suffix, attributes: { perm } });
}

function toLast(layer: Layer, name: string, leading: number, axes: number, suffix: string): string {
  const before = Array.from({ length: leading }, (_, index) => index);
  const spatial = Array.from({ length: axes }, (_, index) => index + leading + 1);
  return layer.add('Transpose', [name], {
    suffix,
    attributes: { perm: int([...before, ...spatial, leading]) },
  });
}

function ones(count: number): number[] {
  return new Array<number>(count).fill(1);
}

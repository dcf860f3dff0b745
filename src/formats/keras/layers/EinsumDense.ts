// https://keras.io/api/layers/core_layers/einsum_dense/
// An equation says how input and kernel are multiplied. Most of them are a matrix product over the last axes.

import { string } from '../../../graph/attribute.ts';
import type { Dim, Shape } from '../../../graph/model.ts';
import { reshape } from '../../../graph/rearrange.ts';
import type { Layer, LayerFamily } from '../layer.ts';

export default {
  classNames: ['EinsumDense'],
  weights: (config) =>
    ['kernel', ...((config.get('bias_axes') ?? null) === null ? [] : ['bias'])].map((name) => ({
      name,
      isTrained: true,
    })),
  problem(config) {
    const equation = config.string('equation', '');
    return parse(equation) === undefined
      ? `its equation ${equation} does not multiply one input by one kernel`
      : undefined;
  },
  lower(layer) {
    const { input, config } = layer;
    const equation = parse(config.string('equation', ''));
    if (equation === undefined) return layer.fail('its equation is not one');
    const lengths = bind(layer, equation);
    const lead = input.shape.slice(0, input.shape.length - equation.input.length);
    const shape: Shape = [...lead, ...Array.from(equation.output, (letter) => lengths.get(letter) ?? null)];
    let name = isMatrixProduct(equation)
      ? multiply(layer, equation, lengths, lead.length)
      : contract(layer, equation, lengths);
    const axes = config.get('bias_axes') ?? null;
    if (axes !== null) {
      const added = bias(layer, equation.output, String(axes), lengths);
      name = layer.add('Add', [name, added], { suffix: 'bias_add' });
    }
    return layer.activate({ ...input, name, dtype: layer.dtype, shape }, config.get('activation'));
  },
} satisfies LayerFamily;

/** Letters per axis; with an ellipsis all axes before those named are carried along. */
type Equation = {
  readonly input: string;
  readonly kernel: string;
  readonly output: string;
  readonly hasEllipsis: boolean;
};

type Lengths = ReadonlyMap<string, Dim>;

function parse(text: string): Equation | undefined {
  const found = /^(\.\.\.)?([a-z]+),([a-z]+)->(\.\.\.)?([a-z]+)$/i.exec(text.replaceAll(' ', ''));
  if (found === null) return undefined;
  const [, before, input = '', kernel = '', after, output = ''] = found;
  const isPlain = [input, kernel, output].every((word) => new Set(word).size === word.length);
  const isMade = Array.from(output).every((letter) => input.includes(letter) || kernel.includes(letter));
  if (!isPlain || !isMade || before !== after) return undefined;
  return { input, kernel, output, hasEllipsis: before !== undefined };
}

/** Length per letter: of the input's own axes, and of those output_shape says. */
function bind(layer: Layer, { input, output, hasEllipsis }: Equation): Lengths {
  const { shape } = layer.input;
  const missing = shape.length - input.length;
  if (missing < 0 || (missing > 0 && !hasEllipsis)) {
    layer.fail(`its input has ${shape.length} axes where ${input.length} are expected`);
  }
  const stated = layer.config.get('output_shape');
  const sizes: unknown[] = Array.isArray(stated) ? stated : [stated];
  const lengths = new Map<string, Dim>();
  sizes.slice(-output.length).forEach((size, at, list) => {
    const letter = output[output.length - list.length + at] ?? '';
    if (Number.isSafeInteger(size) && (size as number) > 0) lengths.set(letter, size as number);
  });
  Array.from(input).forEach((letter, at) => {
    lengths.set(letter, shape[missing + at] ?? null);
  });
  return lengths;
}

function kernelDims({ kernel }: Equation, lengths: Lengths): (number | null)[] {
  return Array.from(kernel, (letter) => {
    const length = lengths.get(letter);
    return typeof length === 'number' ? length : null;
  });
}

/** Whether the kernel's first axes are the input's last, and its others the output's last. */
function isMatrixProduct({ input, kernel, output }: Equation): boolean {
  const summed = Array.from(kernel)
    .filter((letter) => !output.includes(letter))
    .join('');
  const made = kernel.slice(summed.length);
  return (
    kernel.startsWith(summed) &&
    input.endsWith(summed) &&
    output === input.slice(0, -summed.length) + made &&
    summed !== '' &&
    made !== '' &&
    !Array.from(made).some((letter) => input.includes(letter))
  );
}

function multiply(layer: Layer, equation: Equation, lengths: Lengths, lead: number): string {
  const { input, kernel, output } = equation;
  const summed = Array.from(kernel).filter((letter) => !output.includes(letter)).length;
  const dims = kernelDims(equation, lengths);
  const size = (list: readonly (number | null)[]) => list.reduce<number>((all, dim) => all * (dim ?? -1), 1);
  const made = dims.slice(summed).map((dim) => dim ?? layer.fail('its output_shape leaves lengths open'));
  const parameter = layer.parameter('kernel', dims, (tensor) =>
    reshape(tensor, [size(tensor.dims.slice(0, summed)), size(tensor.dims.slice(summed))]),
  );
  const kept = new Array<number>(lead + input.length - summed).fill(0);
  const x =
    summed === 1
      ? layer.input.name
      : layer.add('Reshape', [layer.input.name, layer.ints('joined', [...kept, parameter.dims[0] ?? -1])], {
          suffix: 'join',
        });
  const product = layer.add('MatMul', [x, parameter.name]);
  if (made.length === 1) return product;
  return layer.add('Reshape', [product, layer.ints('parted', [...kept, ...made])], { suffix: 'part' });
}

function contract(layer: Layer, equation: Equation, lengths: Lengths): string {
  const { input, kernel, output, hasEllipsis } = equation;
  const rest = hasEllipsis ? '...' : '';
  const { name } = layer.parameter('kernel', kernelDims(equation, lengths));
  return layer.add('Einsum', [layer.input.name, name], {
    attributes: { equation: string(`${rest}${input},${kernel}->${rest}${output}`) },
  });
}

/** Stored with the lengths of its axes and 1 for those of the output after the first of them. */
function bias(layer: Layer, output: string, axes: string, lengths: Lengths): string {
  const first = Math.min(...Array.from(axes, (letter) => output.indexOf(letter)));
  if (first < 0 || axes === '') return layer.fail(`bias_axes ${axes} are not axes of its output`);
  const dims = Array.from(output.slice(first), (letter) => {
    const length = axes.includes(letter) ? lengths.get(letter) : 1;
    return typeof length === 'number' ? length : null;
  });
  return layer.parameter('bias', dims).name;
}

// One layer in a functional model with any number of inputs and any arguments, read from a file and run.

import { numbers } from '../../../fixtures/formats/keras/make.ts';
import type { Model } from '../../../src/graph/model.ts';
import { elementCount, type Tensor } from '../../../src/graph/tensor.ts';
import { read, runModel } from './run.ts';

export type Called = {
  readonly className: string;
  readonly config?: Readonly<Record<string, unknown>>;
  /** Per input: its shape without the batch, and what is fed (two samples). */
  readonly inputs: readonly CallInput[];
  /** Which inputs are given by position; those not given by keyword unless told. */
  readonly positional?: readonly number[];
  /** Names of inputs given by keyword: { attention_mask: 1 } is the second input. */
  readonly keywords?: Readonly<Record<string, number | readonly (number | null)[]>>;
  readonly options?: Readonly<Record<string, unknown>>;
  readonly weights?: readonly (readonly [name: string, dims: readonly number[], data?: ArrayLike<number>])[];
  readonly version?: string;
  readonly outputs?: number;
};

export type CallInput = {
  readonly shape: readonly (number | null)[];
  readonly dtype?: Tensor['dtype'];
  readonly feed?: Tensor;
};

export type Result = {
  readonly model: Model;
  /** What was fed, in the order of the inputs. */
  readonly fed: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  /** Values of the weights by name. */
  readonly weights: Readonly<Record<string, Float32Array>>;
};

export async function call(called: Called): Promise<Result> {
  const { version = '2.15.0', config = {}, keywords = {}, options = {} } = called;
  const names = called.inputs.map((_, index) => `in${index}`);
  const byKeyword = new Set(Object.values(keywords).flat());
  const ref = (index: number | null) => (index === null ? null : [`in${index}`, 0, 0]);
  const named = Object.fromEntries(
    Object.entries(keywords).map(([name, at]) => [
      name,
      typeof at === 'number' ? ref(at) : at.map((item) => ref(item)),
    ]),
  );
  const positional = called.positional ?? names.flatMap((_, index) => (byKeyword.has(index) ? [] : [index]));
  const given = positional.map((index): [string, number, number, object] => [`in${index}`, 0, 0, {}]);
  const [first, ...rest] = given;
  const inbound = first === undefined ? [] : [[...first.slice(0, 3), { ...named, ...options }], ...rest];
  const weights = (called.weights ?? []).map(([name, dims, data], index) => ({
    name: `layer/${name}:0`,
    dims,
    data: data === undefined ? numbers(elementCount(dims), index + 7) : Float32Array.from(data),
  }));
  const layers = [
    ...called.inputs.map(({ shape, dtype = 'float32' }, index) => ({
      class_name: 'InputLayer',
      name: names[index],
      config: { batch_input_shape: [null, ...shape], dtype, name: names[index] },
      inbound_nodes: [],
    })),
    {
      class_name: called.className,
      name: 'layer',
      config: { name: 'layer', dtype: 'float32', ...config },
      inbound_nodes: [inbound],
    },
  ];
  const outputs = Array.from({ length: called.outputs ?? 1 }, (_, index) => ['layer', 0, index]);
  const model = await read({
    version,
    backend: 'tensorflow',
    config: {
      class_name: 'Functional',
      config: {
        name: 'model',
        layers,
        input_layers: names.map((name) => [name, 0, 0]),
        output_layers: outputs,
      },
    },
    weights: { layer: weights },
  });
  const fed = called.inputs.map(({ shape, feed }, index): Tensor => {
    const dims = [2, ...shape.map((dim) => dim ?? 4)];
    return feed ?? { dtype: 'float32', dims, data: numbers(elementCount(dims), index + 3) };
  });
  const feeds = Object.fromEntries(fed.map((tensor, index) => [model.graph.inputs[index] ?? '', tensor]));
  const got = await runModel(model, feeds);
  const made = model.graph.outputs.map((name) => {
    const tensor = got[name];
    if (tensor === undefined) throw new Error(`no output ${name}`);
    const declared = model.graph.types.get(name);
    if (declared?.kind === 'tensor') {
      const fits = declared.shape?.every((dim, axis) => typeof dim !== 'number' || dim === tensor.dims[axis]);
      if (
        fits === false ||
        declared.shape?.length !== tensor.dims.length ||
        declared.dtype !== tensor.dtype
      ) {
        throw new Error(
          `${name} is ${tensor.dtype} ${tensor.dims}, declared ${declared.dtype} ${declared.shape}`,
        );
      }
    }
    return tensor;
  });
  const byName = weights.map(({ name, data }) => [name.slice('layer/'.length, -2), data]);
  return { model, fed, outputs: made, weights: Object.fromEntries(byName) };
}

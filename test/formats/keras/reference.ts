// Runs a Keras file twice on the same inputs: through mlctl's reader and onnxruntime, and in tfjs from the file's own
// architecture. Shared by the reference tests and by docs/keras-h5.ts.

import type { Model } from '../../../src/graph/model.ts';
import { elementCount, type Tensor } from '../../../src/graph/tensor.ts';
import { sampleInputs } from '../../../src/lifecycle/sample-inputs.ts';
import { openGraph } from '../../../src/runtimes/onnxruntime.ts';
import type { Feeds, Session } from '../../../src/runtimes/session.ts';
import tfjs from '../../../src/runtimes/tfjs.ts';

/** Corpus files whose numbers in tfjs are known to be wrong, and why. */
export const wrongInTfjs: Readonly<Record<string, string>> = {
  // With its MaxPooling3D written as TimeDistributed MaxPooling2D, which is the same, tfjs agrees to 2e-7.
  'har-video/convlstm.h5': 'its MaxPooling3D takes other windows when they have depth 1',
};

export type Agreement = {
  /** Largest |Δ| over the largest |value| of its output in tfjs. */
  readonly relative: number;
  readonly outputs: readonly {
    readonly name: string;
    readonly dims: readonly number[];
    readonly difference: number;
    readonly scale: number;
  }[];
};

/**
 * Both runs on seeded inputs; `open` gives the session to judge, the graph in onnxruntime unless told otherwise.
 * Throws when a runtime refuses the model or the outputs have other names or shapes.
 */
export async function compareWithTfjs(
  path: string,
  model: Model,
  open: () => Promise<Session> = () => openGraph(model),
): Promise<Agreement> {
  const reference = await tfjs.open({ format: 'keras', path });
  try {
    const session = await open();
    try {
      const feeds = feedsFor(session, model, 1);
      const expected = await reference.run(given(reference, session, feeds));
      const actual = await session.run(feeds);
      return agreement(reference, session, expected, actual);
    } finally {
      await session.release();
    }
  } finally {
    await reference.release();
  }
}

export function agreement(reference: Session, session: Session, expected: Feeds, actual: Feeds): Agreement {
  const outputs = reference.outputs.map(({ name }, at) => {
    const other = session.outputs[at]?.name ?? '';
    const [wanted, got] = [expected[name], actual[other]];
    if (!wanted || !got) throw new Error(`output ${name} has no counterpart in ${Object.keys(actual)}`);
    if (wanted.dims.join() !== got.dims.join()) {
      throw new Error(`output ${name}: ${got.dims} instead of ${wanted.dims}`);
    }
    const [a, b] = [numbers(wanted), numbers(got)];
    let difference = 0;
    let scale = 0;
    for (const [index, value] of a.entries()) {
      const delta = Math.abs(value - (b[index] ?? Number.NaN));
      // A NaN on one side only must not pass for agreement.
      if (Number.isNaN(delta) && !(Number.isNaN(value) && Number.isNaN(b[index]))) difference = Number.NaN;
      if (delta > difference) difference = delta;
      if (Math.abs(value) > scale) scale = Math.abs(value);
    }
    return { name, dims: wanted.dims, difference, scale };
  });
  const relative = Math.max(...outputs.map(({ difference, scale }) => difference / (scale || 1)));
  return { relative, outputs };
}

/** Seeded feeds of three rows. */
export function feedsFor(session: Session, model: Model, seed: number): Feeds {
  return sampleInputs(session.inputs, { seed, batch: 3, spatial: 24, length: 12, model });
}

/** The same numbers under the names and in the dtypes of the reference. */
function given(reference: Session, session: Session, feeds: Feeds): Feeds {
  return Object.fromEntries(
    reference.inputs.map(({ name, dtype }, at) => {
      const tensor = feeds[name] ?? feeds[session.inputs[at]?.name ?? ''];
      if (!tensor) throw new Error(`input ${name} has no counterpart in ${Object.keys(feeds)}`);
      if (tensor.dtype === dtype) return [name, tensor];
      const { dims } = tensor;
      const values = numbers(tensor);
      if (dtype === 'float32') return [name, { dtype, dims, data: Float32Array.from(values) }];
      if (dtype === 'float64') return [name, { dtype, dims, data: Float64Array.from(values) }];
      if (dtype === 'int32') return [name, { dtype, dims, data: Int32Array.from(values) }];
      if (dtype === 'int64') return [name, { dtype, dims, data: BigInt64Array.from(values, BigInt) }];
      throw new Error(`input ${name} is ${tensor.dtype} in the graph and ${dtype} in tfjs`);
    }),
  );
}

function numbers({ data, dims }: Tensor): Float64Array {
  const values = Float64Array.from(data as ArrayLike<number | bigint>, Number);
  if (values.length !== elementCount(dims)) throw new Error('a tensor with too few numbers');
  return values;
}

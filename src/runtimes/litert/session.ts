// A TFLite file behind the session that all runtimes share: named tensors in, named tensors out, any number of rows.

import { errors } from '../../errors.ts';
import { type Port, quantizationOf } from '../../formats/tflite/interface.ts';
import type { DType } from '../../graph/dtype.ts';
import type { Tensor } from '../../graph/tensor.ts';
import { checkFeeds } from '../feeds.ts';
import type { Session, TensorInfo } from '../session.ts';
import { type Library, NAME } from './library.ts';
import { mayHaveRows } from './resize.ts';
import type { Source } from './runner.ts';
import { Variants } from './variants.ts';

/** A session, and dims its inputs can have. */
export type Opened = { readonly session: Session; readonly dims: readonly (readonly number[])[] };

export async function openSession(library: Library, source: Source): Promise<Opened> {
  const { ports } = source;
  const inRows = mayHaveRows(ports);
  const scales = quantizationOf(ports);
  const describe = ({ name, tensor }: Port, open: (axis: number) => string | null): TensorInfo => {
    const shape = tensor.shape?.map((dim, axis) => {
      if (inRows && axis === 0) return 'batch';
      return tensor.shapeSignature?.[axis] === -1 ? open(axis) : dim;
    });
    const info = { name, dtype: tensor.type as DType, shape };
    const quantization = scales[name];
    return quantization === undefined ? info : { ...info, quantization };
  };
  // Named as the reader does.
  const inputs = ports.inputs.map((port) =>
    describe(port, (axis) => (axis === 0 ? 'batch' : `${port.name}_axis${axis}`)),
  );
  const outputs = ports.outputs.map((port) => describe(port, () => null));
  const variants = new Variants(library, source);
  const dims = await variants.first();
  let isReleased = false;
  const running = new Set<Promise<unknown>>();
  const session: Session = {
    runtime: NAME,
    inputs,
    outputs,
    async run(feeds, wanted) {
      if (isReleased) throw errors.RUNTIME_FAILED(NAME, 'the session was released');
      checkFeeds(inputs, feeds);
      const names = wanted ?? outputs.map(({ name }) => name);
      const places = names.map((name) => placeOf(outputs, name));
      const given = inputs.map(({ name }) => feeds[name] as Tensor);
      const run = variants.run(given);
      running.add(run);
      const results = await run.finally(() => running.delete(run));
      return Object.fromEntries(names.map((name, index) => [name, results[places[index] ?? 0] as Tensor]));
    },
    async release() {
      isReleased = true;
      await Promise.allSettled(running);
      await variants.release();
    },
  };
  return { session, dims };
}

function placeOf(outputs: readonly TensorInfo[], name: string): number {
  const place = outputs.findIndex((output) => output.name === name);
  if (place >= 0) return place;
  const known = outputs.map((output) => output.name).join(', ');
  throw errors.RUNTIME_FAILED(NAME, `the model has no output ${name}; it has ${known}`);
}

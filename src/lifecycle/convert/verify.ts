// Runs the model as it was read, and later the file as it was written, on the same inputs.

import type { Context } from '../../context.ts';
import { errors } from '../../errors.ts';
import type { Model } from '../../graph/model.ts';
import type { Tensor } from '../../graph/tensor.ts';
import type { Feeds, Session } from '../../runtimes/session.ts';
import { findRuntime } from '../locate.ts';
import { compareOutputs, type Parity, runAll } from '../parity.ts';
import { rowsOf, type SampleOptions, sampleInputs } from '../sample-inputs.ts';

/** What the model as read answers; the session is closed, so that two copies of the weights never live at once. */
export type Reference = {
  readonly feeds: readonly Feeds[];
  readonly outputs: ReadonlyMap<string, readonly Tensor[]>;
  readonly samples: number;
};

// Sizes of open axes to try, most telling first: a model may accept only some (windows, fixed batches in reshapes).
const sizes: readonly SampleOptions[] = [
  { batch: 4 },
  { batch: 1 },
  { batch: 1, spatial: 64, length: 64 },
  { batch: 1, spatial: 224, length: 512 },
  { batch: 1, spatial: 1, length: 1 },
];

/** Errors: PARITY_UNCHECKED when the graph as read does not run. */
export async function runReference(
  model: Model,
  { seed, samples }: { readonly seed: number; readonly samples: number },
  context: Context,
): Promise<Reference> {
  const { openGraph } = await import('../../runtimes/onnxruntime.ts');
  let session: Session | undefined;
  try {
    session = await openGraph(model, { optimize: false });
    return await tryFeeds(session, model, seed, samples, context);
  } catch (cause) {
    context.signal.throwIfAborted();
    throw errors.PARITY_UNCHECKED(cause instanceof Error ? cause.message : String(cause), cause);
  } finally {
    await session?.release();
  }
}

async function tryFeeds(
  session: Session,
  model: Model,
  seed: number,
  samples: number,
  context: Context,
): Promise<Reference> {
  let failure: unknown;
  for (const size of sizes) {
    context.signal.throwIfAborted();
    const batch = Math.min(size.batch ?? 1, samples);
    const make = (set: number) => sampleInputs(session.inputs, { ...size, batch, seed: seed + set, model });
    try {
      const feeds = [make(0)];
      const rows = rowsOf(session.inputs, feeds[0] ?? {});
      // The first set tells whether the sizes are right.
      await runAll(session, feeds);
      for (let set = 1; set * rows < samples; set++) feeds.push(make(set));
      return { feeds, outputs: await runAll(session, feeds), samples: feeds.length * rows };
    } catch (cause) {
      failure = cause;
    }
  }
  throw failure;
}

/** Opens the written file in its own runtime and compares. */
export async function verifyFile(
  format: string,
  path: string,
  reference: Reference,
  tolerance: number,
): Promise<Parity> {
  const { runtimes } = await import('../../runtimes/index.ts');
  const known = runtimes.find((runtime) => (runtime.formats as readonly string[]).includes(format));
  if (!known) throw errors.PARITY_UNCHECKED(`no runtime here runs ${format} files`);
  const runtime = await findRuntime(known.name);
  const session = await runtime.open({ format, path });
  try {
    const names = new Set(session.inputs.map(({ name }) => name));
    const feeds = reference.feeds.map((set) => {
      const given = Object.entries(set);
      // A format that renames inputs keeps their order.
      return Object.fromEntries(
        given.map(([name, tensor], index) => [
          names.has(name) ? name : (session.inputs[index]?.name ?? name),
          tensor,
        ]),
      );
    });
    return compareOutputs(reference.outputs, await runAll(session, feeds), reference.samples, tolerance);
  } finally {
    await session.release();
  }
}

// Runs the model as it was read, and later the file as it was written, on the same inputs.

import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Context } from '../../context.ts';
import { errors, MlctlError } from '../../errors.ts';
import type { Model } from '../../graph/model.ts';
import { type Tensor, tensorBytes } from '../../graph/tensor.ts';
import type { Feeds, Session, SessionOptions, TensorInfo } from '../../runtimes/session.ts';
import { type StagedArtifact, stageArtifact } from '../artifact.ts';
import { findRuntime } from '../locate.ts';
import { compareOutputs, type Parity, runAll } from '../parity.ts';
import { rowsOf, type SampleOptions, sampleInputs } from '../sample-inputs.ts';
import { type Guard, guardLoops } from './endless.ts';
import { checkLargestValue } from './largest-value.ts';
import { LARGE_BYTES, weightBytes } from './memory.ts';
import { checkWorkload } from './workload.ts';

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

const MANY_NODES = 400;
const MOST_KEPT_BYTES = 500e6;

/** On so many made-up rows, or on the feeds given. Errors: PARITY_UNCHECKED when the graph as read does not run. */
export async function runReference(
  model: Model,
  on: { readonly seed: number; readonly samples: number } | { readonly feeds: readonly Feeds[] },
  context: Context,
): Promise<Reference> {
  let opened: Opened | undefined;
  let guard: Guard | undefined;
  try {
    checkLargestValue(model);
    checkWorkload(model);
    guard = await guardLoops(model);
    opened = guarded(await openAsRead(model, context), guard);
    if ('feeds' in on) return await answersOn(opened.session, on.feeds, context);
    return await tryFeeds(opened.session, model, on.seed, on.samples, context);
  } catch (cause) {
    context.signal.throwIfAborted();
    if (cause instanceof MlctlError && cause.code === 'PARITY_UNCHECKED') throw cause;
    throw errors.PARITY_UNCHECKED(cause instanceof Error ? cause.message : String(cause), cause);
  } finally {
    await opened?.close();
    await guard?.close();
  }
}

/** Nothing is run before the guard has seen it end. */
function guarded(opened: Opened, guard: Guard | undefined): Opened {
  if (guard === undefined) return opened;
  const run: Session['run'] = async (feeds, wanted) => {
    await guard.check(feeds);
    return opened.session.run(feeds, wanted);
  };
  return { ...opened, session: { ...opened.session, run } };
}

type Opened = { readonly session: Session; readonly close: () => Promise<void> };

/** Unoptimized, outputs as the graph states them. Large weights go over a file, from which onnxruntime maps them instead of copying them twice. */
export async function openAsRead(model: Model, context: Context): Promise<Opened> {
  const { default: onnxruntime, openGraph } = await import('../../runtimes/onnxruntime.ts');
  if (weightBytes(model) > LARGE_BYTES) {
    const staged = await stageAsRead(model, context).catch(() => undefined);
    context.signal.throwIfAborted();
    if (staged) {
      const close = async (session?: Session) => {
        await session?.release();
        await staged.discard();
      };
      try {
        const session = await onnxruntime.open(
          { format: 'onnx', path: staged.stagedPath },
          { optimize: false },
        );
        return { session, close: () => close(session) };
      } catch (cause) {
        await close();
        throw cause;
      }
    }
  }
  const session = await openGraph(model, { optimize: false });
  return { session, close: () => session.release() };
}

async function stageAsRead(model: Model, context: Context): Promise<StagedArtifact> {
  const { encodeOnnx } = await import('../../formats/onnx/encode.ts');
  const name = 'model.onnx';
  const { chunks, external } = await encodeOnnx(model, {
    externalName: `${name}.data`,
    externalThreshold: 0,
  });
  const files = [{ name, chunks }, ...(external ? [{ name: `${name}.data`, chunks: external }] : [])];
  return stageArtifact(join(tmpdir(), name), files, { signal: context.signal });
}

async function answersOn(session: Session, feeds: readonly Feeds[], context: Context): Promise<Reference> {
  const outputs = await runAll(session, feeds, context);
  return { feeds, outputs, samples: feeds.reduce((sum, set) => sum + rowsOf(session.inputs, set), 0) };
}

async function tryFeeds(
  session: Session,
  model: Model,
  seed: number,
  samples: number,
  context: Context,
): Promise<Reference> {
  let failure: unknown;
  // A run cannot be stopped from outside: of a large model each takes one row, and Ctrl-C is heard between them.
  const isLarge = weightBytes(model) > LARGE_BYTES || model.graph.nodes.length > MANY_NODES;
  for (const size of isLarge ? sizes.slice(1) : sizes) {
    context.signal.throwIfAborted();
    const batch = Math.min(size.batch ?? 1, samples);
    const make = (set: number) => sampleInputs(session.inputs, { ...size, batch, seed: seed + set, model });
    try {
      const first = make(0);
      const rows = rowsOf(session.inputs, first);
      // The first set tells whether the sizes are right.
      const outputs = await runAll(session, [first], context);
      // All sets are kept until the file is compared: as many as fit.
      const room = Math.floor(
        MOST_KEPT_BYTES / bytesOf([...Object.values(first), ...[...outputs.values()].flat()]),
      );
      const sets = Math.max(1, Math.min(Math.ceil(samples / rows), room));
      const feeds = Array.from({ length: sets - 1 }, (_, set) => make(set + 1));
      const more = await runAll(session, feeds, context);
      for (const [name, list] of outputs) list.push(...(more.get(name) ?? []));
      return { feeds: [first, ...feeds], outputs, samples: rows * (feeds.length + 1) };
    } catch (cause) {
      // The first attempt is the most natural one: its error says most.
      failure ??= cause;
    }
  }
  throw failure;
}

function bytesOf(tensors: readonly Tensor[]): number {
  return tensors.reduce((sum, tensor) => sum + tensorBytes(tensor), 0);
}

/**
 * Opens the written file in its own runtime and compares. When only the runtime's own optimizer takes it out of
 * tolerance, the file is what it should be: the result without it counts, and a warning says what the optimizer does.
 * Errors: PARITY_UNCHECKED when the runtime does not run the file.
 */
export async function verifyFile(
  format: string,
  path: string,
  reference: Reference,
  tolerance: number,
  context: Context,
): Promise<Parity> {
  const [{ runtimes }, { withRealValues }] = await Promise.all([
    import('../../runtimes/index.ts'),
    import('../../runtimes/real-values.ts'),
  ]);
  const known = runtimes.find((runtime) => (runtime.formats as readonly string[]).includes(format));
  if (!known) throw errors.PARITY_UNCHECKED(`no runtime here runs ${format} files`);
  const runtime = await findRuntime(known.name);
  const run = async (options: SessionOptions) => {
    // Whole numbers at the border stand for the real ones of the model, unless it has whole numbers itself.
    let session: Session | undefined;
    try {
      const opened = givingCodes(await runtime.open({ format, path }, options), reference);
      session = takesReals(withRealValues(opened));
      const outputs = await runAll(session, feedsFor(session, reference.feeds), context);
      return compareOutputs(reference.outputs, outputs, reference.samples, tolerance);
    } catch (cause) {
      context.signal.throwIfAborted();
      // The file may be good all the same: other runtimes may run what this one does not.
      if (!(cause instanceof MlctlError) || !unrun.has(cause.code)) throw cause;
      throw errors.PARITY_UNCHECKED(cause.message.replaceAll(path, 'the file'), cause);
    } finally {
      await session?.release();
    }
  };
  const asUsed = await run({});
  if (asUsed.passed) return asUsed;
  const asWritten = await run({ optimize: false });
  if (!asWritten.passed) return asUsed;
  context.diagnose({
    code: 'RUNTIME_ROUNDING',
    severity: 'warning',
    message: `the file computes what the model does (${asWritten.maxRel === 0 ? 'exactly' : `within ${asWritten.maxRel.toExponential(0)}`}), but the optimizer of ${runtime.name} moves its results by ${asUsed.maxRel.toExponential(0)} of their scale`,
    args: { runtime: runtime.name, maxAbs: asUsed.maxAbs, maxRel: asUsed.maxRel },
    hint: 'the model is sensitive to rounding; evaluate it on real data before you rely on it',
  });
  return asWritten;
}

const unrun = new Set(['RUNTIME_FAILED', 'FEED_INVALID']);

/** Outputs that hold the same whole numbers as the model's are compared as they are. */
function givingCodes(session: Session, { outputs }: Reference): Session {
  const expected = [...outputs.values()];
  const asCompared = (info: TensorInfo, index: number): TensorInfo => {
    const [first] = outputs.get(info.name) ?? expected[index] ?? [];
    return first?.dtype === info.dtype ? { name: info.name, dtype: info.dtype, shape: info.shape } : info;
  };
  return { ...session, outputs: session.outputs.map(asCompared) };
}

/** Bytes that stand for themselves, as those of images do, can be fed as real numbers, too. */
function takesReals(session: Session): Session {
  const bytes = new Set(
    session.inputs.flatMap(({ name, dtype, quantization }) =>
      quantization && dtype === 'uint8' ? [name] : [],
    ),
  );
  if (bytes.size === 0) return session;
  const stored = (name: string, tensor: Tensor): Tensor =>
    tensor.dtype === 'float32' && bytes.has(name)
      ? {
          dtype: 'uint8',
          dims: tensor.dims,
          data: Uint8Array.from(Uint8ClampedArray.from(tensor.data as Float32Array)),
        }
      : tensor;
  const run: Session['run'] = (feeds, wanted) =>
    session.run(
      Object.fromEntries(Object.entries(feeds).map(([name, tensor]) => [name, stored(name, tensor)])),
      wanted,
    );
  return { ...session, run };
}

/** A format that renames inputs keeps their order. */
function feedsFor(session: Session, sets: readonly Feeds[]): Feeds[] {
  const names = new Set(session.inputs.map(({ name }) => name));
  const nameOf = (name: string, index: number) =>
    names.has(name) ? name : (session.inputs[index]?.name ?? name);
  return sets.map((set) =>
    Object.fromEntries(Object.entries(set).map(([name, tensor], index) => [nameOf(name, index), tensor])),
  );
}

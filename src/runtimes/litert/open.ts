// Opens a TFLite file in LiteRT, when LiteRT can run it.

import { stat } from 'node:fs/promises';
import { errors, MlctlError } from '../../errors.ts';
import { decodeTflite } from '../../formats/tflite/decode.ts';
import { encodeTfliteBytes } from '../../formats/tflite/encode.ts';
import { readBytes } from '../../formats/tflite/file.ts';
import { findInterface } from '../../formats/tflite/interface.ts';
import type { ModelSource, Session } from '../session.ts';
import { loadLibrary, NAME } from './library.ts';
import { whyNot } from './refusal.ts';
import type { Source } from './runner.ts';
import { openSession } from './session.ts';
import { withCopies } from './sized-outputs.ts';
import { needsTrial, tryOut } from './trial.ts';

type FileSource = ModelSource & { readonly path: string };

/** Errors: MODEL_DAMAGED, SIGNATURE_UNKNOWN, RUNTIME_FAILED, RUNTIME_MISSING. */
export async function openModel(source: ModelSource): Promise<Session> {
  const asked = await takeAsked(source);
  return asked ?? openFresh(source);
}

/** Why LiteRT cannot run the file; undefined when it can. Errors: MODEL_DAMAGED, SIGNATURE_UNKNOWN, RUNTIME_MISSING. */
export async function refusalOf(source: FileSource): Promise<string | undefined> {
  const opened = await read(source);
  if (opened.reason !== undefined) return opened.reason;
  try {
    await keepAsked(source, await openTried(opened));
    return undefined;
  } catch (cause) {
    if (!(cause instanceof MlctlError) || cause.code !== 'RUNTIME_FAILED') throw cause;
    return cause.message.replace(/^.*?it cannot (run|load) .*?: /s, '');
  }
}

async function openFresh(source: ModelSource): Promise<Session> {
  const opened = await read(source);
  const { reason } = opened;
  if (reason !== undefined) throw errors.RUNTIME_FAILED(NAME, `it cannot run ${opened.label}: ${reason}`);
  return openTried(opened);
}

async function openTried(source: Source): Promise<Session> {
  const { session, dims } = await openSession(await loadLibrary(), source);
  if (!needsTrial(source.file, source.ports)) return session;
  try {
    await tryOut(session, dims);
    return session;
  } catch (cause) {
    await session.release();
    if (!(cause instanceof MlctlError) || cause.code !== 'RUNTIME_FAILED') throw cause;
    throw errors.RUNTIME_FAILED(NAME, `it cannot run ${source.label}: ${UNSIZED}`, cause);
  }
}

const UNSIZED = 'the size of an output is only found out during the run';

/** With why LiteRT cannot run it, when that can be seen. */
async function read(source: ModelSource): Promise<Source & { readonly reason: string | undefined }> {
  const label = 'path' in source ? source.path : 'the model';
  const bytes = 'path' in source ? await readBytes(source.path) : source.bytes;
  const file = decodeTflite(bytes, label);
  const ports = findInterface(file, label, source.signature);
  const { unsized, ...copied } = withCopies(file, ports, source.signature);
  return {
    ...copied,
    bytes: copied.file === file ? bytes : encodeTfliteBytes(copied.file),
    label,
    reason: whyNot(file, ports) ?? (unsized === undefined ? undefined : UNSIZED),
  };
}

// Whoever asks whether a file can be run opens it next: the session that gave the answer waits for that.
let asked: { readonly key: string; readonly session: Session } | undefined;

async function keepAsked(source: FileSource, session: Session): Promise<void> {
  await asked?.session.release();
  asked = { key: await keyOf(source), session };
}

async function takeAsked(source: ModelSource): Promise<Session | undefined> {
  if (asked === undefined || !('path' in source)) return undefined;
  const { key, session } = asked;
  if (key !== (await keyOf(source).catch(() => ''))) return undefined;
  asked = undefined;
  return session;
}

async function keyOf({ path, signature = '' }: FileSource): Promise<string> {
  const { size, mtimeMs, ino } = await stat(path);
  return `${path} ${size} ${mtimeMs} ${ino} ${signature}`;
}

// An ONNX file to a model with the meaning of today's operators.

import type { Context } from '../../context.ts';
import { MlctlError } from '../../errors.ts';
import type { Model } from '../../graph/model.ts';
import { validate } from '../../graph/validate.ts';
import type { ReadOptions } from '../definition.ts';
import { type DecodeOptions, decodeOnnx } from './decode.ts';
import { readModelFile } from './file.ts';

/** Errors: those of readModelFile and decodeOnnx, MODEL_INVALID, OP_UNSUPPORTED. */
export async function readOnnx(path: string, context: Context, options?: ReadOptions): Promise<Model> {
  return readBytes(await readModelFile(path, options?.onBytes), path, context);
}

/** The same for a file already in memory; `path` names it and says where its external data is. */
export async function readBytes(
  bytes: Uint8Array,
  path: string,
  context: Context,
  decoding: Pick<DecodeOptions, 'mostExternal'> = {},
): Promise<Model> {
  const model = await decodeOnnx(bytes, path, { diagnose: context.diagnose, ...decoding });
  // First, because what follows relies on order and unique names.
  validate(model, { file: path });
  const [{ upgradeModel }, { inferTypes }] = await Promise.all([
    import('../../ops/upgrade.ts'),
    import('../../ops/infer.ts'),
  ]);
  try {
    upgradeModel(model);
    inferTypes(model);
  } catch (error) {
    throw error instanceof MlctlError ? inFile(error, path) : error;
  }
  validate(model, { file: path });
  return model;
}

// The graph does not know its file; the reader of the message wants to.
function inFile(error: MlctlError, file: string): MlctlError {
  const { code, message, hint, where, details, cause } = error;
  return new MlctlError(code, message, { hint, details, cause, where: { file, ...where } });
}

// An ONNX file to a model with the meaning of today's operators.

import type { Context } from '../../context.ts';
import type { Model } from '../../graph/model.ts';
import { validate } from '../../graph/validate.ts';
import { decodeOnnx } from './decode.ts';
import { readModelFile } from './file.ts';

/** Errors: those of readModelFile and decodeOnnx, MODEL_INVALID, OP_UNSUPPORTED. */
export async function readOnnx(path: string, context: Context): Promise<Model> {
  const bytes = await readModelFile(path);
  const model = await decodeOnnx(bytes, path, { diagnose: context.diagnose });
  validate(model, { file: path });
  return model;
}

// Where an ONNX message came from, while it is decoded: for naming the place of a fault and finding external data.

import type { Diagnostic, Where } from '../../diagnostics.ts';
import { errors } from '../../errors.ts';
import type { ExternalFiles } from './external-data.ts';

export type Source = {
  /** As the user wrote it; the start of every message. */
  readonly path: string;
  readonly files: ExternalFiles;
  readonly diagnose: (diagnostic: Diagnostic) => void;
  /** Throws MODEL_DAMAGED. */
  damaged(problem: string, where?: Where): never;
};

export function source(
  path: string,
  files: ExternalFiles,
  diagnose: (diagnostic: Diagnostic) => void,
): Source {
  return {
    path,
    files,
    diagnose,
    damaged(problem, where) {
      throw errors.MODEL_DAMAGED(path, problem, { file: path, ...where });
    },
  };
}

// What one check of `mlctl doctor` says. A check is a file in checks/; adding one is adding a file.

import type { Context } from '../../context.ts';
import type { Diagnostic } from '../../diagnostics.ts';
import type { FileStart } from '../../encoding/file-signatures.ts';
import type { MlctlError } from '../../errors.ts';
import type { Description, Format, Probe, ReadOptions } from '../../formats/definition.ts';
import type { Model } from '../../graph/model.ts';

export type Check = {
  /** The file's name: what `--json` calls it. */
  readonly name: string;
} & (
  | {
      /**
       * identity: what it is; file: its bytes, before anything is understood; content: what it says about itself; graph: the model in memory.
       * Where the file, its content or its graph has a problem, later stages are not asked: they would only say it again.
       */
      readonly stage: 'identity' | 'file' | 'content' | 'graph';
      readonly run: (subject: Subject, context: Context) => Findings;
    }
  | {
      readonly stage: 'installation';
      readonly run: (installation: Installation, context: Context) => Findings;
    }
);

type Findings = Promise<readonly Finding[]> | readonly Finding[];

export type Finding = {
  readonly severity: 'ok' | 'warning' | 'problem';
  /** What was found, a plain sentence without a full stop. */
  readonly message: string;
  /** What to do about it. Every problem and warning has one. */
  readonly remediation?: string;
  /** Layers, nodes or files it is about. */
  readonly where?: readonly string[];
};

/** The model file that is looked at. What is expensive is made once, when a check asks for it. */
export type Subject = {
  /** As the user wrote it. */
  readonly shown: string;
  /** Absolute. */
  readonly path: string;
  readonly start: FileStart & Probe;
  /** undefined: its content is of no format mlctl reads. */
  readonly format: Format | undefined;
  readonly reading: ReadOptions;
  /** What the file says about itself. undefined: of no format. */
  readonly describe: () => Promise<Description | MlctlError | undefined>;
  /** The graph, with what its reader noticed. undefined: of no format. */
  readonly read: () => Promise<
    { readonly model: Model; readonly notes: readonly Diagnostic[] } | MlctlError | undefined
  >;
};

export type Installation = {
  /** `v20.20.0` */
  readonly nodeVersion: string;
  readonly config: string | undefined;
};

// Findings as data: what was noticed, how bad it is and where. Words for people are made in cli/render.

/** A place in something the user gave us. Only the fields that are known are set. */
export type Where = {
  readonly file?: string;
  /** 1-based, as editors count. */
  readonly line?: number;
  readonly column?: number;
  readonly layer?: string;
  readonly node?: string;
  /** Byte offset from the start of the file. */
  readonly offset?: number;
};

export type Severity = 'note' | 'warning' | 'error';

/** One finding. `message` is a plain sentence; `args` holds the values in it for programs. */
export type Diagnostic = {
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  readonly where?: Where;
  readonly args?: Readonly<Record<string, unknown>>;
  readonly hint?: string;
};

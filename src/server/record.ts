// One line of the prediction log: written by the server, read by monitor.
// The log is a folder of JSONL segments; each line is one JSON object and ends with a newline.

export type PredictionRecord = {
  /** When the request arrived, ISO 8601 with milliseconds, UTC. */
  readonly time: string;
  readonly id: string;
  readonly model: string;
  readonly version?: string;
  /** HTTP status. */
  readonly status: number;
  /** From the last byte of the request to the reply being handed to the socket. */
  readonly latencyMs: number;
  /** Rows in the request (its batch axis); 0 when it failed before that was known. */
  readonly rows: number;
  /** Row-major nested lists by input name; an input over the size limit is replaced by its Summary. */
  readonly inputs?: Readonly<Record<string, Logged>>;
  readonly outputs?: Readonly<Record<string, Logged>>;
  readonly error?: string;
};

export type Logged = Nested | Summary;
/** NaN and infinities are the strings "NaN", "Infinity", "-Infinity": JSON has no numbers for them. */
export type Nested = number | string | boolean | readonly Nested[];

/** Stands for an array too large to log in full. */
export type Summary = {
  readonly shape: readonly number[];
  readonly min: number | null;
  readonly max: number | null;
  readonly mean: number | null;
  readonly missing: number;
};

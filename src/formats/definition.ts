// What one model format says: how to recognise, describe, read and write it.

import type { Context } from '../context.ts';
import type { Model, ValueType } from '../graph/model.ts';
import type { Tensor } from '../graph/tensor.ts';

export type Format = {
  /** The word after `--to` and `--from`. */
  readonly name: string;
  /** For people: "Keras HDF5". */
  readonly title: string;
  readonly extensions: readonly string[];
  /** Decides by content; the extension only breaks ties. */
  readonly match: (probe: Probe) => boolean;
  /** What the file says about itself, without needing every layer to be supported. */
  readonly describe: (path: string, context: Context, options?: ReadOptions) => Promise<Description>;
  /** Reads the file into a graph. All unsupported operators are reported in one OP_UNSUPPORTED. */
  readonly read: (path: string, context: Context, options?: ReadOptions) => Promise<Model>;
  /** Its models may come in two files: `weights` of the options means something. */
  readonly takesWeights?: true;
  /** Its files may hold several models by name: `signature` of the options means something. */
  readonly takesSignature?: true;
  /** Its models may keep state from run to run: `stateAsIo` of the options means something. */
  readonly keepsState?: true;
  /** Names of the other files a model consists of, relative to its folder (external weights); none when absent. */
  readonly companions?: (path: string, context: Context) => Promise<readonly string[]>;
  /** Throws for a file that a runtime of others must not be handed as it is. Quick, and false alarms are worse than none. */
  readonly guard?: (path: string, context: Context) => Promise<void>;
  /** Of the inputs and outputs that store real numbers as integers, by the names that `read` gives them. */
  readonly quantization?: (path: string, options?: ReadOptions) => Promise<Readonly<Record<string, Scale>>>;
  /** Of inputs that take images, by the names that `read` gives them: what is subtracted from 0 … 255, and then divided by. */
  readonly normalization?: (
    path: string,
    options?: ReadOptions,
  ) => Promise<Readonly<Record<string, Normalization>>>;
  /** How its runtimes take smaller numbers, for `--dtype` (passes/quantize/definition.ts). */
  readonly numbers?: {
    readonly storesHalf?: boolean;
    readonly fusesBias?: boolean;
    readonly scalesProductsWhole?: boolean;
    /** Kernels compute on the whole numbers that a model holds, and round in their own way. */
    readonly computesOnCodes?: boolean;
  };
  /**
   * The same computation in a copy, where what `write` would say in several operators of whole numbers is said in those:
   * each is to have codes. Absent: `write` has an operator for whatever is computed on whole numbers.
   */
  readonly spellOut?: (model: Model) => Promise<Model>;
  /** Encodes the model as files; absent for formats that are only read. Writes nothing itself. */
  readonly write?: (model: Model, options: WriteOptions, context: Context) => Promise<readonly EncodedFile[]>;
  /** The operator sets `write` can be asked for, where files of the format follow one. */
  readonly opsets?: readonly [oldest: number, newest: number];
  /**
   * What `write` would refuse in this graph, all of it at once, without writing; the graph is as `write` would get it and
   * may be changed. What would be written otherwise than in the source is diagnosed. Absent: `write` is tried, in memory.
   */
  readonly preflight?: (model: Model, context: Context) => Promise<readonly Unsupported[]>;
};

/** One number, or one per channel. */
export type Normalization = { readonly mean: readonly number[]; readonly std: readonly number[] };

/** real = scale · (stored − zeroPoint) */
export type Scale = { readonly scale: number; readonly zeroPoint: number };

export type ReadOptions = {
  /** Absolute path of the weights, when the model's own file holds only its architecture. */
  readonly weights?: string;
  /** Name of the signature to read; the format's choice when absent. Errors: SIGNATURE_UNKNOWN. */
  readonly signature?: string;
  /** State that a run leaves for the next one becomes inputs and outputs. Errors: USAGE when there is none. */
  readonly stateAsIo?: boolean;
  /** Values, nodes or layers the caller goes on with: what they do not need may be left out, such as what is unsupported. */
  readonly outputs?: readonly string[];
  /** Told how much of the weights has been read, for progress. */
  readonly onBytes?: (done: number, total: number) => void;
};

/** The first bytes of a file, for `match`. */
export type Probe = {
  readonly path: string;
  readonly isFolder: boolean;
  readonly bytes: number;
  /** At most the first 64 KiB. */
  readonly head: Uint8Array;
  /** Lower case with the dot: `.h5`. */
  readonly extension: string;
};

export type WriteOptions = {
  /** File name of the artifact, for names of companion files. */
  readonly fileName: string;
  /** One of `opsets` of the format; the writer's choice when absent. */
  readonly opset?: number;
  /** Runs a graph without inputs: a writer folds with it the constants its own rewriting leaves. Absent: they stay nodes. */
  readonly evaluate?: (model: Model) => Promise<ReadonlyMap<string, Tensor>>;
};

/** One file of an artifact; the first one is the artifact's own path, the others sit beside it. */
export type EncodedFile = {
  /** Relative to the artifact's folder. */
  readonly name: string;
  readonly chunks: readonly Uint8Array[];
  /** What the artifact holds, beside its first file, where the writer says so. */
  readonly holds?: Holding;
};

export type Holding = {
  /** As `describe` would say it of the file. */
  readonly formatVersion: string;
  /** With those of graphs inside others. */
  readonly operators: number;
  /** Of them, those that only turn axes; absent: as many as in the graph. */
  readonly transposes?: { readonly inside: number; readonly atBoundary: number };
};

export type Description = {
  readonly format: string;
  /** Of the file format: `Keras 2.4.0`, `opset 13, IR 7`. */
  readonly formatVersion: string;
  readonly producer: string;
  readonly inputs: readonly ValueDescription[];
  readonly outputs: readonly ValueDescription[];
  /** Count per operator or layer type, as the file spells it. */
  readonly operators: Readonly<Record<string, number>>;
  readonly parameters: number;
  /** What cannot be converted, all of it at once. */
  readonly unsupported: readonly Unsupported[];
  /** Further facts worth a line: opsets, optimizer state, metadata. */
  readonly facts: Readonly<Record<string, string>>;
};

export type ValueDescription = {
  readonly name: string;
  /** A dtype, or `sequence(float32)` and the like. */
  readonly dtype: string;
  /** Symbolic axes are strings, unknown ones null. */
  readonly shape: readonly (number | string | null)[];
};

export type Unsupported = {
  readonly opType: string;
  readonly reason: string;
  /** Layer paths or node names. */
  readonly where: readonly string[];
  /** The way out. */
  readonly hint?: string;
};

export function describeValue(name: string, type: ValueType | undefined): ValueDescription {
  if (type?.kind === 'tensor') return { name, dtype: type.dtype, shape: type.shape ?? [] };
  return { name, dtype: type === undefined ? 'unknown' : spell(type), shape: [] };
}

function spell(type: ValueType): string {
  if (type.kind === 'tensor') return type.dtype;
  if (type.kind === 'map') return `map(${type.key}, ${spell(type.element)})`;
  return `${type.kind}(${spell(type.element)})`;
}

// What one choice of `--dtype` says: how a float32 graph becomes one of smaller numbers.

import type { Model } from '../../graph/model.ts';
import type { Range } from './calibration/definition.ts';

export type Precision = {
  /** The word after `--dtype`. */
  readonly name: string;
  readonly summary: string;
  /**
   * What the rewrite has to know about the values of the graph. `seeded`: ranges seen on made-up inputs will do;
   * `calibrated`: only those seen on real data mean anything.
   */
  readonly ranges: 'none' | 'seeded' | 'calibrated';
  /** Largest difference from the float32 model that is accepted, relative to the scale of an output. */
  readonly tolerance: number;
  /** Smallest cosine between the outputs of both that is accepted. */
  readonly leastCosine?: number;
  /** Nodes whose rounding takes the outputs out of tolerance go back to float32. */
  readonly isRepaired: boolean;
  /** Weights become codes: what a format says in several operators is said in those first. */
  readonly holdsCodes?: true;
  /** What inputs and outputs may be besides float32; none when absent. */
  readonly ioDtypes?: readonly IoDtype[];
  /** Changes the model in place and leaves it valid. */
  readonly rewrite: (model: Model, settings: PrecisionSettings) => PrecisionReport;
};

export type PrecisionSettings = {
  /** Nodes that stay in float32, by name, each with why. */
  readonly keep: ReadonlyMap<string, Kept>;
  /** By value name. */
  readonly ranges: ReadonlyMap<string, Range>;
  readonly target?: TargetNumbers;
  /** What inputs and outputs of the graph that hold real numbers become; float32 when absent. */
  readonly ioDtype?: IoDtype;
};

export type IoDtype = 'int8' | 'uint8' | 'int16';

/** How the runtimes of a format take smaller numbers; each fact is false unless stated. */
export type TargetNumbers = {
  /** Weights of half precision are read as float32: kernels compute in float32 only. */
  readonly storesHalf?: boolean;
  /** A product takes its bias with it, as whole numbers of 32 bits, even where the graph adds it afterwards. */
  readonly fusesBias?: boolean;
  /** Weights of MatMul and Gemm have one scale, not one per output: kernels and files are made for that. */
  readonly scalesProductsWhole?: boolean;
};

export type PrecisionReport = {
  /** Names of the nodes that compute in the smaller type, in graph order. */
  readonly changed: readonly string[];
  /** The same nodes, those together that are computed as one; each by itself when absent. */
  readonly units?: readonly (readonly string[])[];
  /** Nodes left in float32, in graph order. */
  readonly kept: readonly Kept[];
};

/** A node that stays in float32 and why. */
export type Kept = {
  readonly node: string;
  readonly opType: string;
  readonly reason: KeepReason;
  /** The number that decided, such as the largest magnitude seen. */
  readonly value: number | null;
};

/**
 * `range`: a value beyond what the type holds; `weight`: a constant that it cannot hold; `error`: its share of the
 * difference at the outputs; `asked`: by the user; `operator`: the operator has no such version.
 */
export type KeepReason = 'range' | 'weight' | 'error' | 'asked' | 'operator';

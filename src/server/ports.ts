// The inputs and outputs of a served model, as requests see them.

import { errors } from '../errors.ts';
import type { Shape } from '../graph/model.ts';
import type { TensorInfo } from '../runtimes/session.ts';
import { type Datatype, datatypeOf } from './datatypes.ts';

export type Port = {
  readonly name: string;
  readonly dtype: TensorInfo['dtype'];
  readonly datatype: Datatype;
  /** The datatype that the model stores real numbers as, where it does. */
  readonly stored?: string;
  /** undefined: the model does not even say the rank. */
  readonly shape: Shape | undefined;
  /** The shape in V2's words: -1 where an axis is variable. */
  readonly dims: readonly number[];
  /** Elements of one row (everything behind the first axis) when all those axes are fixed. */
  readonly rowSize: number | undefined;
};

/** Errors: MODEL_INVALID for element types V2 has no word for. */
export function portOf({ name, dtype, shape, quantization }: TensorInfo): Port {
  const datatype = datatypeOf(dtype);
  if (!datatype) throw errors.MODEL_INVALID(`${name} is ${dtype}, which the inference protocol cannot carry`);
  const stored = quantization?.stored && datatypeOf(quantization.stored);
  const dims = shape?.map((dim) => (isFixed(dim) ? dim : -1)) ?? [-1];
  const rest = dims.slice(1);
  const hasRows = shape !== undefined && shape.length > 0 && rest.every((dim) => dim > 0);
  return {
    name,
    dtype,
    datatype,
    ...(stored === undefined ? {} : { stored: stored.name }),
    shape,
    dims,
    rowSize: hasRows ? rest.reduce((product, dim) => product * dim, 1) : undefined,
  };
}

export function isFixed(dim: number | string | null | undefined): dim is number {
  return typeof dim === 'number' && dim >= 0;
}

/** `FP32 [-1,4]` */
export function describePort({ datatype, dims, shape }: Port): string {
  return `${datatype.name} ${shape === undefined ? '(any shape)' : shapeText(dims)}`;
}

export function shapeText(dims: readonly unknown[]): string {
  return `[${dims.join(',')}]`;
}

/**
 * Whether requests may share a run: every input and output has a first axis the model leaves open, the same one for
 * all inputs. Whether rows are really independent is for measure.ts to find out.
 */
export function hasBatchAxis(inputs: readonly Port[], outputs: readonly Port[]): boolean {
  const first = inputs[0]?.shape?.[0];
  const isOpen = ({ shape }: Port) => shape !== undefined && shape.length > 0 && !isFixed(shape[0]);
  return (
    inputs.length > 0 &&
    inputs.every((port) => isOpen(port) && port.shape?.[0] === first) &&
    outputs.every(isOpen)
  );
}

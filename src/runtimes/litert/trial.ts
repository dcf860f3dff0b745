// LiteRT hands out the memory of an output unwritten, without a word, when the output's size was found out during the
// run; only the run after it fails. Where that can happen, the model is run before anybody relies on it.

import type { Interface } from '../../formats/tflite/interface.ts';
import type { Operator, Subgraph, TfliteFile } from '../../formats/tflite/records.ts';
import { byteLength, type DType } from '../../graph/dtype.ts';
import { elementCount, tensorFromBytes } from '../../graph/tensor.ts';
import type { Session } from '../session.ts';

/** Whether the size of some tensor may depend on values that are not constants, in a model without state. */
export function needsTrial({ subgraphs }: TfliteFile, { subgraph }: Interface): boolean {
  if (subgraph.tensors.some(({ type }) => type === 'resource')) return false;
  return subgraphs.some((each) =>
    each.operators.some(
      (operator) => sizes[operator.opcode]?.length === 0 || sizeInputs(operator, each).length > 0,
    ),
  );
}

/** The tensors that tell an operator the size of what it makes and are not constants. */
export function sizeInputs({ opcode, inputs }: Operator, { tensors }: Subgraph): number[] {
  return (sizes[opcode] ?? []).flatMap((place) => {
    const index = inputs[place] ?? -1;
    return index >= 0 && tensors[index]?.data === undefined ? [index] : [];
  });
}

/** Runs on zeros of these dims, twice. Errors: those of the run. */
export async function tryOut(session: Session, dims: readonly (readonly number[])[]): Promise<void> {
  const feeds = Object.fromEntries(
    session.inputs.map(({ name, dtype }, place) => {
      const own = dims[place] ?? [];
      return [name, tensorFromBytes(dtype, own, zeros(dtype, own))];
    }),
  );
  await session.run(feeds);
  await session.run(feeds);
}

function zeros(dtype: DType, dims: readonly number[]): Uint8Array {
  return new Uint8Array(byteLength(dtype, elementCount(dims)));
}

/** Inputs that set the size of an output; none listed: its size always depends on values. */
const sizes: Readonly<Record<string, readonly number[]>> = {
  RESHAPE: [1],
  BROADCAST_TO: [1],
  BROADCAST_ARGS: [0, 1],
  FILL: [0],
  TILE: [1],
  RANGE: [0, 1, 2],
  SLICE: [1, 2],
  STRIDED_SLICE: [1, 2, 3],
  PAD: [1],
  PADV2: [1],
  MIRROR_PAD: [1],
  TRANSPOSE: [1],
  TRANSPOSE_CONV: [0],
  CONV_3D_TRANSPOSE: [0],
  EXPAND_DIMS: [1],
  RESIZE_BILINEAR: [1],
  RESIZE_NEAREST_NEIGHBOR: [1],
  ONE_HOT: [1],
  TOPK_V2: [1],
  SPLIT: [0],
  SPLIT_V: [1, 2],
  SPARSE_TO_DENSE: [1],
  SCATTER_ND: [2],
  BATCH_TO_SPACE_ND: [1, 2],
  SPACE_TO_BATCH_ND: [1, 2],
  MEAN: [1],
  SUM: [1],
  REDUCE_MAX: [1],
  REDUCE_MIN: [1],
  REDUCE_PROD: [1],
  REDUCE_ANY: [1],
  REDUCE_ALL: [1],
  ARG_MAX: [1],
  ARG_MIN: [1],
  RFFT2D: [1],
  RANDOM_STANDARD_NORMAL: [0],
  RANDOM_UNIFORM: [0],
  MULTINOMIAL: [1],
  UNSORTED_SEGMENT_SUM: [2],
  UNSORTED_SEGMENT_PROD: [2],
  UNSORTED_SEGMENT_MAX: [2],
  UNSORTED_SEGMENT_MIN: [2],
  SEGMENT_SUM: [],
  WHERE: [],
  UNIQUE: [],
  NON_MAX_SUPPRESSION_V4: [],
  NON_MAX_SUPPRESSION_V5: [],
  IF: [],
  WHILE: [],
};

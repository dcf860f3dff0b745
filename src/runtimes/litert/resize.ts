// The same model for another number of rows. LiteRT cannot resize a loaded model: the file is rewritten instead.

import { encodeTfliteBytes } from '../../formats/tflite/encode.ts';
import type { Interface, Port } from '../../formats/tflite/interface.ts';
import type { TfliteFile } from '../../formats/tflite/records.ts';
import { byteLength, dtypes } from '../../graph/dtype.ts';
import { elementCount } from '../../graph/tensor.ts';
import type { OutputShapes, Sized } from './output-shapes.ts';

/**
 * Whether the first axis of every input and output may hold rows: its length is open, or 1. Of some inputs open and of
 * others 1, it does not mean the same in all of them.
 */
export function mayHaveRows({ inputs, outputs }: Interface): boolean {
  const ports = [...inputs, ...outputs];
  const open = inputs.filter(hasOpenRows);
  return (
    inputs.length > 0 &&
    (open.length === 0 || open.length === inputs.length) &&
    ports.every(({ tensor }) => tensor.shape?.[0] === 1 && (tensor.shapeSignature?.[0] ?? 1) <= 1)
  );
}

export function hasOpenRows({ tensor }: Port): boolean {
  return tensor.shapeSignature?.[0] === -1;
}

/** Axes whose length the file leaves open. */
export function openAxes({ tensor }: Port): number[] {
  return (tensor.shapeSignature ?? []).flatMap((dim, axis) => (dim < 0 ? [axis] : []));
}

/** What sizes of batch are worth compiling, largest first; only 1 where resizing could be wrong or too large. */
export function batchSizes(file: TfliteFile, { subgraph }: Interface, fileBytes: number): readonly number[] {
  // What a run leaves for the next one depends on the rows before.
  const isStateful = subgraph.tensors.some(({ type }) => type === 'resource' || type === 'variant');
  if (isStateful || file.subgraphs.length > 1) return [1];
  const perRow = activationBytes(subgraph);
  return sizes.filter(
    (size) => size === 1 || (size * perRow <= MOST_ACTIVATION_BYTES && fileBytes <= MOST_FILE_BYTES),
  );
}

/** Of all values of a run, for the shapes that the file states: one row, where rows are open. */
export function activationBytes({ tensors }: Interface['subgraph']): number {
  let sum = 0;
  for (const { data, shape, type } of tensors) {
    if (data === undefined && type in dtypes)
      sum += byteLength(type as keyof typeof dtypes, elementCount(shape ?? []));
  }
  return sum;
}

const sizes = [256, 64, 16, 4, 1];
// Small networks run 100 times faster in batches, convolutions no faster (measured, CPU time): no need for much memory.
const MOST_ACTIVATION_BYTES = 4 * 2 ** 20;
// Each size has a copy of the weights.
const MOST_FILE_BYTES = 48 * 2 ** 20;

/** The file with `rows` in place of the first axis of the inputs and outputs. */
export function withRows(
  file: TfliteFile,
  { subgraph, inputs, outputs }: Interface,
  rows: number,
): Uint8Array {
  const resized = new Set([...inputs, ...outputs].map(({ index }) => index));
  const tensors = subgraph.tensors.map((tensor, index) => {
    if (!resized.has(index)) return tensor;
    const shape = [rows, ...(tensor.shape ?? []).slice(1)];
    const signature = tensor.shapeSignature?.slice(1) ?? [];
    // An output whose other axes are open must stay so: LiteRT makes room for what the shape says.
    const shapeSignature = signature.includes(-1) ? [rows, ...signature] : undefined;
    return { ...tensor, shape, shapeSignature };
  });
  const subgraphs = file.subgraphs.map((each) => (each === subgraph ? { ...each, tensors } : each));
  return encodeTfliteBytes({ ...file, subgraphs });
}

/** The file with these dims of its inputs, each of which stands for what the file leaves open. */
export function withDims({ file, ports }: Sized, dims: readonly (readonly number[])[]): Sized {
  return reshaped({ file, ports }, ports.inputs, dims);
}

/** The file with these shapes of its outputs; where a length is not known, it is left open. */
export function withOutputs({ file, ports }: Sized, shapes: OutputShapes): Sized {
  const dims = ports.outputs.map(({ tensor }, place) => {
    const shape = shapes[place];
    if (shape === undefined || shape.length !== tensor.shape?.length) return undefined;
    // Rows are a symbol, one in the file.
    const known = shape.map((dim, axis) => (axis === 0 && typeof dim === 'string' ? 1 : dim));
    return known.every((dim) => typeof dim === 'number') ? (known as number[]) : undefined;
  });
  return reshaped({ file, ports }, ports.outputs, dims);
}

function reshaped(
  { file, ports }: Sized,
  changed: readonly Port[],
  dims: readonly (readonly number[] | undefined)[],
): Sized {
  const { subgraph, signature, inputs, outputs } = ports;
  const byIndex = new Map(changed.map(({ index }, place) => [index, dims[place]]));
  const tensors = subgraph.tensors.map((tensor, index) => {
    const shape = byIndex.get(index);
    if (shape === undefined) return tensor;
    // Rows stay open.
    const isOpen = tensor.shapeSignature?.[0] === -1 && shape[0] === 1;
    return { ...tensor, shape, shapeSignature: isOpen ? [-1, ...shape.slice(1)] : undefined };
  });
  const resized = { ...subgraph, tensors };
  const subgraphs = file.subgraphs.map((each) => (each === subgraph ? resized : each));
  const port = (each: Port): Port => ({ ...each, tensor: tensors[each.index] ?? each.tensor });
  return {
    file: { ...file, subgraphs },
    ports: { subgraph: resized, signature, inputs: inputs.map(port), outputs: outputs.map(port) },
  };
}

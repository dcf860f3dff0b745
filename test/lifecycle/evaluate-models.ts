// Tiny ONNX models whose output is known from their input: most of them hand their input through, so that a data
// file can hold the scores themselves.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeOnnxBytes } from '../../src/formats/onnx/encode.ts';
import { int } from '../../src/graph/attribute.ts';
import { GraphBuilder } from '../../src/graph/builder.ts';
import type { DType } from '../../src/graph/dtype.ts';
import type { Shape } from '../../src/graph/model.ts';

export type Port = { readonly name: string; readonly dtype?: DType; readonly shape: Shape };

type Build = (builder: GraphBuilder, inputs: readonly string[]) => void;

/** Writes a model and returns its path. */
export async function writeModel(
  folder: string,
  name: string,
  inputs: readonly Port[],
  build: Build,
): Promise<string> {
  const builder = new GraphBuilder(name);
  build(
    builder,
    inputs.map((port) => builder.input(port.name, port.dtype ?? 'float32', port.shape)),
  );
  const path = join(folder, `${name}.onnx`);
  writeFileSync(path, await encodeOnnxBytes(builder.model({ name: 'test', version: '1' })));
  return path;
}

/** y = x. */
export function through(folder: string, shape: Shape, name = `through-${shape.join('-')}`): Promise<string> {
  return writeModel(folder, name, [{ name: 'x', shape }], (builder, [x = '']) => {
    builder.output('y', x, 'float32', shape);
  });
}

/** The index of the highest of k numbers: a model that gives classes without scores. */
export function argmax(folder: string, k: number): Promise<string> {
  return writeModel(folder, 'argmax', [{ name: 'x', shape: ['batch', k] }], (builder, [x = '']) => {
    const index = builder.add('ArgMax', [x], { attributes: { axis: int(1), keepdims: int(0) } });
    builder.output('class', index, 'int64', ['batch']);
  });
}

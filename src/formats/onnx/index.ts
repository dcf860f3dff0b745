// ONNX files: recognised by their first fields; everything heavier loads when it is needed.
// https://github.com/onnx/onnx/blob/main/docs/IR.md

import type { Format } from '../definition.ts';
import { looksLikeOnnx } from './match.ts';

const format = {
  name: 'onnx',
  title: 'ONNX',
  extensions: ['.onnx'],
  match: looksLikeOnnx,
  async describe(path, context) {
    const { describeOnnx } = await import('./describe.ts');
    return describeOnnx(path, context);
  },
  async read(path, context, options = {}) {
    const { readOnnx } = await import('./read.ts');
    return readOnnx(path, context, options);
  },
  async companions(path, context) {
    const { companions } = await import('./companions.ts');
    return companions(path, context);
  },
  async guard(path, context) {
    const { guard } = await import('./guard.ts');
    return guard(path, context);
  },
  async preflight(model, context) {
    const { preflightOnnx } = await import('./preflight.ts');
    return preflightOnnx(model, context);
  },
  opsets: [9, 26],
  async write(model, options) {
    const { encodeOnnx } = await import('./encode.ts');
    const externalName = `${options.fileName}.data`;
    const { opset = 'lowest' } = options;
    const { chunks, external, holds } = await encodeOnnx(model, { externalName, opset });
    const file = { name: options.fileName, chunks, holds };
    return external === undefined ? [file] : [file, { name: externalName, chunks: external }];
  },
} satisfies Format;

export default format;

// TFLite files to records, and what is wrong with a file said with its place.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { quietContext } from '../../../src/context.ts';
import { MlctlError } from '../../../src/errors.ts';
import { decodeTflite } from '../../../src/formats/tflite/decode.ts';
import { encodeTfliteBytes } from '../../../src/formats/tflite/encode.ts';
import format from '../../../src/formats/tflite/index.ts';
import { interfaceOf } from '../../../src/formats/tflite/interface.ts';
import type { Subgraph, TfliteFile } from '../../../src/formats/tflite/records.ts';
import { corpusFolder } from './corpus.ts';

const fixture = (name: string) =>
  new URL(`../../../fixtures/formats/tflite/${name}.tflite`, import.meta.url).pathname;
const probe = (head: Uint8Array, extension = '') => ({
  path: 'x',
  isFolder: false,
  bytes: head.length,
  head,
  extension,
});

function changed(change: (subgraph: Subgraph) => Partial<Subgraph>): () => TfliteFile {
  const file = decodeTflite(readFileSync(fixture('mlp')), 'mlp');
  const [subgraph] = file.subgraphs as [Subgraph];
  const bytes = encodeTfliteBytes({ ...file, subgraphs: [{ ...subgraph, ...change(subgraph) }] });
  return () => decodeTflite(bytes, 'changed.tflite');
}

describe('a TFLite file', () => {
  it('is recognised by its identifier alone', () => {
    const head = readFileSync(fixture('mlp'));
    expect(format.match(probe(head))).toBe(true);
    expect(format.match(probe(head.subarray(4), '.tflite'))).toBe(false);
    expect(format.match(probe(new Uint8Array(), '.tflite'))).toBe(false);
  });

  it('is read with the defaults of its options and the shapes of its signature', () => {
    const { subgraphs, signatures } = decodeTflite(readFileSync(fixture('mlp')), 'mlp');
    expect(subgraphs[0]?.operators[0]).toEqual({
      opcode: 'FULLY_CONNECTED',
      version: 1,
      inputs: [0, 1, 2],
      outputs: [3],
      options: {
        fusedActivationFunction: 'RELU',
        weightsFormat: 'DEFAULT',
        keepNumDims: false,
        asymmetricQuantizeInputs: false,
        quantizedBiasType: 'FLOAT32',
      },
    });
    expect(subgraphs[0]?.tensors[0]).toEqual({
      name: 'x',
      type: 'float32',
      shape: [1, 4],
      shapeSignature: [-1, 4],
    });
    expect(signatures[0]?.inputs).toEqual([{ name: 'features', tensor: 0 }]);
  });

  it('says what it holds', async () => {
    const description = await format.describe(fixture('mlp-int8'), quietContext());
    expect(description).toMatchObject({
      format: 'tflite',
      inputs: [{ name: 'x', dtype: 'int8', shape: [null, 4] }],
      operators: { FULLY_CONNECTED: 2, SOFTMAX: 1 },
      parameters: 43,
      facts: { 'quantization of x': 'scale 0.01574803, zero point 0', 'oldest runtime': '1.14.0' },
    });
  });

  it('calls inputs and outputs by the names of the signature, otherwise of the tensors', () => {
    const names = (name: string) => {
      const ports = interfaceOf(decodeTflite(readFileSync(fixture(name)), name));
      return [...(ports?.inputs ?? []), ...(ports?.outputs ?? [])].map((port) => port.name);
    };
    expect(names('mlp')).toEqual(['features', 'scores']);
    expect(names('fixed')).toEqual(['x', 'y']);
    expect(interfaceOf(decodeTflite(readFileSync(fixture('mlp')), 'mlp'), 'train')).toBeUndefined();
  });
});

describe('a damaged file', () => {
  it.each([
    [
      'an input past the tensors',
      () => ({ inputs: [99] }),
      /an input of subgraph 0 is tensor 99, and there are 8/,
    ],
    ['a negative output', () => ({ outputs: [-1] }), /an output of subgraph 0 is tensor -1/],
    [
      'an operator on a tensor that is not there',
      ({ operators }: Subgraph) => ({ operators: operators.map((each) => ({ ...each, inputs: [-2] })) }),
      /an input of operator 0 \(FULLY_CONNECTED\) of subgraph 0 is tensor -2/,
    ],
    [
      'a shape below zero',
      ({ tensors }: Subgraph) => ({ tensors: tensors.map((each) => ({ ...each, shape: [-4] })) }),
      /tensor 0 of subgraph 0 \(x\) has shape \[-4\]/,
    ],
  ])('%s', (_, change, message) => {
    const decode = changed(change);
    expect(decode).toThrow(MlctlError);
    expect(decode).toThrow(message);
  });

  it('of another version', () => {
    const bytes = new Uint8Array(readFileSync(fixture('mlp')));
    const view = new DataView(bytes.buffer);
    const root = view.getUint32(0, true);
    const field = view.getUint16(root - view.getInt32(root, true) + 4, true);
    view.setUint32(root + field, 2, true);
    expect(() => decodeTflite(bytes, 'old.tflite')).toThrow(/its schema has version 2/);
  });

  it('is never another error, whatever byte is changed', () => {
    const bytes = new Uint8Array(readFileSync(fixture('mlp')));
    for (let at = 0; at < bytes.length; at++) {
      for (const value of [0, 255, 128]) {
        const damaged = bytes.slice();
        damaged[at] = value;
        try {
          decodeTflite(damaged, 'damaged.tflite');
        } catch (error) {
          expect(error).toMatchObject({ code: 'MODEL_DAMAGED' });
        }
      }
    }
  });
});

describe.skipIf(corpusFolder === undefined)('metadata', () => {
  it('are told: files zipped behind the model, who made it, how its input is scaled', async () => {
    const path = `${corpusFolder}/tflite/tflite-support/mobilenet_v1_0.25_224_quant.tflite`;
    expect((await format.describe(path, quietContext())).facts).toMatchObject({
      author: 'TensorFlow',
      'files in it': 'labels.txt (1001 lines)',
      'normalization of image': 'mean 127.5, std 127.5',
    });
  });
});

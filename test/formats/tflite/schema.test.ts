// Our table of fields against flatc. With MLCTL_TFLITE_SCHEMA=<path of the public schema.fbs> also against that schema;
// with MLCTL_CORPUS on every file of the corpus.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { quietContext } from '../../../src/context.ts';
import { decodeTflite } from '../../../src/formats/tflite/decode.ts';
import { encodeTfliteBytes } from '../../../src/formats/tflite/encode.ts';
import { identifier, model } from '../../../src/formats/tflite/schema.ts';
import { operatorNames } from '../../../src/formats/tflite/schema-operators.ts';
import { convert } from '../../../src/lifecycle/convert.ts';
import { corpusFiles, corpusFolder } from './corpus.ts';
import { everyOperator } from './every-operator.ts';
import { type Flatc, openFlatc } from './flatc.ts';
import { schemaText } from './schema-text.ts';

const ours = schemaText(model, 'Model', identifier);
const publicPath = process.env.MLCTL_TFLITE_SCHEMA;
const theirs = publicPath === undefined ? '' : readFileSync(publicPath, 'utf8');

let flatc: Flatc;
beforeAll(async () => {
  flatc = await openFlatc();
});

describe('our schema', () => {
  const bytes = encodeTfliteBytes(everyOperator);

  it('is what we read', () => {
    const written = flatc.fromJson(ours, flatc.toJson(ours, bytes));
    expect(decodeTflite(written, 'flatc')).toEqual(everyOperator);
  });

  it('gives the fields their names', () => {
    const json = flatc.toJson(ours, bytes) as { subgraphs: { operators: Record<string, unknown>[] }[] };
    const conv = json.subgraphs[0]?.operators[operatorNames.indexOf('CONV_2D')];
    expect(conv?.builtinOptions).toMatchObject({
      padding: 'VALID',
      strideW: 3,
      strideH: 4,
      dilationWFactor: 6,
    });
  });

  it.skipIf(publicPath === undefined)('is the public one (skipped without MLCTL_TFLITE_SCHEMA)', () => {
    expect(normalized(flatc.toJson(theirs, bytes))).toEqual(normalized(flatc.toJson(ours, bytes)));
    const written = flatc.fromJson(theirs, flatc.toJson(theirs, bytes));
    expect(decodeTflite(written, 'flatc')).toEqual(everyOperator);
  });
});

const schemas = publicPath === undefined ? ['ours'] : ['ours', 'theirs'];

describe('files we write', () => {
  const demo = resolve('fixtures/demo');
  const typical = {
    iris: { calibration: join(demo, 'train.csv') },
    digits: { calibration: join(demo, 'digits-test-images.idx3-ubyte'), scale: 1 / 255 },
    energy: {
      calibration: join(demo, 'energy-train.csv'),
      features: ['temperature,humidity,wind_speed,hour,is_weekend'],
    },
  };
  const names = ['iris', 'digits', 'energy'] as const;
  const dtypes = ['float32', 'float16', 'int8', 'int16x8', 'dynamic-int8'];
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'schema-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(names.flatMap((name) => dtypes.map((dtype) => ({ name, dtype }))))(
    '$name in $dtype',
    async ({ name, dtype }) => {
      const output = join(folder, `${name}-${dtype}.tflite`);
      const needsData = dtype === 'int8' || dtype === 'int16x8';
      const options = { model: join(demo, `${name}.h5`), to: ['tflite'], output, dtype };
      const { result } = await convert(
        needsData ? { ...options, ...typical[name] } : options,
        quietContext(),
      );
      expect(result.artifacts.map(({ state }) => state)).toEqual(['written']);
      const bytes = new Uint8Array(readFileSync(output));
      const [first, ...others] = schemas.map((which) => {
        // flatc prints floats with six decimals, which rounds scales; their 32 bits as a whole number stay as they are.
        const text = (which === 'ours' ? ours : theirs).replace(/\bfloat\b/g, 'uint');
        const json = flatc.toJson(text, bytes);
        expect(decodeTflite(flatc.fromJson(text, json), 'flatc')).toEqual(decodeTflite(bytes, output));
        return normalized(json);
      });
      for (const other of others) expect(other).toEqual(first);
    },
  );
});

describe.skipIf(corpusFolder === undefined)('files of the corpus, as read and as written again', () => {
  it.each(corpusFiles())('%s', (name) => {
    const original = new Uint8Array(readFileSync(`${corpusFolder}/${name}`));
    const written = encodeTfliteBytes(decodeTflite(original, name));
    for (const file of [original, written]) {
      // Printing numbers takes flatc most of its time, and weights say nothing about the schema.
      if (file.length > (publicPath === undefined ? 60_000 : 400_000)) continue;
      const [first, ...others] = schemas.map((which) =>
        normalized(flatc.toJson(which === 'ours' ? ours : theirs, file)),
      );
      for (const other of others) expect(other).toEqual(first);
    }
  });
});

/** Either schema's JSON under our names. */
function normalized(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(normalized);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      const name = key.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
      // What we keep as numbers.
      if (name === 'builtinCode' && typeof inner === 'string') return [name, operatorNames.indexOf(inner)];
      if (name === 'precisionConfig' && Array.isArray(inner)) return [name, inner.map(precision)];
      return [name, normalized(inner)];
    }),
  );
}

function precision(value: unknown): unknown {
  return typeof value === 'string' ? ['DEFAULT', 'HIGH', 'HIGHEST'].indexOf(value) : value;
}

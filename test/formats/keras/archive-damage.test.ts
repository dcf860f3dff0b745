// Archives broken by accident or on purpose: refused in words, with nothing left behind and little memory taken.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeKerasArchive } from '../../../fixtures/formats/keras/archive.ts';
import { numbers } from '../../../fixtures/formats/keras/make.ts';
import { quietContext } from '../../../src/context.ts';
import { MlctlError } from '../../../src/errors.ts';
import keras from '../../../src/formats/keras/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'mlctl-archive-'));
const path = join(folder, 'model.keras');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let whole = Buffer.alloc(0);
let packed = Buffer.alloc(0);
beforeAll(async () => {
  const fixture = {
    config: {
      class_name: 'Sequential',
      config: {
        name: 's',
        layers: [
          { class_name: 'InputLayer', config: { batch_shape: [null, 3], name: 'x' } },
          { class_name: 'Dense', config: { name: 'd', units: 2 } },
        ],
      },
    },
    objects: {
      'layers/dense': [
        { dims: [3, 2], data: numbers(6) },
        { dims: [2], data: numbers(2) },
      ],
    },
    // A name that leaves the folder it is unpacked in.
    more: { '../../escaped': Uint8Array.of(1), '/absolute': Uint8Array.of(2) },
  };
  await writeKerasArchive(path, fixture);
  whole = readFileSync(path);
  await writeKerasArchive(path, { ...fixture, level: 6 });
  packed = readFileSync(path);
});

/** The code and message the bytes are refused with; `read` when they are not. */
async function outcome(bytes: Uint8Array): Promise<readonly [code: string, message: string]> {
  writeFileSync(path, bytes);
  try {
    await keras.describe(path, quietContext());
    await keras.read(path, quietContext());
    return ['read', ''];
  } catch (error) {
    if (!(error instanceof MlctlError)) throw error;
    return [error.code, error.message.replaceAll(path, 'FILE')];
  } finally {
    expect(readdirSync(folder)).toEqual(['model.keras']);
  }
}

/** Changes a field of the directory's entry for `name`. */
function patched(bytes: Buffer, name: string, change: (bytes: Buffer, entry: number) => void): Buffer {
  const copy = Buffer.from(bytes);
  const entry = copy.lastIndexOf(name) - 46;
  change(copy, entry);
  return copy;
}

describe('a damaged archive', () => {
  it('is read as long as nothing is wrong, names that leave the folder included', async () => {
    expect(await outcome(whole)).toEqual(['read', '']);
    expect(await outcome(packed)).toEqual(['read', '']);
  });

  it('cut off anywhere', async () => {
    for (const bytes of [whole, packed]) {
      for (let length = 0; length < bytes.length; length += 97) {
        const [code] = await outcome(bytes.subarray(0, length));
        expect([length, code]).toEqual([length, expect.stringMatching(/^(MODEL_DAMAGED|FORMAT_UNKNOWN)$/)]);
      }
    }
  });

  it('with bits flipped anywhere', async () => {
    const seen: Record<string, number> = {};
    let state = 20240808;
    const next = (below: number) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    for (let round = 0; round < 400; round++) {
      const bytes = Buffer.from(round % 2 === 0 ? whole : packed);
      const count = 1 + next(3);
      for (let flip = 0; flip < count; flip++) {
        // Half of them where the archive describes itself.
        const at = next(2) === 0 ? next(bytes.length) : bytes.length - 1 - next(500);
        bytes[at] = (bytes[at] ?? 0) ^ (1 << next(8));
      }
      const [code] = await outcome(bytes);
      seen[code] = (seen[code] ?? 0) + 1;
    }
    const known = ['read', 'MODEL_DAMAGED', 'ARCHIVE_UNSUPPORTED', 'FORMAT_UNKNOWN', 'OP_UNSUPPORTED'];
    expect(Object.keys(seen).filter((code) => !known.includes(code))).toEqual([]);
    expect(seen.MODEL_DAMAGED).toBeGreaterThan(100);
  }, 60_000);

  it('whose weights changed without their checksum', async () => {
    const bytes = Buffer.from(whole);
    const at = bytes.indexOf(Buffer.from(numbers(6).buffer));
    expect(at).toBeGreaterThan(0);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    expect(await outcome(bytes)).toEqual([
      'MODEL_DAMAGED',
      'FILE is damaged: the checksum of model.weights.h5 is not the one in the zip file',
    ]);
  });

  it('without one of its parts', async () => {
    const config = Buffer.from('{"class_name":"Sequential","config":{"name":"s","layers":[]}}');
    expect(await outcome(zipSync({ 'metadata.json': config }))).toEqual([
      'MODEL_DAMAGED',
      'FILE is damaged: it has no config.json',
    ]);
    expect(await outcome(zipSync({ 'config.json': config }))).toEqual([
      'MODEL_DAMAGED',
      'FILE is damaged: it has no model.weights.h5',
    ]);
    expect(
      await outcome(zipSync({ 'config.json': config, 'model.weights.h5': Buffer.from('text') })),
    ).toEqual(['MODEL_DAMAGED', 'FILE is damaged: it does not have the HDF5 signature']);
    expect(await outcome(zipSync({ 'config.json': Buffer.from('[1]') }))).toMatchObject([
      'MODEL_DAMAGED',
      expect.any(String),
    ]);
  });

  it('with two entries of one name', async () => {
    const bytes = zipSync({ 'config.json': Buffer.from('{}'), 'config.jsoN': Buffer.from('{}') });
    const copy = Buffer.from(bytes);
    for (let at = copy.indexOf('config.jsoN'); at >= 0; at = copy.indexOf('config.jsoN'))
      copy.write('config.json', at);
    expect(await outcome(copy)).toEqual([
      'MODEL_DAMAGED',
      'FILE is damaged: config.json is in the zip file twice',
    ]);
  });
});

describe('an archive of a kind that is not read', () => {
  const weights = 'model.weights.h5';
  it.each([
    [
      'encrypted',
      (b: Buffer, at: number) => b.writeUInt16LE(1, at + 8),
      'FILE cannot be unpacked: model.weights.h5 is encrypted',
    ],
    [
      'packed otherwise',
      (b: Buffer, at: number) => b.writeUInt16LE(14, at + 10),
      'FILE cannot be unpacked: model.weights.h5 is compressed with method 14, which is not deflate',
    ],
  ] as const)('%s', async (_, change, message) => {
    expect(await outcome(patched(whole, weights, change))).toEqual(['ARCHIVE_UNSUPPORTED', message]);
  });

  it('that would become gigabytes', async () => {
    // Says so itself.
    const zeros = new Uint8Array(300 * 1024 * 1024);
    const config = whole.subarray(
      whole.indexOf('{"class_name'),
      whole.indexOf('PK', whole.indexOf('{"class_name')),
    );
    const bomb = zipSync(
      { 'config.json': [Uint8Array.from(config), { level: 0 }], [weights]: zeros },
      { level: 6 },
    );
    expect(bomb.length).toBeLessThan(1024 * 1024);
    expect(await outcome(bomb)).toEqual([
      'MODEL_DAMAGED',
      expect.stringMatching(/would become 314572800 bytes from \d+, which no trained weights do/),
    ]);
    // Does not say so: more comes out than its directory declares.
    const lying = patched(Buffer.from(bomb), weights, (bytes, at) => bytes.writeUInt32LE(1000, at + 24));
    expect(await outcome(lying)).toEqual([
      'MODEL_DAMAGED',
      'FILE is damaged: model.weights.h5 becomes more than the 1000 bytes it claims',
    ]);
    // Claims more than deflate can make.
    const boasting = patched(packed, weights, (bytes, at) => bytes.writeUInt32LE(0xfffffff0, at + 24));
    expect(await outcome(boasting)).toMatchObject([
      'MODEL_DAMAGED',
      expect.stringMatching(/claims 4294967280 bytes made from/),
    ]);
  }, 60_000);
});

// fixtures/demo is what its script makes: the committed files have the bytes made.json states, and the script still
// makes these bytes where the JavaScript engine is the one they were made with.

import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { digits, idx } from '../../../fixtures/demo/digits.ts';
import { hours } from '../../../fixtures/demo/energy.ts';
import { flowers, irisTraining } from '../../../fixtures/demo/iris.ts';
import { writeKerasH5 } from '../../../fixtures/demo/keras-h5.ts';
import type { Made } from '../../../fixtures/demo/make.ts';
import { train } from '../../../fixtures/demo/train.ts';
import { openHdf5 } from '../../../src/encoding/hdf5.ts';

const folder = fileURLToPath(new URL('../../../fixtures/demo/', import.meta.url));
const made = JSON.parse(readFileSync(join(folder, 'made.json'), 'utf8')) as Made;
const temporary = mkdtempSync(join(tmpdir(), 'mlctl-demo-'));
afterAll(() => rmSync(temporary, { recursive: true }));

describe('fixtures/demo', () => {
  it.each(Object.entries(made.files))('%s is the file that was made', (file, { bytes, sha256 }) => {
    const content = readFileSync(join(folder, file));
    expect(content.length).toBe(bytes);
    expect(digest(content)).toBe(sha256);
  });

  it('draws the same tables and pictures again, on any engine', () => {
    expect(digest(flowers(150, 1).csv)).toBe(made.files['train.csv']?.sha256);
    expect(digest(flowers(60, 8).csv)).toBe(made.files['test.csv']?.sha256);
    expect(digest(hours(600, 5).csv)).toBe(made.files['energy-train.csv']?.sha256);
    const { pixels } = digits(200, 4);
    expect(digest(idx([200, 8, 8], pixels))).toBe(made.files['digits-test-images.idx3-ubyte']?.sha256);
  });

  // Math.exp and Math.tanh may differ in the last bit between engines.
  it.skipIf(process.version !== made.node)(`trains the same iris.h5 again (${made.node} only)`, async () => {
    const path = join(temporary, 'iris.h5');
    const { file } = await train(irisTraining, flowers(150, 1).rows);
    await writeKerasH5(path, file);
    expect(digest(readFileSync(path))).toBe(made.files['iris.h5']?.sha256);
  });

  it('has the optimizer state and the training configuration that readers are to skip', async () => {
    const file = await openHdf5(join(folder, 'digits.h5'));
    try {
      expect(file.attribute('/', 'training_config')).toMatchObject({ type: 'strings' });
      const names = file.attribute('/optimizer_weights', 'weight_names');
      expect(names?.values).toContain('Adam/conv2d/kernel/m:0');
      expect(file.dataset('/optimizer_weights/Adam/conv2d/kernel/v:0').dims).toEqual([3, 3, 1, 6]);
    } finally {
      file.close();
    }
  });
});

function digest(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

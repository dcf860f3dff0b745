// A file beyond the 2 GB at which protocol buffers end, as a hole on disk: it is refused before it is read.

import { closeSync, ftruncateSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { quietContext } from '../../../src/context.ts';
import onnx from '../../../src/formats/onnx/index.ts';

const path = join(tmpdir(), `mlctl-large-${process.pid}.onnx`);
afterAll(() => rmSync(path, { force: true }));

describe('an ONNX file of 2 GB', () => {
  it('is refused before it is read', async () => {
    const file = openSync(path, 'w');
    ftruncateSync(file, 2 ** 31);
    closeSync(file);
    await expect(onnx.read(path, quietContext())).rejects.toMatchObject({
      code: 'MODEL_DAMAGED',
      message: expect.stringContaining('2147483648 bytes'),
    });
  });
});

// The optimizer's state: what training would go on from, and nothing else needs. Often two thirds of the file.

import { type Hdf5File, openHdf5 } from '../../../encoding/hdf5.ts';
import { openZip } from '../../../encoding/zip.ts';
import { MlctlError } from '../../../errors.ts';
import type { Check, Finding } from '../definition.ts';

const MOST_GROUPS = 100_000;

const check = {
  name: 'optimizer-state',
  stage: 'content',
  async run({ format, path, start }): Promise<readonly Finding[]> {
    if (format?.name !== 'keras' || start.head[0] === 0x7b) return [];
    const isArchive = start.head[0] === 0x50;
    const zip = isArchive ? openZip(path) : undefined;
    try {
      const file = await openHdf5(path, zip && (await zip.open('model.weights.h5')));
      try {
        const groups = file.children('/').filter((name) => name.startsWith('optimizer'));
        if (groups.length === 0) return [{ severity: 'ok', message: 'there is no optimizer state in it' }];
        const bytes = groups.reduce((sum, name) => sum + sizeOf(file, `/${name}`), 0);
        const share = Math.round((bytes / Math.max(1, start.bytes)) * 100);
        return [
          {
            severity: 'ok',
            message: `the optimizer state takes ${bytes} bytes, ${share} % of the file; mlctl never reads it`,
            remediation: 'model.save("model.h5", include_optimizer=False) leaves it out',
          },
        ];
      } finally {
        file.close();
      }
    } catch (cause) {
      if (cause instanceof MlctlError) return [];
      throw cause;
    } finally {
      zip?.close();
    }
  },
} satisfies Check;

export default check;

function sizeOf(file: Hdf5File, root: string): number {
  let bytes = 0;
  const waiting = [root];
  for (let seen = 0; waiting.length > 0 && seen < MOST_GROUPS; seen++) {
    const path = waiting.pop() ?? '';
    const kind = file.kind(path);
    if (kind === 'dataset') bytes += file.dataset(path).bytes;
    if (kind === 'group') for (const name of file.children(path)) waiting.push(`${path}/${name}`);
  }
  return bytes;
}

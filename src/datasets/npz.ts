// Named NumPy arrays in a zip archive, as np.savez and np.savez_compressed write them.

import { errors } from '../errors.ts';
import type { Tensor } from '../graph/tensor.ts';
import { maxBytes, wholeFile } from './bytes.ts';
import type { DatasetFormat, Source } from './definition.ts';
import { decodeArray } from './npy.ts';

const npz = {
  name: 'npz',
  title: 'NumPy archives (.npz)',
  extensions: ['.npz'],
  match: ({ head }) => head[0] === 0x50 && head[1] === 0x4b && memberNames(head).some(isArray),
  async read(source) {
    const bytes = await wholeFile(source);
    const arrays = new Map<string, Tensor>();
    for (const [name, member] of Object.entries(await unzip(bytes, source))) {
      const short = name.slice(0, -'.npy'.length);
      arrays.set(short, decodeArray(member, source, short));
    }
    if (arrays.size === 0) {
      throw errors.DATA_EMPTY(source.shown, 'the archive holds no .npy arrays');
    }
    return { kind: 'arrays', arrays };
  },
} satisfies DatasetFormat;

export default npz;

const isArray = (name: string): boolean => name.endsWith('.npy');

/** The members that are arrays. Sizes are checked before anything is unpacked (deflate packs at most 1032 to 1). */
async function unzip(bytes: Uint8Array, { shown }: Source): Promise<Record<string, Uint8Array>> {
  const { unzipSync } = await import('fflate');
  let total = 0;
  try {
    return unzipSync(bytes, {
      filter: ({ name, size, originalSize }) => {
        if (!isArray(name)) return false;
        total += originalSize;
        if (total > maxBytes) throw errors.DATA_TOO_LARGE(shown, `it unpacks to more than ${maxBytes} bytes`);
        if (originalSize > size * 1032 + 64) throw new Error(`${name} claims ${originalSize} bytes`);
        return true;
      },
    });
  } catch (cause) {
    if (cause instanceof Error && cause.name === 'MlctlError') throw cause;
    throw errors.DATA_INVALID(shown, `the archive is damaged: ${(cause as Error).message}`);
  }
}

/** Names in the local headers near the start. https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT §4.3.7 */
function memberNames(head: Uint8Array): string[] {
  const names: string[] = [];
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  for (let at = 0; at + 30 <= head.length; at++) {
    if (view.getUint32(at, true) !== 0x04034b50) continue;
    const length = view.getUint16(at + 26, true);
    names.push(new TextDecoder().decode(head.subarray(at + 30, at + 30 + length)));
  }
  return names;
}

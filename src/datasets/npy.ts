// One NumPy array; its first axis is the row.

import { decodeNpy, isNpy, type NpyArray, NpyError } from '../encoding/npy.ts';
import { errors } from '../errors.ts';
import type { Tensor } from '../graph/tensor.ts';
import { wholeFile } from './bytes.ts';
import type { DatasetFormat, Source } from './definition.ts';

export default {
  name: 'npy',
  title: 'NumPy arrays (.npy)',
  extensions: ['.npy'],
  match: ({ head }) => isNpy(head),
  async read(source) {
    const bytes = await wholeFile(source);
    return { kind: 'arrays', arrays: new Map([['data', decodeArray(bytes, source, '')]]) };
  },
} satisfies DatasetFormat;

/** An array with rows. `member` names it inside an archive. Errors: DATA_INVALID, DATA_EMPTY. */
export function decodeArray(bytes: Uint8Array, { shown }: Source, member: string): Tensor {
  const label = member === '' ? '' : `${member} `;
  let array: NpyArray;
  try {
    array = decodeNpy(bytes);
  } catch (cause) {
    if (!(cause instanceof NpyError)) throw cause;
    throw errors.DATA_INVALID(shown, `${label}cannot be read: ${cause.message}`, undefined, hint(cause));
  }
  if (array.dims[0] === 0) throw errors.DATA_EMPTY(shown, `${label}has the shape (${array.dims.join(', ')})`);
  return array;
}

function hint(cause: NpyError): string | undefined {
  return /pickled|records/.test(cause.message)
    ? 'save it as a plain array of numbers: np.save(path, array.astype("float32"))'
    : undefined;
}

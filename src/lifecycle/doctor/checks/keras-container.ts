// Keras goes by the name of a file: HDF5 called `.keras`, or an archive called `.h5`, does not open there.

import { hdf5SignatureOffset } from '../../../encoding/hdf5.ts';
import type { Check, Finding } from '../definition.ts';

const check = {
  name: 'keras-container',
  stage: 'file',
  run({ format, start: { head, extension } }): readonly Finding[] {
    if (format?.name !== 'keras') return [];
    const isHdf5 = hdf5SignatureOffset(head) !== undefined;
    const isArchive = head[0] === 0x50 && head[1] === 0x4b;
    const named =
      extension === '.keras' ? 'an archive' : /^\.(h5|hdf5)$/.test(extension) ? 'HDF5' : undefined;
    const actual = isHdf5 ? 'HDF5' : isArchive ? 'an archive' : undefined;
    if (named === undefined || actual === undefined || named === actual) return [];
    return [
      {
        severity: 'warning',
        message: `it is ${actual} inside, and ${extension} stands for ${named}: Keras does not open it under this name`,
        remediation: `mlctl does; for Keras rename it to ${isHdf5 ? '.h5' : '.keras'}`,
      },
    ];
  },
} satisfies Check;

export default check;

// Keras models: HDF5 of Keras 1, 2 and 3 (`.h5`), the zip archives of Keras since 2.12 (`.keras`), and architectures in
// JSON with their weights in another file; whatever the files are called.

import { hdf5SignatureOffset } from '../../encoding/hdf5.ts';
import type { Format } from '../definition.ts';
import { describeKeras } from './describe.ts';
import { readKeras } from './read.ts';
import { isArchitecture, isKerasZip } from './refuse.ts';

export default {
  name: 'keras',
  title: 'Keras (.keras, .h5)',
  extensions: ['.h5', '.hdf5', '.keras'],
  takesWeights: true,
  match: ({ head, isFolder }) =>
    !isFolder && (hdf5SignatureOffset(head) !== undefined || isKerasZip(head) || isArchitecture(head)),
  describe: describeKeras,
  read: readKeras,
} satisfies Format;

// Keras models in one file: HDF5 of Keras 1, 2 and 3 (`.h5`) and the zip archives of Keras since 2.12 (`.keras`), whatever
// the file is called.

import { hdf5SignatureOffset } from '../../encoding/hdf5.ts';
import type { Format } from '../definition.ts';
import { describeKeras } from './describe.ts';
import { readKeras } from './read.ts';
import { isKerasZip } from './refuse.ts';

export default {
  name: 'keras',
  title: 'Keras (.keras, .h5)',
  extensions: ['.h5', '.hdf5', '.keras'],
  match: ({ head, isFolder }) => !isFolder && (hdf5SignatureOffset(head) !== undefined || isKerasZip(head)),
  describe: describeKeras,
  read: readKeras,
} satisfies Format;

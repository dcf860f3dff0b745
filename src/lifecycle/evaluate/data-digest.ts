// What a report calls the data by: the digest of its file, or of its images.

import type { Dataset } from '../../datasets/definition.ts';
import { digestOf } from '../locate.ts';

/** sha256 of the file at an absolute path, or over the paths and contents of the images; hex. */
export async function digestOfData(dataset: Dataset, path: string): Promise<string> {
  return dataset.kind === 'images' ? dataset.images.digest() : digestOf(path);
}

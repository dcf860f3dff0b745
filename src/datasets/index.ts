// Written by `npm run fix` from the files of this folder; test/registries.test.ts checks it.

import csv from './csv.ts';
import type { DatasetFormat } from './definition.ts';
import idx from './idx.ts';
import imageFolder from './image-folder.ts';
import jsonl from './jsonl.ts';
import npy from './npy.ts';
import npz from './npz.ts';
import parquet from './parquet.ts';

export const datasets: readonly DatasetFormat[] = [csv, idx, imageFolder, jsonl, npy, npz, parquet];

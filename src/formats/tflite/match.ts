// Whether a file is TFLite: a FlatBuffer says what it holds in its bytes 4 to 7.
// https://flatbuffers.dev/schema/#file-identifier-and-extension

import type { Probe } from '../definition.ts';

export function looksLikeTflite({ isFolder, head }: Probe): boolean {
  return !isFolder && head.length >= 8 && String.fromCharCode(...head.subarray(4, 8)) === 'TFL3';
}

// One table names every file that is not what it should be. Text and bytes here are the first ones of real files.

import { describe, expect, it } from 'vitest';
import { type FileStart, identify } from '../../src/encoding/file-signatures.ts';

const file = (content: string | Uint8Array, path = 'model.bin'): FileStart => {
  const head = typeof content === 'string' ? Buffer.from(content, 'latin1') : content;
  return { path, isFolder: false, bytes: head.length, head };
};
const folder = (...names: string[]): FileStart => ({
  ...file(''),
  path: 'model',
  isFolder: true,
  names,
});
const zip = (name: string) => `PK\x03\x04${'\0'.repeat(26)}${name}`;

const cases: readonly (readonly [FileStart, string, string])[] = [
  [folder('saved_model.pb', 'variables'), 'a TensorFlow SavedModel', 'model'],
  [folder('checkpoint', 'model.index'), 'a folder with a TensorFlow checkpoint', 'model'],
  [folder('notes.txt'), 'a folder', 'other'],
  [file(''), 'empty', 'broken'],
  [file('\x89HDF\r\n\x1a\n'), 'an HDF5 file', 'model'],
  [file(`${'\0'.repeat(512)}\x89HDF\r\n\x1a\n`), 'an HDF5 file', 'model'],
  [file('\x20\0\0\0TFL3'), 'a TensorFlow Lite model', 'model'],
  [file('model_checkpoint_path: "ckpt-1"\n', 'checkpoint'), 'the list of a TensorFlow checkpoint', 'model'],
  [file('\0\0', 'w.data-00000-of-00001'), 'a part of a TensorFlow checkpoint', 'model'],
  [file(zip('archive/data.pkl')), 'a PyTorch model', 'model'],
  [file('\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.'), 'a PyTorch model in the old', 'model'],
  [file('\x80\x04\x95\0\0csklearn.linear_model'), 'a pickled scikit-learn model', 'pickle'],
  [file('\x80\x04\x95\0\0'), 'a Python pickle', 'pickle'],
  [file('\x40\0\0\0\0\0\0\0{"w":{"dtype":"F32"}}'), 'a safetensors file', 'model'],
  [file('GGUF\x03\0\0\0'), 'a GGUF language model', 'model'],
  [file('{"learner":{"attributes":{}}}'), 'an XGBoost model', 'model'],
  [file('tree\nversion=v3\n'), 'a LightGBM model', 'model'],
  [file('version https://git-lfs.github.com/spec/v1\n'), 'a Git LFS pointer', 'broken'],
  [file('<!DOCTYPE html><html>'), 'a web page', 'broken'],
  [file('<?xml version="1.0"?>\n<html>'), 'a web page', 'broken'],
  [file(new Uint8Array(64)), 'nothing but zeros', 'broken'],
  [file(zip('x.npy')), 'a NumPy archive', 'data'],
  [file('\x93NUMPY\x01\0'), 'a NumPy array', 'data'],
  [file(zip('word/document.xml')), 'a zip archive', 'packed'],
  [file('\x1f\x8b\x08\0'), 'a gzip file', 'packed'],
  [file('a,b\n1,2\n'), 'what looks like a CSV file', 'data'],
  [file('hello there'), 'a text file that starts "hello there"', 'other'],
  [file('\x89PNG\r\n'), 'a PNG image', 'other'],
];

describe('what a file is', () => {
  it.each(cases.map(([start, name, kind]) => [name, kind, start] as const))('%s', (name, kind, start) => {
    const found = identify(start);
    expect(found?.name.startsWith(name), found?.name).toBe(true);
    expect(found?.kind).toBe(kind);
  });

  it('claims nothing about bytes it does not know', () => {
    expect(identify(file(Uint8Array.of(1, 200, 3, 250)))).toBeUndefined();
  });

  it('has a way out for everything that is no data and no plain text', () => {
    for (const [start, , kind] of cases) {
      if (kind === 'model' || kind === 'packed' || kind === 'broken' || kind === 'pickle') {
        const found = identify(start);
        const isRead = found?.name === 'an HDF5 file' || found?.name === 'a TensorFlow Lite model';
        expect(isRead || found?.hint !== undefined, found?.name).toBe(true);
      }
    }
  });
});

// What a file is that no format of ours takes: models in formats that are not read yet, and everything that is no
// model at all. Only for the words of an error; the first bytes decide, the name only where they cannot.

import { readdir } from 'node:fs/promises';
import { extname } from 'node:path';
import { errors, type MlctlError } from '../errors.ts';
import type { Format, Probe } from '../formats/definition.ts';

/** FORMAT_NOT_YET for a model in a format known by name, FORMAT_UNKNOWN for everything else. */
export async function refusal(probe: Probe, shown: string, formats: readonly Format[]): Promise<MlctlError> {
  const names = probe.isFolder ? await readdir(probe.path).catch(() => []) : [];
  const file = { ...probe, names, text: probe.isFolder ? '' : textOf(probe.head) };
  const known = formats.map(({ title }) => title);
  const inside = names.filter((name) => formats.some(({ extensions }) => extensions.includes(extname(name))));
  if (inside.length > 0) {
    const hint = `name a file in it: ${inside.slice(0, 5).join(', ')}`;
    return errors.FORMAT_UNKNOWN(shown, 'it is a folder', known, hint);
  }
  const model = models.find(({ test }) => test(file));
  if (model) {
    const hint = model.hint ?? `it reads ${known.join(', ')}; name the model this one was made from`;
    return errors.FORMAT_NOT_YET(shown, model.name, hint);
  }
  const other = others.find(({ test }) => test(file));
  return errors.FORMAT_UNKNOWN(shown, other?.saw(file) ?? unknown(file), known, other?.hint);
}

type File = Probe & {
  /** What a folder holds. */
  readonly names: readonly string[];
  /** The beginning when it is text; empty otherwise. */
  readonly text: string;
};

type Model = { readonly name: string; readonly test: (file: File) => boolean; readonly hint?: string };

type Other = {
  readonly saw: (file: File) => string;
  readonly test: (file: File) => boolean;
  readonly hint?: string;
};

const asOnnx = 'export it as ONNX: torch.onnx.export(model, example, "model.onnx")';

const models: readonly Model[] = [
  { name: 'a TensorFlow Lite model', test: ({ head }) => ascii(head, 4, 'TFL3') },
  { name: 'a TensorFlow SavedModel', test: ({ names }) => names.includes('saved_model.pb') },
  {
    name: 'the graph of a TensorFlow SavedModel',
    test: ({ path, extension }) => extension === '.pb' && /saved_model\.pb$/.test(path),
  },
  {
    name: 'a frozen TensorFlow graph',
    // GraphDef starts with a node, field 1, which starts with its name, field 1.
    test: ({ head, extension }) =>
      extension === '.pb' && head[0] === 0x0a && head.subarray(2, 4).includes(0x0a),
  },
  {
    name: 'a Core ML package',
    test: ({ names }) => names.includes('Manifest.json') && names.includes('Data'),
  },
  {
    name: 'a Core ML model',
    test: ({ head, extension }) => extension === '.mlmodel' && head[0] === 0x08,
  },
  {
    name: 'a TensorFlow.js model',
    test: ({ text, names }) =>
      names.includes('model.json') ||
      (text.startsWith('{') && /"modelTopology"|"(graph|layers)-model"/.test(text)),
  },
  {
    name: 'the architecture of a Keras model without its weights',
    test: ({ text }) =>
      text.startsWith('{') && /"class_name"\s*:\s*"(Sequential|Functional|Model)"/.test(text),
    hint: 'save the whole model with model.save("model.h5")',
  },
  {
    name: 'a PyTorch model',
    test: ({ head }) => isZip(head) && /\/(data\.pkl|\.format_version|byteorder)/.test(latin(head)),
    hint: asOnnx,
  },
  {
    name: 'a safetensors file: weights without the model',
    // https://github.com/huggingface/safetensors#format: the length of a JSON header, 8 bytes, then the header.
    test: ({ head, extension }) =>
      extension === '.safetensors' || (head[8] === 0x7b && head[9] === 0x22 && head[7] === 0),
    hint: asOnnx,
  },
  { name: 'a GGUF language model', test: ({ head }) => ascii(head, 0, 'GGUF') },
];

const data = 'data goes after --data: mlctl evaluate <model> --data <file>';

const others: readonly Other[] = [
  { saw: () => 'it is a folder', test: ({ isFolder }) => isFolder, hint: 'name the file of the model' },
  { saw: () => 'it is empty', test: ({ bytes }) => bytes === 0 },
  {
    saw: () => 'it is a Git LFS pointer, not the file itself',
    test: ({ text }) => text.startsWith('version https://git-lfs'),
    hint: 'git lfs pull fetches the file',
  },
  {
    saw: () => 'it is a web page',
    test: ({ text }) => /^\s*<(!doctype html|html)/i.test(text),
    hint: 'the download went wrong: the page says why',
  },
  {
    saw: () => 'it is a manifest',
    test: ({ text }) => /^apiVersion: mlctl\//m.test(text),
    hint: 'name it with --config',
  },
  { saw: () => 'it is JSON text', test: ({ text }) => /^\s*[{[]/.test(text) },
  {
    saw: () => 'it looks like a CSV file',
    test: ({ text, extension }) => /^\.[ct]sv$/.test(extension) || hasColumns(text),
    hint: data,
  },
  {
    saw: ({ text }) =>
      `it is a text file that starts ${JSON.stringify(text.trimStart().slice(0, 40).split('\n')[0]?.trim())}`,
    test: ({ text }) => text !== '',
  },
  {
    saw: () => 'it is a NumPy archive',
    test: ({ head }) => isZip(head) && /\.npy/.test(latin(head).slice(30, 300)),
    hint: data,
  },
  ...signatures([
    ['a NumPy array', '\x93NUMPY', data],
    ['a Parquet file', 'PAR1', data],
    ['a zip archive', 'PK\x03\x04', 'unpack it and name the model inside'],
    ['a gzip file', '\x1f\x8b', 'unpack it first: gunzip'],
    ['an xz archive', '\xfd7zXZ', 'unpack it first: xz -d'],
    ['a bzip2 archive', 'BZh', 'unpack it first: bunzip2'],
    ['a zstd archive', '\x28\xb5\x2f\xfd', 'unpack it first: zstd -d'],
    ['a PNG image', '\x89PNG'],
    ['a JPEG image', '\xff\xd8\xff'],
    ['a GIF image', 'GIF8'],
    ['a BMP image', 'BM'],
    ['a RIFF file (WebP, WAV, AVI)', 'RIFF'],
    ['a PDF', '%PDF'],
    ['an executable', '\x7fELF'],
    ['an SQLite database', 'SQLite format 3'],
  ]),
  {
    saw: () => 'it looks like a Python pickle, which would have to be run to be read',
    test: ({ head }) => head[0] === 0x80 && (head[1] ?? 0) >= 2 && (head[1] ?? 9) <= 5,
    hint: 'export the model as ONNX where it was trained',
  },
  {
    saw: () => 'it is a tar archive',
    test: ({ head }) => ascii(head, 257, 'ustar'),
    hint: 'unpack it first: tar -xf',
  },
];

function unknown({ extension }: File): string {
  return `its first bytes fit none of them${extension ? `, whatever ${extension} says` : ''}`;
}

function signatures(list: readonly (readonly [name: string, magic: string, hint?: string])[]): Other[] {
  return list.map(([name, magic, hint]) => ({
    saw: () => `it is ${name}`,
    test: ({ head }) => ascii(head, 0, magic),
    ...(hint === undefined ? {} : { hint }),
  }));
}

function ascii(head: Uint8Array, offset: number, text: string): boolean {
  return [...text].every((character, index) => head[offset + index] === character.charCodeAt(0));
}

function isZip(head: Uint8Array): boolean {
  return ascii(head, 0, 'PK\x03\x04');
}

function latin(head: Uint8Array): string {
  return Buffer.from(head.subarray(0, 4096)).toString('latin1');
}

function textOf(head: Uint8Array): string {
  const start = head.subarray(0, 4096);
  const isText = start.every((byte) =>
    byte >= 32 ? byte !== 127 : byte === 9 || byte === 10 || byte === 13,
  );
  return isText ? new TextDecoder().decode(start).replace(/^\ufeff/, '') : '';
}

/** The first two lines have the same number of the same separator. */
function hasColumns(text: string): boolean {
  const [first = '', second = ''] = text.split('\n');
  return [',', ';', '\t'].some((separator) => {
    const count = first.split(separator).length;
    return count > 1 && count === second.split(separator).length;
  });
}

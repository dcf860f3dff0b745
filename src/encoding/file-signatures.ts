// What a file is by its first bytes: model formats, data, archives, pictures, text. One table for every message that has
// to name a file; the name decides only where bytes cannot.

import { extname } from 'node:path';
import { hdf5SignatureOffset } from './hdf5.ts';

/** The beginning of a file, or a folder. */
export type FileStart = {
  readonly path: string;
  readonly isFolder: boolean;
  readonly bytes: number;
  /** At most the first 64 KiB. */
  readonly head: Uint8Array;
  /** What a folder holds; [] for files. */
  readonly names?: readonly string[];
};

export type Signature = {
  /** As in "it is …". */
  readonly name: string;
  /** `model`: one of a format known by name. `pickle`: it would have to be run to be read. */
  readonly kind: 'model' | 'pickle' | 'data' | 'packed' | 'broken' | 'other';
  /** What to do with it. */
  readonly hint?: string;
};

/** undefined: its first bytes fit nothing that is known. */
export function identify(start: FileStart): Signature | undefined {
  const file = {
    names: [],
    ...start,
    extension: extname(start.path).toLowerCase(),
    text: textOf(start.head),
  };
  for (const { test, ...signature } of signatures) {
    if (!test(file)) continue;
    const name = typeof signature.name === 'string' ? signature.name : signature.name(file);
    return { ...signature, name };
  }
  return undefined;
}

/** The beginning when it is text; empty otherwise. */
export function textOf(head: Uint8Array): string {
  const start = head.subarray(0, 4096);
  const isText = start.every((byte) =>
    byte >= 32 ? byte !== 127 : byte === 9 || byte === 10 || byte === 13,
  );
  return isText ? new TextDecoder().decode(start).replace(/^\ufeff/, '') : '';
}

type File = Required<FileStart> & { readonly extension: string; readonly text: string };

type Row = Omit<Signature, 'name'> & {
  readonly name: string | ((file: File) => string);
  readonly test: (file: File) => boolean;
};

const ZIP = 'PK\x03\x04';
const exportTorch = 'export it as ONNX: torch.onnx.export(model, example, "model.onnx")';
const whole = 'save the whole model from Keras: model.save("model.keras")';
const convertTf = 'convert it to ONNX where TensorFlow is: python -m tf2onnx.convert --help lists its ways';
const trained = 'export the model as ONNX where it was trained';

// The first row that fits answers: the telling ones stand above those that only mean "some text" or "some zip".
const signatures: readonly Row[] = [
  // ---- folders
  {
    name: 'a TensorFlow SavedModel',
    kind: 'model',
    test: ({ names }) => names.includes('saved_model.pb') || names.includes('saved_model.pbtxt'),
    hint: convertTf,
  },
  {
    name: 'a Core ML package',
    kind: 'model',
    test: ({ names }) => names.includes('Manifest.json') && names.includes('Data'),
    hint: 'name the model this one was made from',
  },
  {
    name: 'a folder with a TensorFlow.js model',
    kind: 'model',
    test: ({ names }) => names.includes('model.json'),
    hint: 'name the model this one was made from',
  },
  {
    name: 'a folder with a TensorFlow checkpoint',
    kind: 'model',
    test: ({ names }) => names.includes('checkpoint') || names.some((name) => name.endsWith('.index')),
    hint: `a checkpoint holds weights only; ${whole}`,
  },
  { name: 'a folder', kind: 'other', test: ({ isFolder }) => isFolder, hint: 'name the file of the model' },
  { name: 'empty', kind: 'broken', test: ({ bytes }) => bytes === 0, hint: 'copy or export it again' },

  // ---- models
  {
    name: 'an HDF5 file',
    kind: 'model',
    test: ({ head }) => hdf5SignatureOffset(head) !== undefined,
  },
  { name: 'a TensorFlow Lite model', kind: 'model', test: ({ head }) => ascii(head, 4, 'TFL3') },
  {
    name: 'the graph of a TensorFlow SavedModel',
    kind: 'model',
    test: ({ path }) => /saved_model\.pb$/.test(path),
    hint: convertTf,
  },
  {
    // GraphDef starts with a node, field 1, which starts with its name, field 1.
    name: 'a frozen TensorFlow graph',
    kind: 'model',
    test: ({ head, extension }) =>
      extension === '.pb' && head[0] === 0x0a && head.subarray(2, 4).includes(0x0a),
    hint: convertTf,
  },
  {
    name: 'the list of a TensorFlow checkpoint',
    kind: 'model',
    test: ({ text }) => /^\s*model_checkpoint_path:\s*"/.test(text),
    hint: `a checkpoint holds weights only; ${whole}`,
  },
  {
    name: 'a part of a TensorFlow checkpoint',
    kind: 'model',
    test: ({ path }) => /\.(index|data-\d{5}-of-\d{5})$/.test(path),
    hint: `a checkpoint holds weights only; ${whole}`,
  },
  {
    name: 'a Core ML model',
    kind: 'model',
    test: ({ head, extension }) => extension === '.mlmodel' && head[0] === 0x08,
    hint: 'name the model this one was made from',
  },
  {
    name: 'a TensorFlow.js model',
    kind: 'model',
    test: ({ text }) => text.startsWith('{') && /"modelTopology"|"(graph|layers)-model"/.test(text),
    hint: 'name the model this one was made from',
  },
  {
    name: 'a PyTorch model',
    kind: 'model',
    test: ({ head }) => ascii(head, 0, ZIP) && /\/(data\.pkl|\.format_version|byteorder)/.test(latin(head)),
    hint: exportTorch,
  },
  {
    // torch.save before 1.6: the pickled number 0x1950a86a20f9469cfc6c.
    name: 'a PyTorch model in the old pickled form',
    kind: 'model',
    test: ({ head }) => ascii(head, 4, '\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19'),
    hint: exportTorch,
  },
  {
    // https://github.com/huggingface/safetensors#format: the length of a JSON header, 8 bytes, then the header.
    name: 'a safetensors file: weights without the model',
    kind: 'model',
    test: ({ head, extension }) =>
      extension === '.safetensors' || (head[8] === 0x7b && head[9] === 0x22 && head[7] === 0),
    hint: exportTorch,
  },
  {
    name: 'a GGUF language model',
    kind: 'model',
    test: ({ head }) => ascii(head, 0, 'GGUF'),
    hint: 'llama.cpp and ollama run those',
  },
  {
    name: 'an XGBoost model',
    kind: 'model',
    test: ({ head, text }) => /^\s*\{"learner"/.test(text) || ascii(head, 0, '{L\0\0\0\0\0\0\0\x07learner'),
    hint: 'onnxmltools converts it to ONNX',
  },
  {
    name: 'a LightGBM model',
    kind: 'model',
    test: ({ text }) => /^tree\s*\nversion=/.test(text),
    hint: 'onnxmltools converts it to ONNX',
  },
  { name: 'a CatBoost model', kind: 'model', test: ({ head }) => ascii(head, 0, 'CBM1'), hint: trained },
  {
    name: 'a Caffe model',
    kind: 'model',
    test: ({ extension }) => extension === '.caffemodel' || extension === '.prototxt',
    hint: trained,
  },

  // ---- what went wrong on the way
  {
    name: 'a Git LFS pointer, not the file itself',
    kind: 'broken',
    test: ({ text }) => text.startsWith('version https://git-lfs'),
    hint: 'git lfs pull fetches the file',
  },
  {
    name: 'a web page',
    kind: 'broken',
    test: ({ text }) => /^\s*(<\?xml[^>]*>\s*)?<(!doctype html|html|head|body)/i.test(text),
    hint: 'the download went wrong: the page says why',
  },

  // ---- data
  {
    name: 'a NumPy archive',
    kind: 'data',
    test: ({ head }) => ascii(head, 0, ZIP) && /\.npy/.test(latin(head).slice(30, 300)),
  },
  ...starting('data', [
    ['a NumPy array', '\x93NUMPY'],
    ['a Parquet file', 'PAR1'],
    ['an Arrow file', 'ARROW1'],
  ]),

  // ---- pickles: protocol 2 to 5 starts with its number
  {
    name: 'a pickled scikit-learn model',
    kind: 'pickle',
    test: ({ head }) => isPickle(head) && latin(head).includes('sklearn.'),
    hint: 'export it as ONNX where it was trained, with skl2onnx',
  },
  { name: 'a Python pickle', kind: 'pickle', test: ({ head }) => isPickle(head), hint: trained },

  // ---- archives
  ...starting('packed', [
    ['a zip archive', ZIP, 'unpack it and name the model inside'],
    ['an empty zip archive', 'PK\x05\x06', 'copy or export it again'],
    ['a gzip file', '\x1f\x8b', 'unpack it first: gunzip'],
    ['an xz archive', '\xfd7zXZ', 'unpack it first: xz -d'],
    ['a bzip2 archive', 'BZh', 'unpack it first: bunzip2'],
    ['a zstd archive', '\x28\xb5\x2f\xfd', 'unpack it first: zstd -d'],
    ['a 7z archive', '7z\xbc\xaf\x27\x1c', 'unpack it first: 7z x'],
  ]),
  {
    name: 'a tar archive',
    kind: 'packed',
    test: ({ head }) => ascii(head, 257, 'ustar'),
    hint: 'unpack it first: tar -xf',
  },

  // ---- anything else with a mark
  ...starting('other', [
    ['a PNG image', '\x89PNG'],
    ['a JPEG image', '\xff\xd8\xff'],
    ['a GIF image', 'GIF8'],
    ['a BMP image', 'BM'],
    ['a RIFF file (WebP, WAV, AVI)', 'RIFF'],
    ['a PDF', '%PDF'],
    ['an executable', '\x7fELF'],
    ['an SQLite database', 'SQLite format 3'],
  ]),

  // ---- text
  {
    name: 'a manifest',
    kind: 'other',
    test: ({ text }) => /^apiVersion: mlctl\//m.test(text),
    hint: 'name it with --config',
  },
  { name: 'JSON text', kind: 'other', test: ({ text }) => /^\s*[{[]/.test(text) },
  {
    name: 'an OpenVINO model description',
    kind: 'model',
    test: ({ text }) => /^\s*(<\?xml[^>]*>\s*)?<net\s/.test(text),
    hint: 'name the model this one was made from',
  },
  {
    name: 'a PMML model',
    kind: 'model',
    test: ({ text }) => /^\s*(<\?xml[^>]*>\s*)?<PMML\s/.test(text),
    hint: trained,
  },
  { name: 'XML text', kind: 'other', test: ({ text }) => /^\s*</.test(text) },
  {
    name: 'what looks like a CSV file',
    kind: 'data',
    test: ({ text, extension }) => text !== '' && (/^\.[ct]sv$/.test(extension) || hasColumns(text)),
  },
  {
    name: ({ text }) =>
      `a text file that starts ${JSON.stringify(text.trimStart().slice(0, 40).split('\n')[0]?.trim())}`,
    kind: 'other',
    test: ({ text }) => text !== '',
  },

  {
    name: 'nothing but zeros',
    kind: 'broken',
    test: ({ head }) => head.length > 0 && head.every((byte) => byte === 0),
    hint: 'the copy or download stopped before any content came; fetch it again',
  },
];

function starting(
  kind: Signature['kind'],
  list: readonly (readonly [name: string, magic: string, hint?: string])[],
): Row[] {
  return list.map(([name, magic, hint]) => ({
    name,
    kind,
    test: ({ head }) => ascii(head, 0, magic),
    ...(hint === undefined ? {} : { hint }),
  }));
}

function ascii(head: Uint8Array, offset: number, text: string): boolean {
  return [...text].every((character, index) => head[offset + index] === character.charCodeAt(0));
}

function isPickle(head: Uint8Array): boolean {
  return head[0] === 0x80 && (head[1] ?? 0) >= 2 && (head[1] ?? 9) <= 5;
}

function latin(head: Uint8Array): string {
  return Buffer.from(head.subarray(0, 4096)).toString('latin1');
}

/** The first two lines have the same number of the same separator. */
function hasColumns(text: string): boolean {
  const [first = '', second = ''] = text.split('\n');
  return [',', ';', '\t'].some((separator) => {
    const count = first.split(separator).length;
    return count > 1 && count === second.split(separator).length;
  });
}

// What TFLite's metadata says for people: a FlatBuffer in the file's metadata, and files zipped behind the file's end.
// https://ai.google.dev/edge/litert/conversion/tensorflow/metadata (metadata_schema.fbs)

import { readFlatBuffer } from '../../encoding/flatbuffers.ts';
import {
  choice,
  deprecated,
  many,
  numbers,
  one,
  type RecordOf,
  string,
  union,
} from '../../encoding/flatbuffers-table.ts';
import { openZip, type ZipFile } from '../../encoding/zip.ts';
import { MlctlError } from '../../errors.ts';
import type { Normalization } from '../definition.ts';
import type { Interface } from './interface.ts';
import type { TfliteFile } from './records.ts';

const associatedFile = {
  name: string,
  description: string,
  type: choice('int8', [
    'UNKNOWN',
    'DESCRIPTIONS',
    'TENSOR_AXIS_LABELS',
    'TENSOR_VALUE_LABELS',
    'TENSOR_AXIS_SCORE_CALIBRATION',
    'VOCABULARY',
  ]),
};

// Ids that are not read here are `deprecated`: taken and passed over.
const tensorMetadata = {
  name: string,
  description: string,
  dimensionNames: deprecated,
  content: deprecated,
  processUnits: many({
    options: union({ NormalizationOptions: { mean: numbers('float32'), std: numbers('float32') } }),
  }),
  stats: one({ max: numbers('float32'), min: numbers('float32') }),
  associatedFiles: many(associatedFile),
};

const modelMetadata = {
  name: string,
  description: string,
  version: string,
  subgraphMetadata: many({
    name: string,
    description: string,
    inputs: many(tensorMetadata),
    outputs: many(tensorMetadata),
    associatedFiles: many(associatedFile),
  }),
  author: string,
  license: string,
  associatedFiles: many(associatedFile),
  minParserVersion: string,
};

type ModelMetadata = RecordOf<typeof modelMetadata>;

const NAME = 'TFLITE_METADATA';
const MOST_LABEL_BYTES = 2 ** 24;
const MOST_TEXT = 200;

/** Facts worth a line each, in words. Metadata that cannot be read are one of them, not an error. */
export async function metadataFacts(file: TfliteFile, path: string): Promise<Record<string, string>> {
  const entry = file.metadata.find(({ name }) => name === NAME);
  const facts: Record<string, string> = {};
  if (entry) {
    try {
      Object.assign(
        facts,
        described(readFlatBuffer(entry.data, path, 'M001', 'the metadata', modelMetadata)),
      );
    } catch (cause) {
      if (!(cause instanceof MlctlError)) throw cause;
      facts.metadata = 'damaged';
    }
  }
  const files = await zippedFiles(path);
  if (files.length > 0) facts['files in it'] = files.join(', ');
  return facts;
}

/** How images are scaled for the inputs that take some, by name; none where the metadata cannot be read. */
export function normalizations(
  file: TfliteFile,
  { subgraph, inputs }: Interface,
  path: string,
): Record<string, Normalization> {
  const entry = file.metadata.find(({ name }) => name === NAME);
  if (entry === undefined) return {};
  try {
    const model = readFlatBuffer(entry.data, path, 'M001', 'the metadata', modelMetadata);
    const about = model.subgraphMetadata?.[file.subgraphs.indexOf(subgraph)]?.inputs ?? [];
    const found = inputs.flatMap(({ name }, place): [string, Normalization][] => {
      const { mean, std } = normalizationOf(about[place]) ?? {};
      return mean?.length && std?.length ? [[name, { mean, std }]] : [];
    });
    return Object.fromEntries(found);
  } catch (cause) {
    if (!(cause instanceof MlctlError)) throw cause;
    return {};
  }
}

function normalizationOf(
  input: RecordOf<typeof tensorMetadata> | undefined,
): Partial<Normalization> | undefined {
  for (const { options } of input?.processUnits ?? []) {
    if (options?.type === 'NormalizationOptions') return options.value as Partial<Normalization>;
  }
  return undefined;
}

function described(model: ModelMetadata): Record<string, string> {
  const facts: Record<string, string> = {};
  for (const key of ['name', 'description', 'version', 'author', 'license'] as const) {
    const value = model[key]?.trim();
    if (value) facts[key] = shorten(value);
  }
  const [subgraph] = model.subgraphMetadata ?? [];
  for (const [index, input] of (subgraph?.inputs ?? []).entries()) {
    const label = input.name || `input ${index}`;
    const { mean, std } = normalizationOf(input) ?? {};
    if (mean?.length || std?.length) {
      facts[`normalization of ${shorten(label)}`] = `mean ${spell(mean)}, std ${spell(std)}`;
    }
  }
  return facts;
}

function spell(values: readonly number[] = []): string {
  return (
    values
      .slice(0, 8)
      .map((value) => String(Number(value.toPrecision(6))))
      .join(' ') || 'not given'
  );
}

function shorten(text: string): string {
  return text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT)}…` : text;
}

async function zippedFiles(path: string): Promise<string[]> {
  let zip: ZipFile;
  try {
    zip = openZip(path);
  } catch (cause) {
    // Most files have none behind them.
    if (cause instanceof MlctlError) return [];
    throw cause;
  }
  try {
    return await Promise.all(zip.names.map(async (name) => `${name}${await lineCount(zip, name)}`));
  } finally {
    zip.close();
  }
}

async function lineCount(zip: ZipFile, name: string): Promise<string> {
  if (!name.endsWith('.txt')) return '';
  try {
    const source = await zip.open(name, MOST_LABEL_BYTES);
    const bytes = new Uint8Array(source.bytes);
    source.read(bytes, 0);
    const lines = new TextDecoder().decode(bytes).trimEnd().split('\n').length;
    return ` (${lines} ${lines === 1 ? 'line' : 'lines'})`;
  } catch (cause) {
    if (cause instanceof MlctlError) return ' (damaged)';
    throw cause;
  }
}

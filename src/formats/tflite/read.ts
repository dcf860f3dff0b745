// Reads a TFLite file into a graph.

import { readFile } from 'node:fs/promises';
import type { Context } from '../../context.ts';
import { errors } from '../../errors.ts';
import { GraphBuilder } from '../../graph/builder.ts';
import { type Dim, type Model, type Shape, tensorType } from '../../graph/model.ts';
import { inferTypes } from '../../ops/infer.ts';
import type { ReadOptions, Unsupported } from '../definition.ts';
import { decodeTflite } from './decode.ts';
import { ValueNames } from './lower/names.ts';
import { Program } from './lower/program.ts';
import { type Fail, familyOf, survey } from './lower/survey.ts';
import { dtypeOf, shapeOf } from './lower/view.ts';
import type { Signature, TfliteFile, TfliteTensor } from './records.ts';

/** Errors: FILE_UNREADABLE, MODEL_DAMAGED, and OP_UNSUPPORTED with every operator that cannot be expressed. */
export async function readTflite(path: string, context: Context, _options?: ReadOptions): Promise<Model> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw errors.FILE_UNREADABLE(path, cause);
  }
  return lowerTflite(decodeTflite(bytes, path), path, context);
}

/** All that stands in the way of converting the model, at once. */
export function unsupportedOperators(file: TfliteFile, path = 'the model'): Unsupported[] {
  return survey(file, [mainOf(file).subgraph], failing(path));
}

/** A file already decoded, as a graph. */
export function lowerTflite(file: TfliteFile, path: string, context: Context): Model {
  const fail = failing(path);
  const unsupported = unsupportedOperators(file, path);
  if (unsupported.length > 0) throw refusal(path, unsupported);
  const main = mainOf(file);
  const { inputs, outputs } = interfaceOf(file, main, fail);
  const builder = new GraphBuilder(file.subgraphs[main.subgraph]?.name || 'main');
  const values = inputs.map(({ name, tensor }) => builder.input(name, dtypeOf(tensor.type), inputShape(name, tensor)));
  const program = new Program({
    file,
    names: new ValueNames([...values, ...outputs.map(({ name }) => name)]),
    familyOf,
    fail,
    refuse: (opType, reason, operator) => {
      throw refusal(path, [{ opType, reason, where: [operator] }]);
    },
    note: (operator, code, message) =>
      context.diagnose({ code, severity: 'note', message, where: { file: path, node: operator } }),
  });
  const results = program.run(main.subgraph, builder, values, 0);
  results.forEach(({ value, dtype }, index) => {
    const output = outputs[index];
    if (output === undefined) return;
    // What the file says of its shape may hold for one batch only: it is inferred, and only filled up from the file.
    builder.output(output.name, value, dtype, []);
    builder.graph.types.set(builder.graph.outputs.at(-1) ?? '', tensorType(dtype));
  });
  noteExtras(file, main, path, context);
  const model = builder.model({ name: 'tflite', version: runtimeVersion(file) }, metadata(file));
  inferTypes(model);
  builder.graph.outputs.forEach((value, index) => {
    const type = model.graph.types.get(value);
    const tensor = outputs[index]?.tensor;
    if (type?.kind !== 'tensor' || tensor === undefined || tensor.shape === undefined) return;
    model.graph.types.set(value, tensorType(type.dtype, filled(type.shape, shapeOf(tensor))));
  });
  return model;
}

type Main = { readonly subgraph: number; readonly signature: Signature | undefined };
type Port = { readonly name: string; readonly tensor: TfliteTensor };

/** What runs: the signature everyone serves, the first one, or the first subgraph. */
function mainOf(file: TfliteFile): Main {
  const signature = file.signatures.find(({ key }) => key === 'serving_default') ?? file.signatures[0];
  return { subgraph: signature?.subgraph ?? 0, signature };
}

/** Inputs and outputs under the names of the signature, where it has one, otherwise of their tensors. */
function interfaceOf(file: TfliteFile, { subgraph, signature }: Main, fail: Fail) {
  const { tensors, inputs, outputs } = file.subgraphs[subgraph] ?? fail(`it has no subgraph ${subgraph}`);
  const taken = new Set<string>();
  const port = (index: number, entries: Signature['inputs'] | undefined, fallback: string): Port => {
    const tensor = tensors[index] ?? fail(`tensor ${index} of its inputs and outputs is not there`);
    const given = entries?.find((entry) => entry.tensor === index && !taken.has(entry.name))?.name;
    let name = given ?? (tensor.name === '' ? fallback : tensor.name);
    for (let suffix = 1; taken.has(name); suffix++) name = `${given ?? (tensor.name || fallback)}_${suffix}`;
    taken.add(name);
    if (tensor.type === 'resource' || tensor.type === 'variant') fail(`${name} is of type ${tensor.type}`);
    return { name, tensor };
  };
  return {
    inputs: inputs.map((index, at) => port(index, signature?.inputs, `input_${at}`)),
    outputs: outputs.map((index, at) => port(index, signature?.outputs, `output_${at}`)),
  };
}

/** The first axis of unknown length is the batch; others are named after the input. */
function inputShape(name: string, tensor: TfliteTensor): Shape {
  return shapeOf(tensor).map((dim, axis): Dim => dim ?? (axis === 0 ? 'batch' : `${name}_axis${axis}`));
}

function filled(inferred: Shape | undefined, declared: Shape): Shape {
  if (inferred === undefined) return declared;
  return inferred.map((dim, axis) => dim ?? declared[axis] ?? null);
}

function failing(path: string): Fail {
  return (problem, operator) => {
    throw errors.MODEL_DAMAGED(path, problem, { file: path, ...(operator === undefined ? {} : { node: operator }) });
  };
}

function refusal(path: string, unsupported: readonly Unsupported[]): Error {
  const count = unsupported.reduce((sum, { where }) => sum + where.length, 0);
  const details = unsupported.map(({ opType, reason, where }) => {
    const shown = where.slice(0, 8).join(', ') + (where.length > 8 ? ` and ${where.length - 8} more` : '');
    return `${opType} x${where.length} (${shown}): ${reason}`;
  });
  return errors.OP_UNSUPPORTED(
    `${count} ${count === 1 ? 'operator' : 'operators'} of ${path} cannot be converted`,
    details,
    'run the file as it is with --runtime litert, or export the model again without these operators',
    { file: path },
  );
}

function noteExtras(file: TfliteFile, main: Main, path: string, context: Context): void {
  const others = file.signatures.filter((signature) => signature !== main.signature).map(({ key }) => key);
  if (others.length === 0) return;
  context.diagnose({
    code: 'TFLITE_SIGNATURES_LEFT',
    severity: 'note',
    message: `only signature ${main.signature?.key} is read; the file also has ${others.join(', ')}`,
    where: { file: path },
    args: { read: main.signature?.key, left: others },
  });
}

function runtimeVersion(file: TfliteFile): string {
  const data = file.metadata.find(({ name }) => name === 'min_runtime_version')?.data;
  return data === undefined ? '' : new TextDecoder().decode(data).replace(/\0.*$/s, '');
}

function metadata(file: TfliteFile): Map<string, string> {
  return new Map(file.description === '' ? [] : [['description', file.description]]);
}

// Reads a TFLite file into a graph.

import type { Context } from '../../context.ts';
import { errors, MlctlError } from '../../errors.ts';
import { GraphBuilder } from '../../graph/builder.ts';
import { type Dim, type Model, type Shape, tensorType } from '../../graph/model.ts';
import { inferTypes } from '../../ops/infer.ts';
import type { ReadOptions, Unsupported } from '../definition.ts';
import { readTfliteFile } from './file.ts';
import { findInterface, type Interface } from './interface.ts';
import { ValueNames } from './lower/names.ts';
import { Program } from './lower/program.ts';
import { State } from './lower/state.ts';
import { type Fail, familyOf, survey } from './lower/survey.ts';
import { dtypeOf, shapeOf } from './lower/view.ts';
import type { Subgraph, TfliteFile, TfliteTensor } from './records.ts';

/**
 * One signature of the file as a graph. Errors: those of readTfliteFile, SIGNATURE_UNKNOWN, and OP_UNSUPPORTED with every
 * operator that cannot be expressed.
 */
export async function readTflite(path: string, context: Context, options: ReadOptions = {}): Promise<Model> {
  return lowerTflite(await readTfliteFile(path), path, context, options);
}

/** All that stands in the way of converting the model, at once. */
export function unsupportedOperators(
  file: TfliteFile,
  path = 'the model',
  signature?: string,
): Unsupported[] {
  const fail = failing(path);
  return survey(file, [indexOf(file, mainOf(file, path, signature, fail).subgraph)], fail);
}

/** A file already decoded, as a graph. */
export function lowerTflite(
  file: TfliteFile,
  path: string,
  context: Context,
  options: Pick<ReadOptions, 'signature' | 'stateAsIo'> = {},
): Model {
  const fail = failing(path);
  const unsupported = unsupportedOperators(file, path, options.signature);
  if (unsupported.length > 0) throw refusal(path, unsupported);
  const { subgraph, signature, inputs, outputs } = mainOf(file, path, options.signature, fail);
  const builder = new GraphBuilder(subgraph.name || 'main');
  const values = inputs.map(({ name, tensor }) =>
    builder.input(name, dtypeOf(tensor.type), inputShape(name, tensor)),
  );
  const said = new Set<string>();
  const names = new ValueNames([...values, ...outputs.map(({ name }) => name)]);
  const state = options.stateAsIo ? new State(builder, names) : undefined;
  const program = new Program({
    file,
    names,
    state,
    familyOf,
    fail,
    refuse: (opType, reason, operator) => {
      throw refusal(path, [{ opType, reason, where: [operator] }]);
    },
    note: (operator, code, message) => {
      // Once for the file, at the first operator.
      if (said.has(message)) return;
      said.add(message);
      context.diagnose({ code, severity: 'note', message, where: { file: path, node: operator } });
    },
  });
  const results = program.run(indexOf(file, subgraph), { builder, depth: 0, isNested: false }, values);
  results.forEach(({ value, dtype }, index) => {
    const output = outputs[index];
    if (output === undefined) return;
    // What the file says of its shape may hold for one batch only: it is inferred, and only filled up from the file.
    builder.output(output.name, value, dtype, []);
    builder.graph.types.set(builder.graph.outputs.at(-1) ?? '', tensorType(dtype));
  });
  noteExtras(file, signature, path, context);
  if (state) noteState(state.finish(), path, context);
  const model = builder.model({ name: 'tflite', version: runtimeVersion(file) }, metadata(file));
  infer(model, fail);
  builder.graph.outputs.forEach((value, index) => {
    const type = model.graph.types.get(value);
    const tensor = outputs[index]?.tensor;
    if (type?.kind !== 'tensor' || tensor === undefined || tensor.shape === undefined) return;
    model.graph.types.set(value, tensorType(type.dtype, filled(type.shape, shapeOf(tensor))));
  });
  return model;
}

/** What operators cannot accept from one another is the file's fault. */
function infer(model: Model, fail: Fail): void {
  try {
    inferTypes(model);
  } catch (error) {
    if (!(error instanceof MlctlError) || error.code !== 'MODEL_INVALID') throw error;
    fail(error.message, error.where?.node);
  }
}

/** The signature named, the one everyone serves, the first one, or the first subgraph. */
function mainOf(file: TfliteFile, path: string, signature: string | undefined, fail: Fail): Interface {
  const main = findInterface(file, path, signature);
  const { inputs, outputs } = main.subgraph;
  if (main.inputs.length !== inputs.length || main.outputs.length !== outputs.length) {
    fail('an input or output of its main subgraph is not there');
  }
  for (const { name, tensor } of [...main.inputs, ...main.outputs]) {
    if (tensor.type === 'resource' || tensor.type === 'variant') fail(`${name} is of type ${tensor.type}`);
  }
  return main;
}

function indexOf(file: TfliteFile, subgraph: Subgraph): number {
  return file.subgraphs.indexOf(subgraph);
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
    throw errors.MODEL_DAMAGED(path, problem, {
      file: path,
      ...(operator === undefined ? {} : { node: operator }),
    });
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
    unsupported,
  );
}

function noteExtras(file: TfliteFile, main: number | undefined, path: string, context: Context): void {
  const others = file.signatures.filter((_, index) => index !== main).map(({ key }) => key);
  if (others.length === 0) return;
  const read = file.signatures[main ?? 0]?.key;
  context.diagnose({
    code: 'TFLITE_SIGNATURES_LEFT',
    severity: 'note',
    message: `only signature ${read} is read; the file also has ${others.join(', ')}`,
    where: { file: path },
    args: { read, left: others },
    hint: '--signature <name> takes another',
  });
}

/** Errors: USAGE when there is none. */
function noteState(states: ReturnType<State['finish']>, path: string, context: Context): void {
  if (states.length === 0)
    throw errors.USAGE(`${path} keeps no state from run to run`, 'leave --state-as-io out');
  const starts = new Set(states.map(({ start }) => start));
  const first =
    starts.size === 1
      ? `${[...starts].join()} everywhere`
      : states.map(({ input, start }) => `${input} ${start}`).join(', ');
  context.diagnose({
    code: 'TFLITE_STATE_AS_IO',
    // Zeros are what anybody would begin with.
    severity: states.every(({ start }) => start === 0) ? 'note' : 'warning',
    message: `its state is ${states.length} more inputs and outputs: what a run gives as NAME_next is what the next one takes as NAME; the first run takes ${first}`,
    where: { file: path },
    args: { states },
  });
}

function runtimeVersion(file: TfliteFile): string {
  const data = file.metadata.find(({ name }) => name === 'min_runtime_version')?.data;
  return data === undefined ? '' : new TextDecoder().decode(data).replace(/\0.*$/s, '');
}

function metadata(file: TfliteFile): Map<string, string> {
  return new Map(file.description === '' ? [] : [['description', file.description]]);
}

// A few bytes can describe a tensor larger than memory. What a run would take is known from the shapes before it is run.

import { errors } from '../../errors.ts';
import { byteLength } from '../../graph/dtype.ts';
import type { Graph, Model, ValueType } from '../../graph/model.ts';
import { allGraphs } from '../../passes/nested.ts';
import { weightBytes } from './memory.ts';

/** What a value of a model may take whatever its size; four or five of them are in memory at once. */
const HARMLESS_BYTES = 200e6;
/** On top of it: weights are hard to make up, so a model that has many may have large values (volumes, pictures). */
const PER_WEIGHT_BYTE = 100;
/** The length of an input is a claim, which explains only so much. */
const PER_INPUT_BYTE = 10;
const MOST_EXPLAINED_INPUT = 5e6;
/** Of all inputs together: they are made up here, once for each set of samples. */
const HARMLESS_INPUTS = 150e6;

/** Throws PARITY_UNCHECKED for a model in which one value takes more than its weights and inputs explain. Types are inferred. */
export function checkLargestValue(model: Model): void {
  const given = model.graph.inputs.reduce((sum, name) => sum + leastBytes(model.graph.types.get(name)), 0);
  const explained = PER_WEIGHT_BYTE * weightBytes(model);
  if (given > HARMLESS_INPUTS + explained) refuse('its inputs', given);
  const most = HARMLESS_BYTES + explained + PER_INPUT_BYTE * Math.min(given, MOST_EXPLAINED_INPUT);
  for (const graph of allGraphs(model)) {
    const found = largest(graph);
    if (found !== undefined && found.bytes > most) refuse(`${found.name} alone`, found.bytes);
  }
}

function refuse(what: string, bytes: number): never {
  throw errors.PARITY_UNCHECKED(`${what} would take ${(bytes / 1e9).toFixed(1)} GB of memory`);
}

function largest(graph: Graph): { readonly name: string; readonly bytes: number } | undefined {
  let found: { name: string; bytes: number } | undefined;
  for (const [name, type] of graph.types) {
    const bytes = leastBytes(type);
    if (bytes > (found?.bytes ?? 0)) found = { name, bytes };
  }
  return found;
}

/** With open axes of length 1. */
function leastBytes(type: ValueType | undefined): number {
  if (type?.kind !== 'tensor') return 0;
  let count = 1;
  for (const dim of type.shape ?? []) count *= typeof dim === 'number' ? dim : 1;
  return byteLength(type.dtype, count);
}

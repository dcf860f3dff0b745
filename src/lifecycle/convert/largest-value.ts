// A few bytes can describe a tensor larger than memory. What a run would take is known from the shapes before it is run.

import { errors } from '../../errors.ts';
import { byteLength } from '../../graph/dtype.ts';
import type { Graph, Model, ValueType } from '../../graph/model.ts';
import { allGraphs } from '../../passes/nested.ts';
import { weightBytes } from './memory.ts';

/** What a value of a model may take whatever its size; beyond it, so many times what its inputs and weights take. */
const HARMLESS_BYTES = 500e6;
const LIKELY_GROWTH = 10;

/** Throws PARITY_UNCHECKED for a model in which one value takes more than any of its inputs explains. Types are inferred. */
export function checkLargestValue(model: Model): void {
  const given = model.graph.inputs.reduce((sum, name) => sum + leastBytes(model.graph.types.get(name)), 0);
  const most = Math.max(HARMLESS_BYTES, LIKELY_GROWTH * (given + weightBytes(model)));
  for (const graph of allGraphs(model)) {
    const found = largest(graph);
    if (found === undefined || found.bytes <= most) continue;
    const size = found.bytes / 1e9;
    throw errors.PARITY_UNCHECKED(`${found.name} alone would take ${size.toFixed(1)} GB of memory`);
  }
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

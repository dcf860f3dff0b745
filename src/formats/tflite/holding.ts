// What a file that is written holds, for the report.

import type { Holding } from '../definition.ts';
import type { Operator, Subgraph, TfliteFile } from './records.ts';

export function holding({ version, subgraphs }: TfliteFile): Holding {
  let operators = 0;
  let inside = 0;
  let atBoundary = 0;
  for (const [index, subgraph] of subgraphs.entries()) {
    operators += subgraph.operators.length;
    for (const operator of subgraph.operators) {
      if (operator.opcode !== 'TRANSPOSE') continue;
      if (index === 0 && isAtBoundary(operator, subgraph)) atBoundary++;
      else inside++;
    }
  }
  return { formatVersion: formatVersion(version), operators, transposes: { inside, atBoundary } };
}

export function formatVersion(version: number): string {
  return `TFLite schema ${version}`;
}

/** Nothing but other shapes of the same order stands between it and an input or output. */
function isAtBoundary(operator: Operator, subgraph: Subgraph): boolean {
  const { inputs, outputs, operators } = subgraph;
  let before = operator.inputs[0] ?? -1;
  // Every round goes up one operator, and operators are in order.
  for (const each of [...operators].reverse()) {
    if (each.outputs[0] === before && shapers.has(each.opcode)) before = each.inputs[0] ?? -1;
  }
  if (inputs.includes(before)) return true;
  let behind = operator.outputs[0] ?? -1;
  for (const each of operators) {
    const isOnly = operators.filter((other) => other.inputs.includes(behind)).length === 1;
    if (each.inputs[0] === behind && shapers.has(each.opcode) && isOnly) behind = each.outputs[0] ?? -1;
  }
  return outputs.includes(behind);
}

const shapers = new Set(['RESHAPE', 'SQUEEZE', 'EXPAND_DIMS']);

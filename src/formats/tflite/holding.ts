// What a file that is written holds, for the report.

import type { Graph } from '../../graph/model.ts';
import { borderOf } from '../../passes/border.ts';
import type { Holding } from '../definition.ts';
import type { Subgraph, TfliteFile } from './records.ts';

export function holding({ version, subgraphs }: TfliteFile): Holding {
  let operators = 0;
  let inside = 0;
  let atBoundary = 0;
  for (const [index, subgraph] of subgraphs.entries()) {
    const graph = asGraph(subgraph);
    const transposes = graph.nodes.filter(({ opType }) => opType === 'TRANSPOSE');
    const outermost = index === 0 ? transposes.filter(borderOf(graph)).length : 0;
    operators += graph.nodes.length;
    atBoundary += outermost;
    inside += transposes.length - outermost;
  }
  return { formatVersion: formatVersion(version), operators, transposes: { inside, atBoundary } };
}

export function formatVersion(version: number): string {
  return `TFLite schema ${version}`;
}

const shapers = new Set(['RESHAPE', 'SQUEEZE', 'EXPAND_DIMS']);

/** As much of a graph as says where it begins and ends, values named by the indices of their tensors. */
function asGraph({ name, inputs, outputs, operators }: Subgraph): Graph {
  const nodes = operators.map(({ opcode, inputs, outputs }, index) => ({
    name: String(index),
    opType: shapers.has(opcode) ? 'Reshape' : opcode,
    domain: '',
    inputs: inputs.map(String),
    outputs: outputs.map(String),
    attributes: new Map(),
  }));
  return {
    name,
    inputs: inputs.map(String),
    outputs: outputs.map(String),
    nodes,
    initializers: new Map(),
    types: new Map(),
  };
}

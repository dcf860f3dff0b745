// The file while it is written: its subgraphs, and the walk over each graph's nodes.

import type { Graph } from '../../../graph/model.ts';
import type { Refusals } from '../refusals.ts';
import { Refusal, TFLITE } from '../rewrite/definition.ts';
import { Emission } from './emission.ts';
import type { Emitter } from './emitter.ts';
import { emitters } from './index.ts';

const byType = new Map<string, Emitter>();
for (const emitter of emitters) for (const opType of emitter.opTypes) byType.set(opType, emitter);

export type OpenSubgraph = {
  readonly name: string;
  readonly index: number;
  readonly emission: Emission;
  inputs: number[];
  outputs: number[];
};

export class FileEmission {
  readonly subgraphs: OpenSubgraph[] = [];
  readonly refusals: Refusals;

  /** Constants of float32 that float16 holds exactly are written in it. */
  readonly keepsHalf: boolean;

  constructor(refusals: Refusals, keepsHalf: boolean) {
    this.keepsHalf = keepsHalf;
    this.refusals = refusals;
  }

  /** Writes the model's own graph. */
  main(graph: Graph): void {
    const open = this.begin('main', graph);
    open.inputs = graph.inputs.map((value) => this.#declare(value, open.emission));
    this.nodes(open.emission);
    open.outputs = graph.outputs.map((value) => this.output(value, open.emission));
  }

  /** A further subgraph, empty yet: a branch, the condition or the body of a loop. */
  begin(name: string, graph: Graph, outer?: Emission): OpenSubgraph {
    const emission = new Emission(this, graph, outer);
    const index = this.subgraphs.length;
    const open: OpenSubgraph = { name, index, emission, inputs: [], outputs: [] };
    this.subgraphs.push(open);
    return open;
  }

  /** Emits the nodes of a subgraph's graph. */
  nodes(emission: Emission): void {
    for (const node of emission.graph.nodes) this.#emit(node, emission);
  }

  #declare(value: string, emission: Emission): number {
    try {
      return emission.out(value);
    } catch (cause) {
      if (!(cause instanceof Refusal)) throw cause;
      this.refusals.add({ name: value, opType: 'input', domain: '' }, cause.message);
      return -1;
    }
  }

  #emit(node: Graph['nodes'][number], emission: Emission): void {
    emission.node = node;
    if (this.refusals.has(node)) return void this.#skip(node, emission);
    try {
      const isOurs = node.domain === '' || node.domain === 'ai.onnx' || node.domain === TFLITE;
      const emitter = isOurs ? byType.get(node.opType) : undefined;
      if (emitter === undefined) {
        // Rewrites leave alone what they know too little of.
        const isKnown = node.inputs.every(
          (value) => value === '' || emission.find(value)?.shape !== undefined,
        );
        throw new Refusal(
          isKnown ? 'TFLite has no operator for it' : 'the number of axes of what it reads is not known',
        );
      }
      if (node.inputs.some((value) => value !== '' && !emission.has(value)))
        return void this.#skip(node, emission);
      emitter.emit(node, emission);
    } catch (cause) {
      if (!(cause instanceof Refusal)) throw cause;
      this.refusals.add(node, cause.message);
      this.#skip(node, emission);
    }
  }

  /** Goes on as if the node had been written, so that what comes after it is looked at too. */
  #skip(node: Graph['nodes'][number], emission: Emission): void {
    for (const value of node.outputs) {
      if (value !== '' && emission.find(value) !== undefined) {
        try {
          emission.out(value);
        } catch {}
      }
    }
  }

  /** The tensor of a graph's output. */
  output(value: string, emission: Emission): number {
    if (!emission.has(value)) return -1;
    try {
      return emission.in(value);
    } catch (cause) {
      if (!(cause instanceof Refusal)) throw cause;
      this.refusals.add({ name: value, opType: 'output', domain: '' }, cause.message);
      return -1;
    }
  }
}

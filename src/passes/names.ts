// Fresh names for the values and nodes a pass adds.

import type { Model } from '../graph/model.ts';
import { allGraphs } from './nested.ts';

/** The value and node names in use anywhere in a model. */
export class Names {
  readonly #values = new Set<string>();
  readonly #nodes = new Set<string>();
  readonly #next = new Map<string, number>();

  constructor(model: Model) {
    for (const graph of allGraphs(model)) {
      for (const name of [...graph.inputs, ...graph.outputs, ...graph.initializers.keys()])
        this.#values.add(name);
      for (const node of graph.nodes) {
        this.#nodes.add(node.name);
        for (const name of [...node.inputs, ...node.outputs]) this.#values.add(name);
      }
    }
  }

  value(name: string): string {
    return this.#unique(name, this.#values);
  }

  node(name: string): string {
    return this.#unique(name, this.#nodes);
  }

  /** The name of a node that is gone may be used again, so that its replacement keeps it. */
  release(name: string): void {
    this.#nodes.delete(name);
  }

  // Remembers where counting stopped, so that a thousand values of one stem do not cost a million look-ups.
  #unique(name: string, taken: Set<string>): string {
    let candidate = name;
    for (let n = this.#next.get(name) ?? 1; taken.has(candidate); n++) {
      candidate = `${name}_${n}`;
      this.#next.set(name, n);
    }
    taken.add(candidate);
    return candidate;
  }
}

// The cheapest division of a network into a source side and a sink side (max-flow min-cut, Dinic 1970).
// The networks here are one region of a graph between its Transposes: small, with integer capacities.

/** Larger than any sum of costs that is worth cutting. */
export const UNCUTTABLE = 1e12;

export class Network {
  static readonly source = 0;
  static readonly sink = 1;
  readonly #edges: { readonly to: number; left: number }[] = [];
  readonly #from: number[][] = [[], []];

  /** A new vertex. */
  vertex(): number {
    this.#from.push([]);
    return this.#from.length - 1;
  }

  /** Cutting between `from` (source side) and `to` (sink side) costs `cost`. */
  edge(from: number, to: number, cost: number): void {
    if (from === to || cost <= 0) return;
    this.#from[from]?.push(this.#edges.length);
    this.#edges.push({ to, left: cost });
    this.#from[to]?.push(this.#edges.length);
    this.#edges.push({ to: from, left: 0 });
  }

  /** The least cost, and the smallest source side that has it. Call once. */
  cut(): { readonly cost: number; readonly sourceSide: ReadonlySet<number> } {
    let cost = 0;
    for (;;) {
      const levels = this.#levels();
      if (levels[Network.sink] === -1) {
        const sourceSide = new Set<number>();
        for (const [vertex, level] of levels.entries()) if (level !== -1) sourceSide.add(vertex);
        return { cost, sourceSide };
      }
      const cursor = new Uint32Array(this.#from.length);
      for (let pushed = this.#push(levels, cursor); pushed > 0; pushed = this.#push(levels, cursor))
        cost += pushed;
    }
  }

  #levels(): Int32Array {
    const levels = new Int32Array(this.#from.length).fill(-1);
    levels[Network.source] = 0;
    const queue = [Network.source];
    for (let head = 0; head < queue.length; head++) {
      const vertex = queue[head] as number;
      for (const index of this.#from[vertex] ?? []) {
        const edge = this.#edges[index];
        if (!edge || edge.left <= 0 || levels[edge.to] !== -1) continue;
        levels[edge.to] = (levels[vertex] ?? 0) + 1;
        queue.push(edge.to);
      }
    }
    return levels;
  }

  /** One augmenting path along rising levels; walks with its own stack, since paths can be as long as the graph. */
  #push(levels: Int32Array, cursor: Uint32Array): number {
    const path: number[] = [];
    let vertex = Network.source;
    while (vertex !== Network.sink) {
      const next = this.#from[vertex]?.[cursor[vertex] ?? 0];
      if (next === undefined) {
        const back = path.pop();
        if (back === undefined) return 0;
        vertex = this.#edges[back ^ 1]?.to ?? Network.source;
        cursor[vertex] = (cursor[vertex] ?? 0) + 1;
        continue;
      }
      const edge = this.#edges[next];
      if (edge && edge.left > 0 && levels[edge.to] === (levels[vertex] ?? 0) + 1) {
        path.push(next);
        vertex = edge.to;
      } else {
        cursor[vertex] = (cursor[vertex] ?? 0) + 1;
      }
    }
    let amount = Number.POSITIVE_INFINITY;
    for (const index of path) amount = Math.min(amount, this.#edges[index]?.left ?? 0);
    for (const index of path) {
      const edge = this.#edges[index];
      const reverse = this.#edges[index ^ 1];
      if (edge) edge.left -= amount;
      if (reverse) reverse.left += amount;
    }
    return amount;
  }
}

// Which node is the first to compute something else, when two graphs give different results.

import type { Model, Node, ValueType } from '../../graph/model.ts';
import type { Tensor } from '../../graph/tensor.ts';
import { inferTypes } from '../../ops/infer.ts';
import { openGraph } from '../../runtimes/onnxruntime.ts';
import type { Feeds } from '../../runtimes/session.ts';
import { compareOutput } from '../parity.ts';

export type Divergence = {
  readonly node: string;
  readonly opType: string;
  /** The value both graphs call the same, first to differ. */
  readonly value: string;
  readonly maxAbs: number;
  readonly maxRel: number;
};

/** Values compared in one run: their results are in memory together. */
const AT_ONCE = 32;

/**
 * Runs both graphs and compares, in the order of `after`, every value that has the same name, dtype and shape in both.
 * undefined: all of them agree.
 */
export async function firstDivergence(
  before: Model,
  after: Model,
  feeds: Feeds,
  tolerance: number,
  signal?: AbortSignal,
): Promise<Divergence | undefined> {
  inferTypes(before);
  inferTypes(after);
  const shared = sharedValues(before, after);
  for (let start = 0; start < shared.length; start += AT_ONCE) {
    signal?.throwIfAborted();
    const part = shared.slice(start, start + AT_ONCE);
    const names = part.map(({ value }) => value);
    const left = await runExposed(before, names, feeds);
    const right = await runExposed(after, names, feeds);
    for (const { value, node } of part) {
      const expected = left[value];
      const actual = right[value];
      if (!expected || !actual) continue;
      const { maxAbs, maxRel, passed } = compareOutput(value, [expected], [actual], tolerance);
      if (!passed) return { node: node.name || value, opType: node.opType, value, maxAbs, maxRel };
    }
  }
  return undefined;
}

function sharedValues(before: Model, after: Model): { value: string; node: Node }[] {
  const made = new Set(before.graph.nodes.flatMap((node) => node.outputs));
  const shared: { value: string; node: Node }[] = [];
  for (const node of after.graph.nodes) {
    for (const value of node.outputs) {
      const type = after.graph.types.get(value);
      if (value === '' || !made.has(value) || type?.kind !== 'tensor') continue;
      if (spell(before.graph.types.get(value)) === spell(type)) shared.push({ value, node });
    }
  }
  return shared;
}

/** dtype and fixed axes; symbols may be called differently. */
function spell(type: ValueType | undefined): string {
  if (type?.kind !== 'tensor') return '';
  return `${type.dtype} ${type.shape?.map((dim) => (typeof dim === 'number' ? dim : '?'))}`;
}

async function runExposed(
  model: Model,
  names: readonly string[],
  feeds: Feeds,
): Promise<Readonly<Record<string, Tensor>>> {
  const outputs = [...new Set([...names, ...model.graph.outputs])];
  const session = await openGraph({ ...model, graph: { ...model.graph, outputs } }, { optimize: false });
  try {
    return await session.run(feeds, names);
  } finally {
    await session.release();
  }
}

// Runs a graph with every value as an output, and holds what was inferred against what is there.

import { MlctlError } from '../../src/errors.ts';
import type { Graph, Model, Shape } from '../../src/graph/model.ts';
import type { Tensor } from '../../src/graph/tensor.ts';
import { numbersIn } from '../../src/ops/integers.ts';
import type { Scope } from '../../src/ops/scope.ts';
import { openGraph } from '../../src/runtimes/onnxruntime.ts';
import type { Feeds, Session } from '../../src/runtimes/session.ts';

/** Every tensor the nodes of the graph make; undefined where onnxruntime cannot run it. */
export async function runAll(model: Model, feeds: Feeds): Promise<Feeds | undefined> {
  const graph: Graph = { ...model.graph, outputs: madeTensors(model.graph) };
  let session: Session | undefined;
  try {
    session = await openGraph({ ...model, graph }, { optimize: false });
    return await session.run(feeds);
  } catch (error) {
    if (error instanceof MlctlError) return undefined;
    throw error;
  } finally {
    await session?.release();
  }
}

function madeTensors(graph: Graph): string[] {
  const names = graph.nodes.flatMap((node) => node.outputs);
  return names.filter((name) => graph.types.get(name)?.kind === 'tensor');
}

export type Count = { values: number; numbers: number };

/** What onnxruntime found to be other than inferred; counts what was compared. */
export function mismatches(actual: Feeds, found: Scope, count: Count): string[] {
  return Object.entries(actual).flatMap(([name, tensor]) => mismatch(name, tensor, found, count) ?? []);
}

function mismatch(
  name: string,
  { dtype, dims, data }: Tensor,
  { graph, integers }: Scope,
  count: Count,
): string | undefined {
  const type = graph.types.get(name);
  if (type?.kind !== 'tensor') return undefined;
  count.values++;
  if (type.dtype !== dtype) return `"${name}" was inferred as ${type.dtype} and is ${dtype}`;
  if (type.shape !== undefined && !fits(type.shape, dims)) {
    return `"${name}" was inferred as ${JSON.stringify(type.shape)} and is [${dims}]`;
  }
  const held = integers.get(name);
  const values = numbersIn({ dtype, dims, data });
  if (held === undefined || values === undefined) return undefined;
  count.numbers += held.filter((value) => typeof value === 'number').length;
  if (fits(held, values)) return undefined;
  return `"${name}" was inferred to hold ${JSON.stringify(held)} and holds [${values}]`;
}

function fits(inferred: Shape, actual: readonly number[]): boolean {
  const isSame = (dim: Shape[number], axis: number): boolean =>
    typeof dim !== 'number' || dim === actual[axis];
  return inferred.length === actual.length && inferred.every(isSame);
}

// Real ONNX files: every value gets an element type and a rank, and what was inferred holds when onnxruntime runs them.

import { describe, expect, it } from 'vitest';
import { MlctlError } from '../../src/errors.ts';
import { type DType, dtypes } from '../../src/graph/dtype.ts';
import type { Graph, Model } from '../../src/graph/model.ts';
import { elementCount, type Tensor } from '../../src/graph/tensor.ts';
import { Inference, inferTypes } from '../../src/ops/infer.ts';
import { subgraphs } from '../../src/ops/subgraphs.ts';
import { upgradeModel } from '../../src/ops/upgrade.ts';
import { openGraph } from '../../src/runtimes/onnxruntime.ts';
import type { Feeds, Session } from '../../src/runtimes/session.ts';
import { corpus, corpusModel, corpusModels } from './corpus.ts';
import { open, refused, traced } from './corpus-exceptions.ts';
import { mismatches, runAll } from './values.ts';

describe.skipIf(corpus === undefined)('the ONNX files of the corpus (MLCTL_CORPUS is not set)', () => {
  it('get an element type and a rank for every value', async () => {
    const count = { values: 0, untyped: 0, unranked: 0, unknownAxes: 0 };
    const problems: string[] = [];
    for (const path of corpusModels()) {
      const model = await corpusModel(path);
      const error = upgradeError(model);
      if (error !== undefined) {
        const expected = refused[path];
        if (expected === undefined || !error.includes(expected)) problems.push(`${path}: ${error}`);
        continue;
      }
      if (path in refused) problems.push(`${path} is not refused any more`);
      const before = count.untyped + count.unranked;
      countTypes(model.graph, count);
      const isOpen = count.untyped + count.unranked > before;
      if (isOpen !== path in open) problems.push(`${path} is ${isOpen ? '' : 'not '}open`);
    }
    expect(problems).toEqual([]);
    expect(count.values).toBeGreaterThan(3000);
    expect((count.untyped + count.unranked) / count.values).toBeLessThan(0.04);
    expect(count.unknownAxes / count.values).toBeLessThan(0.07);
  });

  it('compute the same after the upgrade, and hold in every value what was inferred', async () => {
    const problems: string[] = [];
    const count = { values: 0, numbers: 0 };
    let same = 0;
    for (const path of corpusModels()) {
      const model = await corpusModel(path);
      const feeds = feedsFor(model);
      const before = feeds && (await run(model, feeds));
      if (feeds === undefined || before === undefined || path in refused) continue;
      upgradeModel(model);
      const found = new Inference(model).walk(model.graph);
      const problem = compare(before, await run(model, feeds));
      if (problem === undefined) same++;
      else problems.push(`${path}: ${problem}`);
      if (elements(model.graph) > LARGEST || path in traced) continue;
      for (const wrong of mismatches((await runAll(model, feeds)) ?? {}, found, count)) {
        problems.push(`${path}: ${wrong}`);
      }
    }
    expect(problems).toEqual([]);
    expect(same).toBeGreaterThan(75);
    expect(count.values).toBeGreaterThan(900);
  }, 300_000);
});

/** Elements of all values beyond which not each of them is looked at. */
const LARGEST = 1e7;

function elements(graph: Graph): number {
  let count = 0;
  for (const type of graph.types.values()) {
    const shape = (type.kind === 'tensor' ? type.shape : undefined) ?? [];
    count += elementCount(shape.map((dim) => (typeof dim === 'number' ? dim : 2)));
  }
  return count;
}

function upgradeError(model: Model): string | undefined {
  try {
    upgradeModel(model);
    inferTypes(model);
    return undefined;
  } catch (error) {
    if (error instanceof MlctlError) return error.message;
    throw error;
  }
}

type Count = { values: number; untyped: number; unranked: number; unknownAxes: number };

function countTypes(graph: Graph, count: Count): void {
  for (const node of graph.nodes) {
    for (const name of node.outputs) {
      if (name === '') continue;
      const type = graph.types.get(name);
      count.values++;
      if (type === undefined) count.untyped++;
      else if (type.kind === 'tensor' && type.shape === undefined) count.unranked++;
      else if (type.kind === 'tensor' && type.shape?.includes(null)) count.unknownAxes++;
    }
    for (const inner of subgraphs(node)) countTypes(inner, count);
  }
}

/** Small numbers for every input, 2 for each axis that is not fixed; undefined for what is not a plain tensor. */
function feedsFor({ graph }: Model): Feeds | undefined {
  const feeds: Record<string, Tensor> = {};
  for (const name of graph.inputs) {
    const type = graph.types.get(name);
    if (type?.kind !== 'tensor' || type.shape === undefined) return undefined;
    const tensor = numbers(
      type.dtype,
      type.shape.map((dim) => (typeof dim === 'number' ? dim : 2)),
    );
    if (tensor === undefined) return undefined;
    feeds[name] = tensor;
  }
  return feeds;
}

function numbers(dtype: DType, dims: readonly number[]): Tensor | undefined {
  const { array, bits } = dtypes[dtype];
  const length = elementCount(dims);
  if (array === 'strings')
    return { dtype, dims, data: Array.from({ length }, (_, at) => (at % 2 ? 'a' : 'monday')) };
  if (bits < 8 || (bits === 16 && array === Uint16Array && dtype !== 'uint16')) return undefined;
  const isWhole = !dtype.startsWith('float');
  const value = (at: number): number => (isWhole ? at % 2 : ((at * 37) % 101) / 101);
  if (array === BigInt64Array || array === BigUint64Array) {
    const data = Array.from({ length }, (_, at) => BigInt(value(at)));
    return {
      dtype,
      dims,
      data: array === BigInt64Array ? BigInt64Array.from(data) : BigUint64Array.from(data),
    };
  }
  const data = new (array as Float32ArrayConstructor)(length);
  for (let at = 0; at < length; at++) data[at] = value(at);
  return { dtype, dims, data };
}

/** undefined where onnxruntime cannot load or run the model, upgraded or not. */
async function run(model: Model, feeds: Feeds): Promise<Feeds | undefined> {
  let session: Session | undefined;
  try {
    session = await openGraph(model, { optimize: false });
    return await session.run(feeds);
  } catch (error) {
    if (error instanceof MlctlError) return undefined;
    throw error;
  } finally {
    await session?.release();
  }
}

function compare(before: Feeds, after: Feeds | undefined): string | undefined {
  if (after === undefined) return 'it does not run any more';
  for (const [name, tensor] of Object.entries(before)) {
    const other = after[name];
    if (String(other?.dims) !== String(tensor.dims))
      return `"${name}" is [${other?.dims}], was [${tensor.dims}]`;
    let scale = 1e-6;
    let worst = 0;
    for (const [at, value] of tensor.data.entries()) {
      if (Number.isFinite(Number(value))) scale = Math.max(scale, Math.abs(Number(value)));
      const distance = Math.abs(Number(value) - Number(other?.data[at]));
      if (!Object.is(value, other?.data[at]))
        worst = Math.max(worst, Number.isNaN(distance) ? Infinity : distance);
    }
    if (worst > 1e-5 * scale) return `"${name}" differs by ${worst} at a scale of ${scale}`;
  }
  return undefined;
}

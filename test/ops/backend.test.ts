// The ONNX project's own operator tests: shapes inferred from the inputs alone equal those the tests declare, and
// models of every opset compute the same after upgradeModel.

import { describe, expect, it } from 'vitest';
import { MlctlError } from '../../src/errors.ts';
import type { Graph, Model, ValueType } from '../../src/graph/model.ts';
import { elementCount, type Tensor } from '../../src/graph/tensor.ts';
import { inferTypes } from '../../src/ops/infer.ts';
import { NEWEST_OPSET, OLDEST_OPSET, upgradeModel } from '../../src/ops/upgrade.ts';
import { openGraph } from '../../src/runtimes/onnxruntime.ts';
import type { Feeds, Session } from '../../src/runtimes/session.ts';
import { dataDependent, excluded } from './backend-exceptions.ts';
import { backendInputs, backendModel, backendTests, corpus } from './corpus.ts';

/** The opsets mlctl reads; the suite has a few tests on either side. */
async function readable(test: string): Promise<Model | undefined> {
  const model = await backendModel(test);
  const opset = model.opsets.get('') ?? 0;
  return opset >= OLDEST_OPSET && opset <= NEWEST_OPSET ? model : undefined;
}

describe.skipIf(corpus === undefined)('the backend suite (MLCTL_CORPUS is not set)', () => {
  it('declares the shapes that are inferred', async () => {
    const missed: string[] = [];
    const needless = new Set([...Object.keys(dataDependent), ...Object.keys(excluded)]);
    let exact = 0;
    let all = 0;
    for (const test of backendTests()) {
      const model = await readable(test);
      if (model === undefined) continue;
      all++;
      const problem = await firstMiss(test, model);
      if (problem === undefined) {
        exact++;
        continue;
      }
      const opTypes = model.graph.nodes.map((node) => node.opType);
      const reason = [test, ...opTypes].find((name) => name in excluded || name in dataDependent);
      if (reason === undefined) missed.push(`${test}: ${problem}`);
      else needless.delete(reason);
    }
    expect(missed).toEqual([]);
    expect([...needless], 'exceptions that no test needs').toEqual([]);
    expect(all).toBeGreaterThan(1200);
    expect(exact / all).toBeGreaterThan(0.96);
  });

  it('computes the same after the upgrade', async () => {
    const differing: string[] = [];
    let same = 0;
    for (const test of backendTests()) {
      const model = await readable(test);
      const before = model && (await runBackend(test, model));
      // onnxruntime has no kernel for every operator and type.
      if (model === undefined || before === undefined) continue;
      const upgraded = await backendModel(test);
      upgradeModel(upgraded);
      const problem = difference(before, await runBackend(test, upgraded));
      if (problem === undefined) same++;
      else differing.push(`${test}: ${problem}`);
    }
    expect(differing).toEqual([]);
    expect(same).toBeGreaterThan(1000);
  });
});

async function firstMiss(test: string, model: Model): Promise<string | undefined> {
  const { graph } = model;
  const declared = new Map(graph.outputs.map((name) => [name, graph.types.get(name)]));
  forgetTypes(graph);
  await fixShapeInputs(test, graph);
  try {
    upgradeModel(model);
    inferTypes(model);
  } catch (error) {
    if (error instanceof MlctlError) return error.message;
    throw error;
  }
  for (const [name, type] of declared) {
    const inferred = graph.types.get(name);
    if (!isAsExact(type, inferred)) {
      return `"${name}" is ${JSON.stringify(inferred)}, declared ${JSON.stringify(type)}`;
    }
  }
  return undefined;
}

function forgetTypes(graph: Graph): void {
  const inputs = new Set(graph.inputs);
  for (const name of [...graph.types.keys()]) if (!inputs.has(name)) graph.types.delete(name);
}

/** The suite feeds shapes, axes, pads and the like as inputs; in a model they are constants. */
async function fixShapeInputs(test: string, graph: Graph): Promise<void> {
  const tensors = await backendInputs(test, graph.inputs.length);
  for (const [index, name] of graph.inputs.entries()) {
    const tensor = tensors[index];
    if (tensor !== undefined && tensor.dims.length < 2 && elementCount(tensor.dims) <= 64) {
      graph.initializers.set(name, tensor);
    }
  }
}

/** Whether the inferred type says all that the declared one does. */
function isAsExact(declared: ValueType | undefined, inferred: ValueType | undefined): boolean {
  if (declared === undefined || inferred === undefined) return declared === undefined;
  if (declared.kind === 'tensor' && inferred.kind === 'tensor') {
    if (declared.dtype !== inferred.dtype) return false;
    if (declared.shape === undefined) return true;
    const shape = inferred.shape;
    if (shape === undefined || shape.length !== declared.shape.length) return false;
    return declared.shape.every((dim, axis) => typeof dim !== 'number' || dim === shape[axis]);
  }
  if (declared.kind === 'tensor' || inferred.kind === 'tensor' || declared.kind !== inferred.kind)
    return false;
  return isAsExact(declared.element, inferred.element);
}

/** Outputs on the suite's inputs; undefined where onnxruntime cannot run the model. */
async function runBackend(test: string, model: Model): Promise<Feeds | undefined> {
  let session: Session | undefined;
  try {
    session = await openGraph(model, { optimize: false });
    const tensors = await backendInputs(test, model.graph.inputs.length);
    const feeds: Record<string, Tensor> = {};
    for (const [index, name] of model.graph.inputs.entries()) {
      const tensor = tensors[index];
      if (tensor !== undefined) feeds[name] = tensor;
    }
    return await session.run(feeds);
  } catch (error) {
    if (error instanceof MlctlError) return undefined;
    throw error;
  } finally {
    await session?.release();
  }
}

function difference(before: Feeds, after: Feeds | undefined): string | undefined {
  if (after === undefined) return 'it does not run any more';
  for (const [name, tensor] of Object.entries(before)) {
    const other = after[name];
    if (other === undefined || other.dtype !== tensor.dtype || String(other.dims) !== String(tensor.dims)) {
      return `"${name}" is ${other?.dtype} [${other?.dims}], was ${tensor.dtype} [${tensor.dims}]`;
    }
    for (const [index, value] of tensor.data.entries()) {
      const now = other.data[index];
      const isClose = Math.abs(Number(value) - Number(now)) <= 1e-5 * Math.max(1, Math.abs(Number(value)));
      if (!Object.is(value, now) && !isClose) return `"${name}"[${index}] is ${now}, was ${value}`;
    }
  }
  return undefined;
}

// The ONNX project's operator tests through the TFLite writer: what becomes of each.

import { MlctlError } from '../../../src/errors.ts';
import { readOnnx } from '../../../src/formats/onnx/read.ts';
import { tensorType } from '../../../src/graph/model.ts';
import { type BackendCase, loadCase } from '../onnx/backend.ts';
import { context, isClose, runFile, write } from './write-run.ts';

export type Verdict =
  | { readonly state: 'passed'; readonly opTypes: readonly string[] }
  | { readonly state: 'refused' | 'failed'; readonly opTypes: readonly string[]; readonly reason: string };

/** Operators whose only inputs are sizes. */
const ofSizesOnly = new Set([
  'BlackmanWindow',
  'ConstantOfShape',
  'HammingWindow',
  'HannWindow',
  'MelWeightMatrix',
  'Range',
]);

/** undefined: not a test of tensors, or one this version of mlctl does not read. */
export async function judge(name: string): Promise<Verdict | undefined> {
  const one = await loadCase(name);
  if (!one.allTensors) return undefined;
  let opTypes: readonly string[];
  try {
    const { graph } = await readOnnx(one.path, context);
    opTypes = [
      ...new Set(graph.nodes.map(({ domain, opType }) => (domain === '' ? opType : `${domain}:${opType}`))),
    ];
  } catch {
    return undefined;
  }
  let verdict: Verdict = { state: 'failed', opTypes, reason: 'not tried' };
  // Sizes, axes and weights are inputs in these tests; where TFLite wants to know them, they are constants.
  for (const isBaked of [false, true]) {
    verdict = await attempt(one, opTypes, isBaked);
    if (verdict.state === 'passed') break;
  }
  return verdict;
}

async function attempt(one: BackendCase, opTypes: readonly string[], isBaked: boolean): Promise<Verdict> {
  const model = await readOnnx(one.path, context);
  const { graph } = model;
  if (isBaked) {
    const isWhole = opTypes.some((opType) => ofSizesOnly.has(opType));
    for (const [index, input] of graph.inputs.entries()) {
      const tensor = one.feeds[input];
      if (tensor === undefined || (index === 0 && !isWhole)) continue;
      graph.initializers.set(input, tensor);
      graph.types.set(input, tensorType(tensor.dtype, tensor.dims));
    }
    graph.inputs = graph.inputs.filter((input) => !graph.initializers.has(input));
  }
  for (const [output, tensor] of Object.entries(one.expected)) {
    graph.types.set(output, tensorType(tensor.dtype, tensor.dims));
  }
  try {
    const file = await write(model);
    const feeds = Object.fromEntries(graph.inputs.map((input) => [input, one.feeds[input]]));
    const got = await runFile(file, feeds as BackendCase['feeds']);
    const wrong = graph.outputs.filter((output) => {
      const expected = one.expected[output];
      return expected !== undefined && !isClose(expected, got[output]);
    });
    return wrong.length === 0
      ? { state: 'passed', opTypes }
      : { state: 'failed', opTypes, reason: `${wrong.join(', ')} differs` };
  } catch (cause) {
    if (!(cause instanceof MlctlError)) throw cause;
    const [first = cause.message] = cause.details ?? [];
    const reason = first.replace(/ ×\d+:/, ':').replace(/ \([^()]*\)$/, '');
    return { state: cause.code === 'OP_UNSUPPORTED' ? 'refused' : 'failed', opTypes, reason };
  }
}

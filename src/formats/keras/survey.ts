// Walks a whole model before anything is lowered: counts its layers and finds everything that cannot be converted.

import type { Unsupported } from '../definition.ts';
import { activationNames, readActivation } from './activations.ts';
import { LayerConfig } from './config.ts';
import { policyName } from './input.ts';
import { isRecord, spell } from './json-shape.ts';
import { isKerasClass, whyRefused } from './known-classes.ts';
import { isModelClass } from './normalize.ts';
import { PREFIX } from './operators/names.ts';
import type { Dialect, LayerCall, LayerSpec, ModelSpec } from './spec.ts';
import type { FamilyOf } from './weights.ts';

export type Survey = {
  /** Count per class as the file spells it, nested layers included. */
  readonly counts: Readonly<Record<string, number>>;
  readonly unsupported: readonly Unsupported[];
};

export function survey(
  model: ModelSpec,
  dialect: Dialect,
  familyOf: FamilyOf,
  fail: (problem: string, layer?: string) => never,
): Survey {
  const counts: Record<string, number> = {};
  const reasons = new Map<string, Problem & { where: string[] }>();
  const visit = (layers: readonly LayerSpec[], prefix: string) => {
    for (const layer of layers) {
      const path = `${prefix}${layer.name}`;
      counts[layer.spelled] = (counts[layer.spelled] ?? 0) + 1;
      const problems = problemsOf(layer, dialect, familyOf, (problem) => fail(problem, path));
      for (const { opType, reason } of problems) {
        const key = `${opType}\n${reason}`;
        const hint = wayOut(layer, opType, familyOf);
        const entry = reasons.get(key) ?? { opType, reason, where: [], hint };
        entry.where.push(path);
        reasons.set(key, entry);
      }
      if (layer.model !== undefined) visit(layer.model.layers, `${path}/`);
      if (layer.wrapped !== undefined) visit([layer.wrapped], `${path}/`);
    }
  };
  visit(model.layers, '');
  return { counts, unsupported: [...reasons.values()] };
}

type Problem = { readonly opType: string; readonly reason: string; readonly hint?: string };

/** What the author of the model can do about it. */
function wayOut({ className, origin }: LayerSpec, opType: string, familyOf: FamilyOf): string {
  const cut = 'or cut the model before it with convert --outputs';
  if (opType === 'Lambda' || className === 'Lambda') {
    return `replace it by built-in layers (Rescaling, Reshape, …) in Keras and save the model again, ${cut}`;
  }
  const isOperator = className.startsWith(PREFIX) || /^(Class|Instance)(Method|Property)$/.test(className);
  if (isOperator) return `use a layer or a keras.ops function with an ONNX meaning instead, ${cut}`;
  if (origin !== undefined || !isKerasClass(className)) {
    return `rebuild it from built-in layers in Keras, copy its weights and save the model again, ${cut}`;
  }
  return familyOf(className) === undefined
    ? `replace it by built-in layers in Keras and save the model again, ${cut}`
    : `change this setting in Keras and save the model again, ${cut}`;
}

function problemsOf(
  layer: LayerSpec,
  dialect: Dialect,
  familyOf: FamilyOf,
  fail: (problem: string) => never,
): Problem[] {
  const problem = (reason: string) => ({ opType: layer.spelled, reason });
  const family = layer.origin === undefined ? familyOf(layer.className) : undefined;
  const called = layer.calls.flatMap((call) => callProblems(call, family?.keywords ?? [])).map(problem);
  if (layer.model !== undefined && isModelClass(layer.className)) return called;
  if (family === undefined) return [problem(whyUnknown(layer)), ...innerProblems(layer)];
  const config = new LayerConfig(layer.config, fail);
  const own = family.problem?.(config, dialect, layer.className) ?? quantizationProblem(layer.config.dtype);
  const activation = activationProblem(layer.config.activation, familyOf);
  return [
    ...[own, activation].flatMap((reason) => (reason === undefined ? [] : [problem(reason)])),
    ...called,
  ];
}

/** Arguments given by name that the layer would have to know. */
function callProblems({ keywords, options }: LayerCall, known: readonly string[]): string[] {
  const isUnset = (value: unknown) => value === null || value === false;
  return [
    ...Object.keys(keywords).flatMap((name) =>
      known.includes(name) ? [] : [`it is called with a tensor as its argument ${name}`],
    ),
    ...Object.entries(options).flatMap(([name, value]) =>
      known.includes(name) || isUnset(value) ? [] : [`it is called with ${name} = ${spell(value)}`],
    ),
  ];
}

/** Keras 3.4 and later: `int8_from_float32` and the like keep their weights in another form. */
function quantizationProblem(policy: unknown): string | undefined {
  const name = policyName(policy) ?? '';
  return name.includes('_from_') ? `its weights are quantized (${name}), not supported yet` : undefined;
}

function whyUnknown({ className, origin }: LayerSpec): string {
  if (className.startsWith(PREFIX)) {
    return `the operator ${className.slice(PREFIX.length)} called on a tensor is not supported yet`;
  }
  if (/^(ClassMethod|InstanceMethod|InstanceProperty)$/.test(className)) {
    return 'a TensorFlow function called on a tensor, not supported yet';
  }
  if (origin !== undefined) return `a class of the author's own code (${origin})`;
  const refused = whyRefused(className);
  if (refused !== undefined) return refused;
  return isKerasClass(className) ? 'not supported yet' : "not a Keras class: the author's own code";
}

/** A wrapper may hide a Lambda; whoever reads the report should know. */
function innerProblems(layer: LayerSpec): Problem[] {
  let inner = layer.config.layer;
  for (let depth = 0; depth < 10 && isRecord(inner); depth++) {
    if (inner.class_name === 'Lambda') return [{ opType: 'Lambda', reason: 'Python code, never run' }];
    inner = isRecord(inner.config) ? inner.config.layer : undefined;
  }
  return [];
}

function activationProblem(value: unknown, familyOf: FamilyOf): string | undefined {
  const activation = readActivation(value);
  if (activation.kind === 'custom') {
    return `its activation ${activation.name} is not one of Keras' own (${activationNames.length} are known)`;
  }
  if (activation.kind !== 'layer') return undefined;
  const family = familyOf(activation.className);
  if (family === undefined) return `its activation ${activation.className} is not supported`;
  return family.weights === undefined
    ? undefined
    : `its activation ${activation.className} has weights of its own`;
}

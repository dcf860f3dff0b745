// Whether every layer of a Keras model has the weights it needs, and no weights are left over.

import { LayerConfig } from '../../../formats/keras/config.ts';
import { familyOf, type OpenedModel } from '../../../formats/keras/open-model.ts';
import type { Check, Finding } from '../definition.ts';
import { lookIntoKeras } from '../keras-model.ts';

export default {
  name: 'layer-weights',
  stage: 'content',
  run: (subject, context) => lookIntoKeras(subject, context, compare),
} satisfies Check;

function compare({ model, file, fail }: OpenedModel): Finding[] {
  // Weights kept by object carry no layer names: reading the graph says what does not fit.
  if (file.objects !== undefined) return [];
  const findings: Finding[] = [];
  const names = new Set<string>();
  for (const layer of model.layers) {
    names.add(layer.name);
    const family = layer.origin === undefined ? familyOf(layer.className) : undefined;
    if (layer.model !== undefined || layer.wrapped !== undefined || family === undefined) {
      for (const inner of layer.model?.layers ?? []) names.add(inner.name);
      continue;
    }
    const needed = family.weights?.(new LayerConfig(layer.config, fail), layer.className) ?? [];
    const stored = file.weights.get(layer.name) ?? [];
    // An architecture kept apart may name its layers otherwise than the weights do: reading aligns them.
    if (needed.length === 0 || (stored.length === 0 && file.container === 'pair')) continue;
    if (stored.length >= needed.length) continue;
    const missing = needed.slice(stored.length).map(({ name }) => name);
    findings.push({
      severity: 'problem',
      message: `layer ${layer.name} (${layer.spelled}) has ${stored.length} of its ${needed.length} weights: ${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} missing`,
      remediation: 'save the model again from the program that trained it',
      where: [layer.name],
    });
  }
  const left = [...file.weights]
    .filter(([name, weights]) => weights.length > 0 && !names.has(name))
    .map(([name]) => name);
  if (left.length > 0 && file.container === 'hdf5') {
    findings.push({
      severity: 'warning',
      message: `${left.length === 1 ? 'weights are' : `weights of ${left.length} layers are`} in the file that no layer of the architecture has`,
      remediation: 'nothing has to be done, unless the architecture is of another model',
      where: left,
    });
  }
  if (findings.length === 0) return [{ severity: 'ok', message: 'every layer has its weights' }];
  return findings;
}

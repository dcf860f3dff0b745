// Weights that are not numbers: a model that has them answers NaN, and nothing later says why.

import type { Context } from '../../context.ts';
import type { Graph, Model } from '../../graph/model.ts';
import type { Tensor } from '../../graph/tensor.ts';
import { allGraphs } from '../../passes/nested.ts';

/** Records WEIGHTS_NOT_FINITE with the layers that hold NaN, or infinite values other than limits of an operator. */
export function checkWeights(model: Model, context: Context): void {
  const layers = new Map<string, { nan: number; infinite: number }>();
  for (const graph of allGraphs(model)) {
    for (const [name, tensor] of graph.initializers) {
      const { nan, infinite } = countNotFinite(tensor);
      if (nan === 0 && (infinite === 0 || tensor.data.length === 1)) continue;
      for (const layer of readersOf(graph, name)) {
        const before = layers.get(layer) ?? { nan: 0, infinite: 0 };
        layers.set(layer, { nan: before.nan + nan, infinite: before.infinite + infinite });
      }
    }
  }
  if (layers.size === 0) return;
  const names = [...layers.keys()];
  const nan = [...layers.values()].reduce((sum, layer) => sum + layer.nan, 0);
  const infinite = [...layers.values()].reduce((sum, layer) => sum + layer.infinite, 0);
  const shown =
    names.length > 5 ? `${names.slice(0, 5).join(', ')} and ${names.length - 5} more` : names.join(', ');
  context.diagnose({
    code: 'WEIGHTS_NOT_FINITE',
    severity: 'warning',
    message: `${names.length === 1 ? 'a layer has' : `${names.length} layers have`} weights that are not numbers: ${shown} (${nan} NaN, ${infinite} infinite)`,
    where: { layer: names[0] ?? '' },
    args: { layers: names, nan, infinite },
    hint: 'the training of this model diverged; take an earlier checkpoint',
  });
}

function countNotFinite({ dtype, data }: Tensor): { nan: number; infinite: number } {
  let nan = 0;
  let infinite = 0;
  if (dtype === 'float32' || dtype === 'float64') {
    for (const value of data as Float32Array) {
      if (Number.isFinite(value)) continue;
      if (Number.isNaN(value)) nan++;
      else infinite++;
    }
  } else if (dtype === 'float16') {
    for (const bits of data as Uint16Array) {
      if ((bits & 0x7c00) !== 0x7c00) continue;
      if (bits & 0x3ff) nan++;
      else infinite++;
    }
  }
  return { nan, infinite };
}

function readersOf(graph: Graph, value: string): string[] {
  const readers = graph.nodes
    .filter((node) => node.inputs.includes(value))
    .map((node) => node.name || node.outputs[0] || '');
  return readers.length > 0 ? readers : [value];
}

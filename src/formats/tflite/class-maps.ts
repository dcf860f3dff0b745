// Classifiers of scikit-learn's kind end in a list of maps, from class to score. TFLite has tensors only: such an output
// becomes the scores themselves, one column for each class.
// https://onnx.ai/onnx/operators/onnx_aionnxml_ZipMap.html

import type { Context } from '../../context.ts';
import { attribute } from '../../graph/attribute.ts';
import type { Model } from '../../graph/model.ts';

/** Changes the model in place. */
export function giveMapsAsTensors({ graph }: Model, context: Context): void {
  for (const node of graph.nodes) {
    const [scores = ''] = node.inputs;
    const [output = ''] = node.outputs;
    const type = graph.types.get(scores);
    const isOurs = node.domain === 'ai.onnx.ml' && node.opType === 'ZipMap' && graph.outputs.includes(output);
    if (!isOurs || type === undefined) continue;
    if (graph.nodes.some(({ inputs }) => inputs.includes(output))) continue;
    const names = attribute<readonly string[]>(node, 'classlabels_strings', []);
    const classes = names.length > 0 ? names : attribute<readonly number[]>(node, 'classlabels_int64s', []);
    node.domain = '';
    node.opType = 'Identity';
    node.attributes.clear();
    graph.types.set(output, type);
    context.diagnose({
      code: 'MAP_AS_TENSOR',
      severity: 'note',
      message: `output ${output} is a tensor instead of a map: one column for each class, ${classes.join(', ')}`,
    });
  }
}

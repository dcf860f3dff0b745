// Classifiers of scikit-learn's kind end in a list of maps, from class to score. TFLite has tensors only: such an output
// becomes the scores themselves, one column for each class.
// https://onnx.ai/onnx/operators/onnx_aionnxml_ZipMap.html

import type { Context } from '../../context.ts';
import type { Model, Node } from '../../graph/model.ts';

const MOST_SHOWN = 12;

/** Changes the model in place. */
export function giveMapsAsTensors({ graph }: Model, context: Context): void {
  for (const node of graph.nodes) {
    const [scores = ''] = node.inputs;
    const [output = ''] = node.outputs;
    const type = graph.types.get(scores);
    const isOurs = node.domain === 'ai.onnx.ml' && node.opType === 'ZipMap' && graph.outputs.includes(output);
    if (!isOurs || type === undefined) continue;
    if (graph.nodes.some(({ inputs }) => inputs.includes(output))) continue;
    const classes = classesOf(node);
    node.domain = '';
    node.opType = 'Identity';
    node.attributes.clear();
    graph.types.set(output, type);
    context.diagnose({
      code: 'MAP_AS_TENSOR',
      severity: 'note',
      message: `output ${output} is a tensor instead of a map: one column for each class, ${classes}`,
    });
  }
}

/** The classes in the order of the columns, as many as a line has room for. */
function classesOf({ attributes }: Node): string {
  const lists = ['classlabels_strings', 'classlabels_int64s'].flatMap((name) => {
    const held = attributes.get(name);
    return held?.type === 'strings' || held?.type === 'ints' ? [held.value.map(String)] : [];
  });
  const [classes = []] = lists.filter(({ length }) => length > 0);
  const rest = classes.length - MOST_SHOWN;
  return classes.slice(0, MOST_SHOWN).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}

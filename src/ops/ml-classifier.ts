// https://onnx.ai/onnx/operators/onnx_aionnxml_LinearClassifier.html and likewise for the others.
// Opsets: LinearClassifier 1; SVMClassifier 1; TreeEnsembleClassifier 1, 3, 5.

import { int, string } from '../graph/attribute.ts';
import type { InferContext, OpFamily } from './definition.ts';
import { tensorOf } from './result.ts';

export default {
  domain: 'ai.onnx.ml',
  ops: {
    LinearClassifier: {
      since: 1,
      inputs: [1, 1],
      outputs: [2, 2],
      attributes: {
        classlabels_ints: null,
        classlabels_strings: null,
        coefficients: null,
        intercepts: null,
        multi_class: int(0),
        post_transform: string('NONE'),
      },
    },
    SVMClassifier: {
      since: 1,
      inputs: [1, 1],
      outputs: [2, 2],
      attributes: {
        classlabels_ints: null,
        classlabels_strings: null,
        coefficients: null,
        kernel_params: null,
        kernel_type: string('LINEAR'),
        post_transform: string('NONE'),
        prob_a: null,
        prob_b: null,
        rho: null,
        support_vectors: null,
        vectors_per_class: null,
      },
    },
    TreeEnsembleClassifier: {
      since: 1,
      inputs: [1, 1],
      outputs: [2, 2],
      attributes: {
        base_values: null,
        base_values_as_tensor: null,
        class_ids: null,
        class_nodeids: null,
        class_treeids: null,
        class_weights: null,
        class_weights_as_tensor: null,
        classlabels_int64s: null,
        classlabels_strings: null,
        nodes_falsenodeids: null,
        nodes_featureids: null,
        nodes_hitrates: null,
        nodes_hitrates_as_tensor: null,
        nodes_missing_value_tracks_true: null,
        nodes_modes: null,
        nodes_nodeids: null,
        nodes_treeids: null,
        nodes_truenodeids: null,
        nodes_values: null,
        nodes_values_as_tensor: null,
        post_transform: string('NONE'),
      },
    },
  },
  infer(context) {
    const shape = context.shape(0);
    const rows = shape?.length === 1 ? 1 : (shape?.[0] ?? null);
    const labels = labelsOf(context);
    return [tensorOf(labels.dtype, [rows]), tensorOf('float32', [rows, labels.count])];
  },
} satisfies OpFamily;

/** Class labels are strings or integers; the attribute's name differs between the operators. */
function labelsOf(context: InferContext): { dtype: 'string' | 'int64'; count: number | null } {
  const names = context.find('classlabels_strings')?.value;
  if (Array.isArray(names) && names.length > 0) return { dtype: 'string', count: names.length };
  const numbers = context.ints('classlabels_ints') ?? context.ints('classlabels_int64s');
  return { dtype: 'int64', count: numbers?.length ?? null };
}

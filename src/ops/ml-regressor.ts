// https://onnx.ai/onnx/operators/onnx_aionnxml_LinearRegressor.html and likewise for the others.
// Opsets: LinearRegressor 1; SVMRegressor 1; TreeEnsembleRegressor 1, 3, 5.

import { int, string } from '../graph/attribute.ts';
import type { InferContext, OpFamily } from './definition.ts';
import { tensorOf } from './result.ts';

export default {
  domain: 'ai.onnx.ml',
  ops: {
    LinearRegressor: {
      since: 1,
      inputs: [1, 1],
      outputs: [1, 1],
      attributes: { coefficients: null, intercepts: null, post_transform: string('NONE'), targets: int(1) },
    },
    SVMRegressor: {
      since: 1,
      inputs: [1, 1],
      outputs: [1, 1],
      attributes: {
        coefficients: null,
        kernel_params: null,
        kernel_type: string('LINEAR'),
        n_supports: int(0),
        one_class: int(0),
        post_transform: string('NONE'),
        rho: null,
        support_vectors: null,
      },
    },
    TreeEnsembleRegressor: {
      since: 1,
      inputs: [1, 1],
      outputs: [1, 1],
      attributes: {
        aggregate_function: string('SUM'),
        base_values: null,
        base_values_as_tensor: null,
        n_targets: null,
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
        target_ids: null,
        target_nodeids: null,
        target_treeids: null,
        target_weights: null,
        target_weights_as_tensor: null,
      },
    },
  },
  infer(context) {
    const shape = context.shape(0);
    const rows = shape?.length === 1 ? 1 : (shape?.[0] ?? null);
    return [tensorOf('float32', [rows, targets(context)])];
  },
} satisfies OpFamily;

function targets(context: InferContext): number {
  const count = (context.find('targets') ?? context.find('n_targets'))?.value;
  return typeof count === 'number' ? count : 1;
}

// https://onnx.ai/onnx/operators/onnx_aionnxml_TreeEnsemble.html
// Opsets: 5.

import { int } from '../graph/attribute.ts';
import type { OpFamily } from './definition.ts';
import { tensorOf } from './result.ts';

export default {
  domain: 'ai.onnx.ml',
  ops: {
    TreeEnsemble: {
      since: 5,
      inputs: [1, 1],
      outputs: [1, 1],
      attributes: {
        aggregate_function: int(1),
        leaf_targetids: null,
        leaf_weights: null,
        membership_values: null,
        n_targets: null,
        nodes_falseleafs: null,
        nodes_falsenodeids: null,
        nodes_featureids: null,
        nodes_hitrates: null,
        nodes_missing_value_tracks_true: null,
        nodes_modes: null,
        nodes_splits: null,
        nodes_trueleafs: null,
        nodes_truenodeids: null,
        post_transform: int(0),
        tree_roots: null,
      },
    },
  },
  infer(context) {
    const targets = context.find('n_targets')?.value;
    const rows = context.shape(0)?.[0] ?? null;
    return [tensorOf(context.dtype(0), [rows, typeof targets === 'number' ? targets : 1])];
  },
} satisfies OpFamily;

// Written by `npm run fix` from the files of this folder; test/registries.test.ts checks it.

import cancelSplitConcat from './cancel-split-concat.ts';
import convToMatmul from './conv-to-matmul.ts';
import type { Pass } from './definition.ts';
import foldConstants from './fold-constants.ts';
import foldShapes from './fold-shapes.ts';
import fuseBatchNormConv from './fuse-batch-norm-conv.ts';
import fuseConvBatchNorm from './fuse-conv-batch-norm.ts';
import fuseGelu from './fuse-gelu.ts';
import fuseHardSigmoid from './fuse-hard-sigmoid.ts';
import fuseHardSwish from './fuse-hard-swish.ts';
import fuseLayerNormalization from './fuse-layer-normalization.ts';
import fuseMatmulAdd from './fuse-matmul-add.ts';
import fuseMish from './fuse-mish.ts';
import fusePadConv from './fuse-pad-conv.ts';
import fuseScaleMatmul from './fuse-scale-matmul.ts';
import fuseSoftplus from './fuse-softplus.ts';
import hoistPastConcat from './hoist-past-concat.ts';
import mergeClips from './merge-clips.ts';
import mergeDuplicates from './merge-duplicates.ts';
import mergeReshapes from './merge-reshapes.ts';
import mergeTransposes from './merge-transposes.ts';
import moveQuantized from './move-quantized.ts';
import namePadAxes from './name-pad-axes.ts';
import pushTransposes from './push-transposes.ts';
import pushTransposesLast from './push-transposes-last.ts';
import removeDeadCode from './remove-dead-code.ts';
import removeIdentity from './remove-identity.ts';
import removeQuantizedClip from './remove-quantized-clip.ts';
import transposeToReshape from './transpose-to-reshape.ts';
import widenConv1d from './widen-conv-1d.ts';

export const passes: readonly Pass[] = [
  cancelSplitConcat,
  convToMatmul,
  foldConstants,
  foldShapes,
  fuseBatchNormConv,
  fuseConvBatchNorm,
  fuseGelu,
  fuseHardSigmoid,
  fuseHardSwish,
  fuseLayerNormalization,
  fuseMatmulAdd,
  fuseMish,
  fusePadConv,
  fuseScaleMatmul,
  fuseSoftplus,
  hoistPastConcat,
  mergeClips,
  mergeDuplicates,
  mergeReshapes,
  mergeTransposes,
  moveQuantized,
  namePadAxes,
  pushTransposesLast,
  pushTransposes,
  removeDeadCode,
  removeIdentity,
  removeQuantizedClip,
  transposeToReshape,
  widenConv1d,
];

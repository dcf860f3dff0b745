// Which passes run, in which order, and why in that order.

import cancelSplitConcat from './cancel-split-concat.ts';
import convToMatmul from './conv-to-matmul.ts';
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
import removeDeadCode from './remove-dead-code.ts';
import removeIdentity from './remove-identity.ts';
import removeQuantizedClip from './remove-quantized-clip.ts';
import type { Pipeline } from './run.ts';
import transposeToReshape from './transpose-to-reshape.ts';
import widenConv1d from './widen-conv-1d.ts';

/** Puts a graph in order without changing how it computes anything: what a graph as read should look like. */
const read: Pipeline = [
  removeDeadCode, // nothing below should look at what no output needs
  foldConstants, // shapes and axes that were computed become constants, which every rule below asks for
  foldShapes, // the same for those that were computed from the shapes of values
  removeIdentity, // no-ops hide neighbours from one another
  removeDeadCode, // what folding and bypassing left behind
];

/** What no written graph should be without, even when nothing else may be changed. */
const guard: Pipeline = [
  namePadAxes, // onnxruntime's own optimizer would change the numbers
  moveQuantized, // … or refuse the graph
  removeQuantizedClip, // the same; after what stood between the two has moved
];

/** One operator where a graph spells it out in many. Writers of formats without it take it apart again. */
const compose: Pipeline = [
  fuseLayerNormalization,
  fuseSoftplus, // before Mish, which has one inside
  fuseMish,
  fuseGelu,
  fuseHardSwish, // before HardSigmoid, which it has inside
  fuseHardSigmoid,
];

/** The graph to write: the same numbers from fewer nodes. */
const optimize: Pipeline = [
  ...read,
  mergeDuplicates, // so that a value read twice is known to be one value
  ...compose, // before the search below, which has rules for the whole operator and not for its parts
  cancelSplitConcat,
  {
    passes: [
      mergeTransposes, // first, so that pairs side by side never start a search
      pushTransposes, // opens new pairs and puts flattened layers into the order of their weights
    ],
    atMost: 4,
  },
  { passes: [convToMatmul], atMost: 2 }, // what the search above left between convolutions of one element and layers of the last axis
  widenConv1d, // only Transposes that the search had to leave
  transposeToReshape, // after the search, which moves a Transpose of [N, 1, 1, C] next to a Reshape
  mergeReshapes,
  removeIdentity, // a Pad or Reshape between layouts may have become a no-op
  mergeClips,
  fusePadConv, // before batch-norm: a Pad in front of a Conv forbids folding what comes before it
  fuseConvBatchNorm, // needs Conv and BatchNormalization side by side, which only the layout pass achieves for Keras
  fuseMatmulAdd, // before the next line, which folds into a Gemm's bias as well
  fuseConvBatchNorm, // Gemm followed by BatchNormalization
  fuseScaleMatmul, // after the biases are in place, which have to be scaled as well
  hoistPastConcat, // only what no earlier operator could take; what follows may
  fuseBatchNormConv, // only what no earlier operator could take
  fusePadConv, // a normalisation that is gone now may have stood between a Pad and its Conv
  foldConstants, // constants the passes above made from constants
  mergeDuplicates, // rearranged copies of one constant are one constant
  removeIdentity,
  ...guard,
  removeDeadCode, // last: takes the weights that were folded into others
];

export const pipelines = { read, guard, compose, optimize } as const;

// Corpus files that cannot be judged in full, each with the reason. One that passes after all fails the test.

import type { Exclusion } from './backend-exclusions.ts';

export { find } from './backend-exclusions.ts';

/** onnxruntime does not load or run the original, so there is nothing to compare with. */
export const noOriginal: readonly Exclusion[] = [
  { cases: /^fastml\/(bnn_model|branched_model|separable_conv|tiny_unet)/, reason: 'operators of QONNX' },
  { cases: /^qonnx\/.*\/quant_model/, reason: 'operators of Brevitas' },
  { cases: /^ort-examples\/pytorch_superresolution/, reason: 'operators of onnxruntime-extensions' },
  { cases: /^fastml\/three_layer_bn_pytorch/, reason: 'opset 6' },
  { cases: /^fastml\/three_layer_bn_keras/, reason: 'batch normalization over an axis of length 1' },
  { cases: /^onnx2tf-ops\/DeformConv_19/, reason: 'its offsets have a number of channels that does not fit' },
  { cases: /^onnx2tf-ops\/If_p2_11/, reason: 'no kernel for If 11 of sequences' },
  {
    cases: /^onnx2tf-ops\/StringNormalizer_strnorm_model_monday_/,
    reason: 'needs the locale en_US.UTF-8, which containers do not have',
    mayPass: true,
  },
];

/** Refused when read. */
export const notReadable: readonly Exclusion[] = [
  { cases: /^fastml\/three_layer_bn_pytorch/, reason: 'opset 6 is older than mlctl reads' },
  {
    cases: /^fastml\/three_layer_bn_keras/,
    reason: 'batch normalization over an axis of length 1 with scales of length 64: no runtime could run it',
  },
];

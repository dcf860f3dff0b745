// Corpus models whose values do not all get a type and a rank, each with its reason.

type Exceptions = Readonly<Record<string, string>>;

/** Refused as a whole: part of the error message. */
export const refused: Exceptions = {
  // onnxruntime refuses it too: "Invalid input scale".
  'fastml/three_layer_bn_keras.onnx': 'channels: 1 is not 64',
  'fastml/three_layer_bn_pytorch.onnx': 'ai.onnx opset 6',
};

/** Some values stay without element type or rank: the operators they come from, or why. */
export const open: Exceptions = {
  'ort-examples/pytorch_superresolution_with_pre_post_processing_op18.onnx':
    'DecodeImage and EncodeImage come from an extension library',
  'silero-vad/silero_vad.onnx': 'whether an If squeezes an axis depends on the length of the audio',
  'silero-vad/silero_vad_half.onnx': 'whether an If squeezes an axis depends on the length of the audio',
};

/** Files that declare lengths which hold only for the inputs they were traced with. */
export const traced: Exceptions = {
  'onnx2tf-ops/DFT_17.onnx': 'the length of the transform comes from an input',
  'onnx2tf-ops/DFT_17_irfft.onnx': 'the length of the transform comes from an input',
  'onnx2tf-ops/DFT_17_onesided.onnx': 'the length of the transform comes from an input',
  'onnx2tf-ops/DFT_20_irfft.onnx': 'the axis comes from an input',
  'onnx2tf-ops/DFT_20_onesided.onnx': 'the axis comes from an input',
  'onnx2tf-ops/Unsqueeze_var_13.onnx': 'the axes come from an input',
};

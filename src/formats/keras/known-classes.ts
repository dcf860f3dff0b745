// Names of the layers that come with Keras 1 to 3, to tell them from somebody's own classes, and why some of them cannot
// become a graph of ONNX.
// https://keras.io/api/layers/

const CLASSES = `
ActivityRegularization Activation Add AdditiveAttention AdaptiveAveragePooling1D AdaptiveAveragePooling2D
AdaptiveAveragePooling3D AdaptiveMaxPooling1D AdaptiveMaxPooling2D AdaptiveMaxPooling3D AlphaDropout Attention
AugMix AutoContrast Average AveragePooling1D AveragePooling2D AveragePooling3D BatchNormalization
BatchNormalizationV1 BatchNormalizationV2 Bidirectional CategoryEncoding CenterCrop Concatenate Conv1D
Conv1DTranspose Conv2D Conv2DTranspose Conv3D Conv3DTranspose ConvLSTM1D ConvLSTM2D ConvLSTM3D ConvRecurrent2D
Cropping1D Cropping2D Cropping3D CuDNNGRU CuDNNLSTM CutMix Dense DenseFeatures DepthwiseConv1D DepthwiseConv2D
Discretization Dot Dropout ELU EinsumDense Embedding Equalization Flatten GRU GRUCell GaussianDropout
GaussianNoise GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D GlobalMaxPooling1D
GlobalMaxPooling2D GlobalMaxPooling3D GroupNormalization GroupQueryAttention HashedCrossing Hashing Highway
Identity InputLayer IntegerLookup LSTM LSTMCell Lambda LayerNormalization LeakyReLU LocallyConnected1D
LocallyConnected2D Masking MaxNumBoundingBoxes MaxPooling1D MaxPooling2D MaxPooling3D Maximum MaxoutDense
MelSpectrogram Merge Minimum MixUp MultiHeadAttention Multiply Normalization PReLU ParametricSoftplus Permute
Pipeline RMSNormalization RNN RandAugment RandomApply RandomBrightness RandomColorDegeneration RandomColorJitter RandomContrast
RandomCrop RandomElasticTransform RandomErasing RandomFlip RandomFourierFeatures RandomGaussianBlur
RandomGrayscale RandomHeight RandomHue RandomInvert RandomPerspective RandomPosterization RandomRotation
RandomSaturation RandomSharpness RandomShear RandomTranslation RandomWidth RandomZoom ReLU RepeatVector Rescaling
Reshape Resizing ReversibleEmbedding STFTSpectrogram SReLU SeparableConv1D SeparableConv2D SimpleRNN SimpleRNNCell
Softmax Solarization SpatialDropout1D SpatialDropout2D SpatialDropout3D SpectralNormalization StackedRNNCells
StringLookup Subtract SyncBatchNormalization TFSMLayer TextVectorization ThresholdedReLU TimeDistributed
TorchModuleWrapper UnitNormalization UpSampling1D UpSampling2D UpSampling3D Wrapper ZeroPadding1D ZeroPadding2D
ZeroPadding3D`;

const classes = new Set(CLASSES.trim().split(/\s+/));

/** Every class name, sorted. */
export const kerasClasses: readonly string[] = [...classes].sort();

export function isKerasClass(className: string): boolean {
  return classes.has(className);
}

const CELL = 'a cell has no meaning outside an RNN layer, where it is read';
const HASH = 'it hashes the text of its input (FarmHash64 or SipHash), which no ONNX operator does';

/** Why no graph can say what the class computes. */
const REFUSED: Readonly<Record<string, string>> = {
  ConvRecurrent2D: 'a base class that computes nothing',
  DenseFeatures: 'its inputs are a dictionary of feature columns, which are Python objects',
  Equalization: 'it counts how often each brightness occurs in an image, which no ONNX operator does',
  GRUCell: CELL,
  HashedCrossing: HASH,
  Hashing: HASH,
  LSTMCell: CELL,
  Lambda: 'Python code, never run',
  MaxNumBoundingBoxes: 'its inputs are dictionaries of bounding boxes, which are no tensors',
  MelSpectrogram: 'its decibels depend on the loudest value of the whole batch it is given',
  Pipeline: 'a list of layers for feeding data, which Keras itself does not save inside of models',
  SimpleRNNCell: CELL,
  StackedRNNCells: CELL,
  TFSMLayer: 'it calls a SavedModel in a folder of its own',
  TorchModuleWrapper: 'it holds PyTorch code, pickled, never run',
  Wrapper: 'a base class that computes nothing',
};

export function whyRefused(className: string): string | undefined {
  return REFUSED[className];
}

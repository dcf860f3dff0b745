// Backend tests that cannot be judged in full, each with the reason. A case listed here that passes fails the test.

export type Exclusion = {
  /** Tried against the name without `test_`. */
  readonly cases: RegExp;
  readonly reason: string;
  /** Set where it depends on the machine, so that passing is no fault of the list. */
  readonly mayPass?: true;
};

/** onnxruntime-node 1.30.0 does not run the original file, or does not give what the test expects. */
export const runtimeExclusions: readonly Exclusion[] = [
  {
    cases: /^(causal_conv_with_state|linear_attention)_|^range_.*_type_.*_delta/,
    reason: 'opset 27 is newer than it accepts',
  },
  { cases: /^(adagrad|adam|momentum|nesterov_momentum)/, reason: 'ai.onnx.preview.training is not built in' },
  { cases: /^flexattention(?!.*_expanded)/, reason: 'ai.onnx.preview is not built in' },
  {
    cases: /(BFLOAT16|FLOAT8E|FLOAT4E2M1|U?INT2_|U?INT2$|U?INT4_|U?INT4$)/,
    reason: 'it has no JavaScript form of this element type',
  },
  {
    cases: /^(de)?quantizelinear_(e4m3fn|e5m2|float4e2m1|u?int4|u?int2)/,
    reason: 'it has no JavaScript form of this element type',
  },
  {
    cases: /^(max|min)_u?int16$|^pow_types_float32_uint|^bitshift_.*_uint16$|^top_k_uint64$/,
    reason: 'no kernel for this element type',
  },
  { cases: /^clip_default_int8_(max|min)_expanded$/, reason: 'no kernel for Where of int8' },
  { cases: /^bitcast_bool_to_uint8$/, reason: 'no kernel for this element type' },
  { cases: /^image_decoder_/, reason: 'no kernel for ImageDecoder' },
  { cases: /^(gru|lstm|simple_rnn)_batchwise$/, reason: 'layout 1 is not implemented' },
  { cases: /^convinteger_with_padding$/, reason: 'it wants x_zero_point as a scalar' },
  {
    cases: /^attention_4d_diff_heads_mask4d_padded_kv$/,
    reason: 'it rejects a mask shorter than the padded keys',
  },
  { cases: /^maxunpool_export_with_output_shape$/, reason: 'it places values by another index rule' },
  {
    cases: /^resize_downsample_scales_(cubic|linear)_align_corners$/,
    reason: 'it computes align_corners from the scales, the test from the sizes',
  },
  {
    cases: /^strnormalizer_export_monday_(casesensintive_(lower|upper)|empty_output|insensintive_upper)/,
    reason: 'needs the locale en_US.UTF-8, which containers do not have',
    mayPass: true,
  },
];

/** As the file stands there is no kernel for an operator of its opset; after reading it runs. */
export const onlyAsWritten: readonly Exclusion[] = [
  { cases: /^roialign_/, reason: 'no kernel for RoiAlign 22' },
  { cases: /^bernoulli/, reason: 'no kernel for RandomUniformLike 22' },
];

/** The values come from a generator of random numbers: only dtype and dims are compared. */
export const randomValues: readonly Exclusion[] = [
  { cases: /^training_dropout_(default|mask|default_mask)$|^training_dropout$/, reason: 'another generator' },
  { cases: /^bernoulli/, reason: 'another generator' },
];

/** The file runs as it is but is refused when read. */
export const readExclusions: readonly Exclusion[] = [
  { cases: /^not_[234]d$/, reason: 'opset 1 is older than mlctl reads' },
];

export function find(list: readonly Exclusion[], name: string): Exclusion | undefined {
  const bare = name.replace(/^test_/, '');
  return list.find(({ cases }) => cases.test(bare));
}

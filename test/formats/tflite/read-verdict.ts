// What became of a TFLite file that was read: equal to Google's interpreters, or different for a reason that is known.

import { MlctlError } from '../../../src/errors.ts';
import { compareOperators } from './read-operators.ts';
import { type Comparison, choices, compareFile } from './read-reference.ts';

export type Verdict =
  | { readonly kind: 'equal'; readonly comparison: Comparison }
  | { readonly kind: 'explained'; readonly comparison: Comparison; readonly reason: string }
  | { readonly kind: 'different'; readonly comparison: Comparison; readonly reason: string }
  /** Read and run, but no interpreter here runs the file. */
  | { readonly kind: 'alone'; readonly reason: string }
  | { readonly kind: 'refused'; readonly error: MlctlError };

/** Relative to the largest value of an output. */
const FLOAT_TOLERANCE = 1e-4;
/** Interpreters round activations to 8 bits before they multiply them with 8-bit weights; a graph does not. */
const HYBRID_TOLERANCE = 3e-2;

/** Where the interpreter differs from the operator's definition, or from ONNX's where that leaves no choice. */
const wrongThere: Readonly<Record<string, string>> = {
  'litert-ops/single_rsqrt_default_a16w8_recipe_quantized.tflite':
    'RSQRT: LiteRT interpolates int16 roots in a table, up to 17 steps off the true value',
  'litert-ops/static_w8_a16_quantized_attn_vec_einsum.tflite':
    'BATCH_MATMUL: LiteRT gives zeros for int16 by int8',
  'litert-ops/static_w8_a16_quantized_k_einsum.tflite': 'BATCH_MATMUL: LiteRT gives zeros for int16 by int8',
  'litert-ops/static_w8_a16_quantized_q_einsum.tflite': 'BATCH_MATMUL: LiteRT gives zeros for int16 by int8',
  'litert-ops/static_w8_a16_quantized_v_einsum.tflite': 'BATCH_MATMUL: LiteRT gives zeros for int16 by int8',
  'mlperf-tiny/pretrainedResnet_quant.tflite':
    'AVERAGE_POOL_2D of 64 codes: LiteRT rounds half a code away from 0, QuantizeLinear to the even one; and one sum of CONV_2D, 15.500005 steps, is below 15.5 in float32. SOFTMAX makes 14 of one step',
  'portrait-seg/deeplab_aiseg_quant513.tflite':
    'RESIZE_BILINEAR from one scale to another, which XNNPACK does not take: with it the interpreter computes every operator by its built-in kernels, which round sums twice, at most 1 step off the real number; without it, all are equal',
  'tflite-micro/dtln_noise_suppression.tflite':
    'UNIDIRECTIONAL_SEQUENCE_LSTM: the interpreter subtracts the zero point of the hidden state (-4) where it should be added: every element is 8 off',
};

export async function verdictOf(path: string, file: string): Promise<Verdict> {
  let comparison: Awaited<ReturnType<typeof compareFile>>;
  try {
    comparison = await compareFile(path, choices[file]);
  } catch (error) {
    if (error instanceof MlctlError) return { kind: 'refused', error };
    throw error;
  }
  if ('cannot' in comparison) return { kind: 'alone', reason: comparison.cannot };
  const { relative, within, worst } = comparison;
  if (relative <= FLOAT_TOLERANCE && within >= 0.99 && worst <= 2) return { kind: 'equal', comparison };
  const known = wrongThere[file];
  if (known !== undefined) return { kind: 'explained', comparison, reason: known };
  const operators = await compareOperators(path);
  if (operators === undefined)
    return { kind: 'different', comparison, reason: 'its operators cannot be run one by one' };
  const off = operators.filter(
    (each) => each.worst > 1 || each.within < 0.99 || each.relative > HYBRID_TOLERANCE,
  );
  if (off.length > 0) {
    return { kind: 'different', comparison, reason: off.map(({ opcode }) => opcode).join(', ') };
  }
  const hybrid = operators.filter((each) => each.relative > FLOAT_TOLERANCE);
  const reason =
    hybrid.length > 0
      ? `${hybrid.map(({ opcode, relative: by }) => `${opcode} ${by.toExponential(0)}`).join(', ')}: LiteRT rounds activations to 8 bits before these operators`
      : 'each operator by itself is at most 1 step off on what LiteRT gave it; steps add up';
  return { kind: 'explained', comparison, reason };
}

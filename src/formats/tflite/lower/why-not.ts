// Why an operator of the schema is not converted, where there is more to say than its name.

const reasons: Readonly<Record<string, string>> = {
  RANDOM_STANDARD_NORMAL: 'its results differ from run to run',
  RANDOM_UNIFORM: 'its results differ from run to run',
  MULTINOMIAL: 'its results differ from run to run',
  STABLEHLO_RNG_BIT_GENERATOR: 'its results differ from run to run',
  LSH_PROJECTION: 'it hashes bytes of strings, which ONNX cannot say',
  SKIP_GRAM: 'it takes strings apart, which ONNX cannot say',
  HASHTABLE_LOOKUP: 'its keys are looked up in a sorted list, which ONNX cannot say',
  CONCAT_EMBEDDINGS: 'no kernel of TFLite computes it',
  CALL: 'no kernel of TFLite computes it',
  DELEGATE: 'it stands for a part compiled for one device',
  STABLEHLO_CUSTOM_CALL: 'it calls code outside the file',
};

export function whyNot(opcode: string): string {
  if (opcode.startsWith('CUSTOM:Flex'))
    return 'it is an operator of TensorFlow itself, run by a TensorFlow library';
  if (opcode.startsWith('CUSTOM:')) return 'it is a custom operator whose meaning is not in the file';
  return reasons[opcode] ?? 'mlctl has no ONNX form for it';
}

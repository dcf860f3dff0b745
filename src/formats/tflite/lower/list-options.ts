// What the options of an operator on lists of tensors say of the list.

import type { TensorTypeName } from '../records.ts';
import { tensorTypes, typeName } from '../schema-types.ts';
import type { OperatorView } from './definition.ts';
import { readFlexStrings } from './flexbuffer.ts';
import { type NodeAttributes, readNodeAttributes } from './node-def.ts';

/** TensorFlow's DataType. https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/framework/types.proto */
const dataTypes: Readonly<Record<number, TensorTypeName>> = {
  1: 'float32',
  2: 'float64',
  3: 'int32',
  4: 'uint8',
  5: 'int16',
  6: 'int8',
  7: 'string',
  8: 'complex64',
  9: 'int64',
  10: 'bool',
  14: 'bfloat16',
  17: 'uint16',
  18: 'complex128',
  19: 'float16',
  20: 'resource',
  21: 'variant',
  22: 'uint32',
  23: 'uint64',
};

/** Of what type the tensors of a list that is reserved are. */
export function elementType(op: OperatorView): TensorTypeName {
  const unknown = () => op.fail('its options do not say of what type its tensors are');
  if (isFlex(op)) return dataTypes[attributesOf(op).get('element_dtype') ?? 0] ?? unknown();
  // TFLite's own operator has one byte of options, a TensorType.
  return typeName(tensorTypes[op.customOptions[0] ?? -1] ?? '') ?? unknown();
}

/** Whether an index past its end makes the list longer. */
export function growsWhenSet(op: OperatorView): boolean {
  return isFlex(op) && attributesOf(op).get('resize_if_index_out_of_bounds') === 1;
}

function isFlex({ opcode }: OperatorView): boolean {
  return opcode.startsWith('CUSTOM:Flex');
}

/** The options are a list: the name of the operator and its node. */
function attributesOf(op: OperatorView): NodeAttributes {
  if (op.customOptions.length === 0) return new Map();
  const [, node] = readFlexStrings(op.customOptions, op.fail);
  return readNodeAttributes(node ?? op.fail('its options have no node'), op.fail);
}

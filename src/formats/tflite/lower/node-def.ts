// Attributes of a TensorFlow node, as operators for a Flex library carry them: a NodeDef in protobuf's wire format.
// https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/framework/node_def.proto, attr_value.proto

/** Types and numbers as numbers, truths as 0 and 1; others are left out. */
export type NodeAttributes = ReadonlyMap<string, number>;

type Fail = (problem: string) => never;
type Field = readonly [field: number, value: number | Uint8Array];

/** NodeDef.attr, a map whose entries have a key and a value. */
const ATTR = 5;
const KEY = 1;
const VALUE = 2;
/** Of AttrValue: a number, a truth, a type. */
const SCALARS = new Set([3, 5, 6]);

export function readNodeAttributes(node: Uint8Array, fail: Fail): NodeAttributes {
  const attributes = new Map<string, number>();
  for (const [field, entry] of fieldsOf(node, fail)) {
    if (field !== ATTR || typeof entry === 'number') continue;
    let key = '';
    for (const [part, value] of fieldsOf(entry, fail)) {
      if (typeof value === 'number') continue;
      if (part === KEY) key = new TextDecoder().decode(value);
      if (part !== VALUE) continue;
      for (const [kind, held] of fieldsOf(value, fail)) {
        if (SCALARS.has(kind) && typeof held === 'number') attributes.set(key, held);
      }
    }
  }
  return attributes;
}

/** The fields of a message in their order. */
function* fieldsOf(bytes: Uint8Array, fail: Fail): Generator<Field> {
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let place = 0; place < 10; place++) {
      const next = bytes[at++] ?? fail('its node is cut off');
      value += (next & 127) * 2 ** (7 * place);
      if (next < 128) return value;
    }
    return fail('its node has a number of more than ten bytes');
  };
  const take = (length: number) => {
    if (length > bytes.length - at) fail('its node is cut off');
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const tag = varint();
    const [field, wire] = [Math.floor(tag / 8), tag % 8];
    if (wire === 0) yield [field, varint()];
    else if (wire === 1) take(8);
    else if (wire === 2) yield [field, take(varint())];
    else if (wire === 5) take(4);
    else fail(`its node has a field of wire type ${wire}`);
  }
}

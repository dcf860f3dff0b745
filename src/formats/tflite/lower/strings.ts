// String constants: int32 count, count + 1 int32 offsets, then the bytes of all strings.
// https://github.com/tensorflow/tensorflow/blob/master/tensorflow/lite/string_util.h

export function decodeStrings(data: Uint8Array, count: number, fail: (problem: string) => never): string[] {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const stored = data.byteLength >= 4 ? view.getInt32(0, true) : -1;
  if (stored !== count) fail(`it should hold ${count} strings, not ${Math.max(stored, 0)}`);
  if (data.byteLength < 4 * (count + 2)) fail('its strings are cut off');
  const offset = (index: number) => view.getInt32(4 * (index + 1), true);
  return Array.from({ length: count }, (_, index) => {
    const [from, to] = [offset(index), offset(index + 1)];
    if (from < 4 * (count + 2) || to < from || to > data.byteLength)
      fail(`string ${index} lies outside its data`);
    return new TextDecoder().decode(data.subarray(from, to));
  });
}

// NumPy's .npy arrays: a short text header and the elements. Nothing in the file is executed; pickled objects are refused.
// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html

export type NpyData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array
  | readonly string[];

export type NpyArray = {
  /** The graph's word for the element type; float16 is held as raw bits. */
  readonly dtype: NpyType;
  readonly dims: readonly number[];
  /** Row-major, in this machine's byte order. */
  readonly data: NpyData;
};

export type NpyType = keyof typeof numeric | 'string';

// Type code of the header, bytes per element and the array that holds it.
const numeric = {
  float16: { code: 'f2', array: Uint16Array },
  float32: { code: 'f4', array: Float32Array },
  float64: { code: 'f8', array: Float64Array },
  int8: { code: 'i1', array: Int8Array },
  int16: { code: 'i2', array: Int16Array },
  int32: { code: 'i4', array: Int32Array },
  int64: { code: 'i8', array: BigInt64Array },
  uint8: { code: 'u1', array: Uint8Array },
  uint16: { code: 'u2', array: Uint16Array },
  uint32: { code: 'u4', array: Uint32Array },
  uint64: { code: 'u8', array: BigUint64Array },
  bool: { code: 'b1', array: Uint8Array },
} as const;

/** The file is not an array mlctl can read; the message says why. */
export class NpyError extends Error {}

export function isNpy(head: Uint8Array): boolean {
  return head[0] === 0x93 && String.fromCharCode(...head.subarray(1, 6)) === 'NUMPY';
}

/** Reads one array. Errors: NpyError for anything that is not a complete array of numbers or text. */
export function decodeNpy(bytes: Uint8Array): NpyArray {
  if (!isNpy(bytes) || bytes.length < 12)
    throw new NpyError('it does not begin with the mark of a .npy file');
  const { text, start } = headerText(bytes);
  const { descr, fortran, dims } = parseHeader(text);
  const count = countOf(dims);
  const order = descr[0];
  const code = descr.slice(1);
  const body = bytes.subarray(start);
  if (code[0] === 'U' || code[0] === 'S') {
    const data = decodeText(body, code, order === '>', count);
    return { dtype: 'string', dims, data: fortran ? textRowMajor(data, dims) : data };
  }
  const found = Object.entries(numeric).find(([, type]) => type.code === code);
  if (!found) throw new NpyError(`its elements are ${describeCode(code)}; numbers and text are read`);
  const [dtype, { array }] = found as [keyof typeof numeric, (typeof numeric)[keyof typeof numeric]];
  const size = array.BYTES_PER_ELEMENT;
  checkLength(body, count * size, dims);
  // A copy is always made: elements may be unaligned or in the other byte order.
  // (Not slice: that of a Node Buffer is a view.)
  const packed = new Uint8Array(body.subarray(0, count * size));
  if (order === '>') reverse(packed, size);
  const data = new array(packed.buffer, 0, count);
  if (!fortran) return { dtype, dims, data };
  const ordered = new array(count);
  eachRowMajor(dims, (to, from) => {
    ordered[to] = data[from] as number & bigint;
  });
  return { dtype, dims, data: ordered };
}

/** Writes one array of numbers, version 1.0, row-major. */
export function encodeNpy(dtype: string, dims: readonly number[], data: NpyData): Uint8Array {
  const type = numeric[dtype as keyof typeof numeric];
  if (type === undefined || !ArrayBuffer.isView(data)) throw new NpyError(`${dtype} has no .npy type`);
  const shape = dims.length === 1 ? `(${dims[0]},)` : `(${dims.join(', ')})`;
  const order = type.array.BYTES_PER_ELEMENT === 1 ? '|' : '<';
  const dict = `{'descr': '${order}${type.code}', 'fortran_order': False, 'shape': ${shape}, }`;
  // The header ends with a newline and the elements begin at a multiple of 64.
  const total = Math.ceil((10 + dict.length + 1) / 64) * 64;
  const header = new Uint8Array(total).fill(0x20);
  header.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, (total - 10) & 0xff, (total - 10) >> 8]);
  header.set(new TextEncoder().encode(dict), 10);
  header[total - 1] = 0x0a;
  const out = new Uint8Array(total + data.byteLength);
  out.set(header);
  out.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), total);
  return out;
}

const maxHeaderBytes = 1 << 20;

function headerText(bytes: Uint8Array): { text: string; start: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const major = view.getUint8(6);
  if (major < 1 || major > 3) throw new NpyError(`it is version ${major} of the format; 1 to 3 are read`);
  const at = major === 1 ? 10 : 12;
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > maxHeaderBytes || at + length > bytes.length) throw new NpyError('its header is cut short');
  const text = new TextDecoder(major === 3 ? 'utf-8' : 'latin1').decode(bytes.subarray(at, at + length));
  return { text, start: at + length };
}

function parseHeader(text: string): { descr: string; fortran: boolean; dims: number[] } {
  const descr = /'descr'\s*:\s*'([<>|=][^']*)'/.exec(text)?.[1];
  const fortran = /'fortran_order'\s*:\s*(True|False)/.exec(text)?.[1];
  const shape = /'shape'\s*:\s*\(([0-9,\sL]*)\)/.exec(text)?.[1];
  if (/'descr'\s*:\s*\[/.test(text))
    throw new NpyError('it holds records (a structured dtype), not one array');
  if (descr === undefined || fortran === undefined || shape === undefined) {
    throw new NpyError('its header does not say the element type, order and shape');
  }
  const parts = shape.split(',').map((part) => part.trim().replace(/L$/, ''));
  const dims = parts.filter((part) => part !== '').map(Number);
  if (dims.length > 64 || dims.some((dim) => !Number.isSafeInteger(dim))) {
    throw new NpyError(`its shape (${shape}) is not usable`);
  }
  return { descr, fortran: fortran === 'True', dims };
}

function countOf(dims: readonly number[]): number {
  let count = 1;
  for (const dim of dims) count *= dim;
  if (!Number.isSafeInteger(count)) throw new NpyError(`its shape (${dims.join(', ')}) is too large`);
  return count;
}

function checkLength(body: Uint8Array, needed: number, dims: readonly number[]): void {
  if (needed > body.length) {
    throw new NpyError(
      `its shape (${dims.join(', ')}) takes ${needed} bytes and the file has ${body.length} after the header`,
    );
  }
}

function describeCode(code: string): string {
  if (code.startsWith('O')) return 'pickled Python objects, which mlctl never loads';
  if (code.startsWith('c')) return 'complex numbers';
  if (code.startsWith('M') || code.startsWith('m')) return 'dates';
  return `of type "${code}"`;
}

function reverse(bytes: Uint8Array, size: number): void {
  if (size === 1) return;
  for (let at = 0; at < bytes.length; at += size) bytes.subarray(at, at + size).reverse();
}

/** Text of fixed width, padded with zeros: U is four bytes a character (UTF-32), S is one. */
function decodeText(body: Uint8Array, code: string, bigEndian: boolean, count: number): string[] {
  const width = Number(code.slice(1));
  const size = code[0] === 'U' ? width * 4 : width;
  if (!Number.isSafeInteger(width)) throw new NpyError(`its element type "${code}" is not usable`);
  // A width of zero takes no bytes, so the number of rows has no bound of its own.
  if (size === 0 && count > 1e7) throw new NpyError('it holds only empty text');
  checkLength(body, count * size, [count, size]);
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const texts: string[] = [];
  for (let row = 0; row < count; row++) {
    let text = '';
    for (let at = row * size; at < (row + 1) * size; at += code[0] === 'U' ? 4 : 1) {
      const point = code[0] === 'U' ? view.getUint32(at, !bigEndian) : view.getUint8(at);
      if (point > 0x10ffff) throw new NpyError(`row ${row} holds ${point}, which is no character`);
      text += String.fromCodePoint(point);
    }
    texts.push(text.replace(/\0+$/, ''));
  }
  return texts;
}

function textRowMajor(texts: readonly string[], dims: readonly number[]): string[] {
  const ordered: string[] = [];
  eachRowMajor(dims, (_, from) => ordered.push(texts[from] ?? ''));
  return ordered;
}

/** Calls `copy` with the place of every element in row-major and in column-major order. */
function eachRowMajor(dims: readonly number[], copy: (to: number, from: number) => void): void {
  const strides: number[] = [];
  let count = 1;
  for (const dim of dims) {
    strides.push(count);
    count *= dim;
  }
  const index = dims.map(() => 0);
  let from = 0;
  for (let to = 0; to < count; to++) {
    copy(to, from);
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      const next = (index[axis] ?? 0) + 1;
      from += strides[axis] ?? 0;
      if (next < (dims[axis] ?? 0)) {
        index[axis] = next;
        break;
      }
      from -= next * (strides[axis] ?? 0);
      index[axis] = 0;
    }
  }
}

// Turns the inputs of a request into tensors the model accepts, or says which field is wrong and what would be right.

import { dtypes } from '../graph/dtype.ts';
import { elementCount, type Tensor, type TypedArray } from '../graph/tensor.ts';
import { nearest } from '../nearest.ts';
import { elementProblem } from './datatypes.ts';
import { describePort, isFixed, type Port, shapeText } from './ports.ts';
import { quote, refuse } from './refusal.ts';

/** An input as a protocol read it: nothing in it is trusted. */
export type GivenInput = {
  readonly name: unknown;
  readonly datatype: unknown;
  readonly shape: unknown;
  /** JSON values, nested or flat … */
  readonly data?: unknown;
  /** … or packed little-endian bytes. */
  readonly bytes?: Uint8Array;
};

/** Tensors in the order of the ports. Throws a Refusal that names the input. */
export function checkInputs(
  given: readonly GivenInput[],
  ports: readonly Port[],
  model: string,
): readonly Tensor[] {
  const found = new Map<string, GivenInput>();
  for (const input of given) {
    const name = checkName(input.name, ports, model);
    if (found.has(name)) throw refuse.invalid(`input ${quote(name)} is given twice`);
    found.set(name, input);
  }
  const missing = ports.filter(({ name }) => !found.has(name));
  if (missing.length > 0) {
    const list = missing.map((port) => `${quote(port.name)} (${describePort(port)})`).join(', ');
    throw refuse.invalid(
      `${missing.length === 1 ? 'input' : 'inputs'} ${list} ${missing.length === 1 ? 'is' : 'are'} missing`,
    );
  }
  const tensors = ports.map((port) => checkInput(found.get(port.name) as GivenInput, port));
  checkSymbols(tensors, ports);
  return tensors;
}

function checkName(name: unknown, ports: readonly Port[], model: string): string {
  if (typeof name !== 'string') throw refuse.invalid(`inputs[].name is ${quote(name)}, not a string`);
  if (ports.some((port) => port.name === name)) return name;
  const names = ports.map((port) => port.name);
  const suggestion = nearest(name, names);
  throw refuse.invalid(
    `${quote(name)} is not an input of model ${quote(model)}; ` +
      `${suggestion === undefined ? '' : `did you mean ${quote(suggestion)}? `}its inputs: ${names.join(', ')}`,
  );
}

function checkInput(given: GivenInput, port: Port): Tensor {
  const subject = `input ${quote(port.name)}`;
  if (given.datatype !== port.datatype.name) {
    // Whoever knows the file as an interpreter shows it sends its codes.
    const why =
      port.stored !== undefined && given.datatype === port.stored
        ? `; the model makes ${port.stored} of the numbers by itself`
        : '';
    throw refuse.invalid(
      `${subject}: datatype is ${quote(given.datatype)}, expected "${port.datatype.name}"${why}`,
    );
  }
  const dims = checkShape(given.shape, port, subject);
  const count = elementCount(dims);
  if (given.bytes)
    return { dtype: port.dtype, dims, data: fromBytes(given.bytes, port, dims, count, subject) };
  return { dtype: port.dtype, dims, data: fromJson(given.data, port, dims, count, subject) };
}

function checkShape(shape: unknown, port: Port, subject: string): readonly number[] {
  if (!Array.isArray(shape)) throw refuse.invalid(`${subject}: shape is ${quote(shape)}, not an array`);
  const expected = `expected ${shapeText(port.dims)}`;
  if (shape.length > 16) throw refuse.invalid(`${subject}: shape has ${shape.length} axes, ${expected}`);
  for (const [axis, dim] of shape.entries()) {
    if (!Number.isSafeInteger(dim) || dim < 0) {
      throw refuse.invalid(`${subject}: shape[${axis}] is ${quote(dim)}, not a size`);
    }
    if (dim === 0) throw refuse.invalid(`${subject}: shape ${shapeText(shape)} holds no elements`);
  }
  const dims = shape as number[];
  const fits =
    port.shape === undefined ||
    (dims.length === port.dims.length && port.dims.every((dim, axis) => dim < 0 || dim === dims[axis]));
  if (!fits) throw refuse.invalid(`${subject}: ${expected}, got ${shapeText(dims)}`);
  if (!Number.isSafeInteger(elementCount(dims))) {
    throw refuse.invalid(`${subject}: shape ${shapeText(dims)} is too large`);
  }
  return dims;
}

function fromJson(
  data: unknown,
  port: Port,
  dims: readonly number[],
  count: number,
  subject: string,
): TypedArray | string[] {
  // A scalar may stand without brackets.
  const list = dims.length === 0 && !Array.isArray(data) ? [data] : data;
  if (!Array.isArray(list)) throw refuse.invalid(`${subject}: data is ${quote(data)}, not an array`);
  const isNested = dims.length > 1 && Array.isArray(list[0]);
  if (isNested) checkNesting(list, dims, 0, 'data', subject);
  else if (list.length !== count) {
    throw refuse.invalid(
      `${subject}: shape ${shapeText(dims)} takes ${count} elements, data has ${list.length}`,
    );
  }
  // Only now is the size known to be that of something the client really sent.
  const { array } = dtypes[port.dtype];
  const target = array === 'strings' ? new Array<string>(count) : new array(count);
  const { read } = port.datatype;
  const store = target as (number | bigint | string)[];
  let at = 0;
  const fill = (items: readonly unknown[], path: string, depth: number): void => {
    for (let index = 0; index < items.length; index++) {
      const item = items[index];
      if (depth > 0) {
        fill(item as readonly unknown[], `${path}[${index}]`, depth - 1);
        continue;
      }
      const element = read(item);
      if (typeof element === 'string') {
        throw refuse.invalid(`${subject}: ${elementProblem(`${path}[${index}]`, item, element)}`);
      }
      store[at++] = element.value;
    }
  };
  fill(list, 'data', isNested ? dims.length - 1 : 0);
  return target;
}

/** Every level as long as its axis says. */
function checkNesting(
  list: unknown,
  dims: readonly number[],
  axis: number,
  path: string,
  subject: string,
): asserts list is readonly unknown[] {
  const expected = dims[axis] ?? 0;
  if (!Array.isArray(list)) {
    throw refuse.invalid(
      `${subject}: ${path} is ${quote(list)}, expected an array of ${expected} for shape ${shapeText(dims)}`,
    );
  }
  if (list.length !== expected) {
    throw refuse.invalid(
      `${subject}: ${path} has ${list.length} items, expected ${expected} for shape ${shapeText(dims)}`,
    );
  }
  if (axis === dims.length - 1) return;
  for (const [index, item] of list.entries())
    checkNesting(item, dims, axis + 1, `${path}[${index}]`, subject);
}

/** https://github.com/kserve/open-inference-protocol/blob/main/specification/extension/binary_data.md */
function fromBytes(
  bytes: Uint8Array,
  port: Port,
  dims: readonly number[],
  count: number,
  subject: string,
): TypedArray | string[] {
  const { array } = dtypes[port.dtype];
  if (array === 'strings') return stringsFromBytes(bytes, count, subject);
  const size = count * port.datatype.bytes;
  if (bytes.length !== size) {
    throw refuse.invalid(
      `${subject}: shape ${shapeText(dims)} takes ${size} bytes, binary_data_size is ${bytes.length}`,
    );
  }
  // Copied, because the bytes are rarely aligned in the body. (slice would not copy: Buffer redefines it.)
  const copy = new Uint8Array(bytes);
  if (port.dtype === 'bool') {
    const wrong = copy.findIndex((byte) => byte > 1);
    if (wrong >= 0) throw refuse.invalid(`${subject}: byte ${wrong} is ${copy[wrong]}, not 0 or 1`);
  }
  return new array(copy.buffer, 0, count);
}

/** Each element is its length as a little-endian uint32, then its bytes. */
function stringsFromBytes(bytes: Uint8Array, count: number, subject: string): string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const decoder = new TextDecoder();
  const strings: string[] = [];
  let at = 0;
  while (at < bytes.length) {
    const length = at + 4 <= bytes.length ? view.getUint32(at, true) : Infinity;
    if (at + 4 + length > bytes.length)
      throw refuse.invalid(`${subject}: its bytes end inside element ${strings.length}`);
    strings.push(decoder.decode(bytes.subarray(at + 4, at + 4 + length)));
    at += 4 + length;
  }
  if (strings.length !== count) {
    throw refuse.invalid(`${subject}: its shape takes ${count} elements, its bytes hold ${strings.length}`);
  }
  return strings;
}

/** An axis that goes by one name in several inputs has one size. */
function checkSymbols(tensors: readonly Tensor[], ports: readonly Port[]): void {
  const sizes = new Map<string, { readonly size: number; readonly port: Port; readonly axis: number }>();
  ports.forEach((port, index) => {
    port.shape?.forEach((dim, axis) => {
      if (isFixed(dim) || dim === null || typeof dim === 'number') return;
      const size = tensors[index]?.dims[axis] ?? 0;
      const known = sizes.get(dim);
      if (known === undefined) sizes.set(dim, { size, port, axis });
      else if (known.size !== size) {
        const what = axis === 0 && known.axis === 0 ? 'rows' : `as ${quote(dim)}`;
        throw refuse.invalid(
          `input ${quote(port.name)} has ${size} ${what} but input ${quote(known.port.name)} has ${known.size}`,
        );
      }
    });
  });
}

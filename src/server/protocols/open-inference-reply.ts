// Open Inference Protocol v2: outputs as the text of a reply, and inputs and outputs as the log has them.

import { elementCount, type Tensor } from '../../graph/tensor.ts';
import type { NonFinite } from '../definition.ts';
import type { Answer, Exchange } from '../exchange.ts';
import { nestText, summaryText } from '../log-line.ts';
import type { LoadedModel } from '../model.ts';
import type { Port } from '../ports.ts';
import { quote, refuse } from '../refusal.ts';
import type { GivenInput } from '../validate.ts';
import { type BinaryReply, packTensor } from './binary-tensors.ts';

export type Wanted = { readonly port: Port; readonly index: number; readonly isBinary: boolean };

export function writeReply(
  { spec, outputs: ports }: LoadedModel,
  results: readonly Tensor[],
  wanted: readonly Wanted[] | undefined,
  { id, context }: Exchange,
  style: NonFinite,
): Answer {
  const { maxLogged } = context;
  const list = wanted ?? ports.map((port, index) => ({ port, index, isBinary: false }));
  const loggedParts: string[] = [];
  const parts: string[] = [];
  const binary: BinaryReply = { chunks: [], length: 0 };
  for (const { port, index, isBinary } of list) {
    const tensor = results[index];
    if (!tensor) continue;
    const name = JSON.stringify(port.name);
    const needsText = !isBinary || (maxLogged !== undefined && elementCount(tensor.dims) <= maxLogged);
    const text = needsText ? printElements(port, tensor, isBinary ? 'string' : style) : '';
    const about = `{"name":${name},"datatype":"${port.datatype.name}","shape":[${tensor.dims.join(',')}]`;
    if (isBinary) parts.push(`${about},"parameters":{"binary_data_size":${packTensor(tensor, binary)}}}`);
    else parts.push(`${about},"data":[${text}]}`);
    if (maxLogged !== undefined) loggedParts.push(`${name}:${logged(tensor, text, maxLogged)}`);
  }
  const version = spec.version === undefined ? '' : `,"model_version":${JSON.stringify(spec.version)}`;
  const json = `{"model_name":${JSON.stringify(spec.name)}${version}${id === undefined ? '' : `,"id":${JSON.stringify(id)}`},"outputs":[${parts.join(',')}]}`;
  const loggedText = maxLogged === undefined ? undefined : `{${loggedParts.join(',')}}`;
  if (binary.chunks.length === 0) return { headers: JSON_HEADERS, body: json, logged: loggedText };
  const head = Buffer.from(json);
  return {
    headers: ['Content-Type', 'application/octet-stream', 'Inference-Header-Content-Length', head.length],
    body: Buffer.concat([head, ...binary.chunks]),
    logged: loggedText,
  };
}

const JSON_HEADERS: readonly string[] = ['Content-Type', 'application/json'];

/** Elements separated by commas. Numbers that JSON does not have stand as `style` says. */
function printElements({ name, datatype }: Port, { data, dtype }: Tensor, style: NonFinite): string {
  let text = '';
  const isFloat = dtype === 'float32' || dtype === 'float64' || dtype === 'float16' || dtype === 'bfloat16';
  const isPlain = dtype === 'float32' || dtype === 'float64';
  for (let index = 0; index < data.length; index++) {
    const element = data[index] as number | bigint | string;
    // `x - x` is 0 for every finite number and NaN for the others.
    let printed = isPlain ? `${element}` : datatype.print(element);
    const isOdd = isPlain ? (element as number) - (element as number) !== 0 : isFloat && /[Nf]/.test(printed);
    if (isOdd) {
      if (style === 'error') {
        throw refuse.failed(
          `output ${quote(name)} holds ${printed} at element ${index}, which JSON cannot carry; ` +
            'serve with --nonfinite string, null or literal, or ask for binary output',
        );
      }
      if (style === 'string') printed = `"${printed}"`;
      else if (style === 'null') printed = 'null';
    }
    text += index === 0 ? printed : `,${printed}`;
  }
  return text;
}

/** For the log: nested lists, or a summary of what is too long. */
function logged(tensor: Tensor, text: string, maxLogged: number): string {
  if (elementCount(tensor.dims) > maxLogged) return summaryText(tensor);
  return nestText(text.replace(/(?<=^|,)(NaN|-?Infinity)(?=,|$)/g, '"$1"'), tensor.dims);
}

/** The inputs as the client wrote them: 5.1 stays 5.1, though the model gets the nearest float32. */
export function loggedInputs(
  given: readonly GivenInput[],
  tensors: readonly Tensor[],
  ports: readonly Port[],
  maxLogged: number,
): string {
  const parts = ports.map((port, index) => {
    const tensor = tensors[index];
    const input = given.find(({ name }) => name === port.name);
    if (!tensor) return '';
    let text = '';
    if (elementCount(tensor.dims) <= maxLogged) {
      if (input?.bytes) text = printElements(port, tensor, 'literal');
      else text = [input?.data].flat(Infinity).map(elementText).join(',');
    }
    return `${JSON.stringify(port.name)}:${logged(tensor, text, maxLogged)}`;
  });
  return `{${parts.join(',')}}`;
}

function elementText(value: unknown): string {
  return typeof value === 'bigint' ? value.toString() : JSON.stringify(value);
}

// Open Inference Protocol v2 over REST: what an infer request holds and how its reply is written.
// https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md

import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { elementCount } from '../../graph/tensor.ts';
import { nearest } from '../../nearest.ts';
import type { NonFinite } from '../definition.ts';
import type { Exchange } from '../exchange.ts';
import { JsonError, parseJson } from '../json.ts';
import { nestText, summaryText } from '../log-line.ts';
import type { LoadedModel } from '../model.ts';
import { isFixed, type Port } from '../ports.ts';
import { quote, refuse } from '../refusal.ts';
import { checkInputs, type GivenInput } from '../validate.ts';
import { binaryHeaderLength, isBinaryOutput, splitBinary } from './binary-tensors.ts';
import { loggedInputs, type Wanted, writeReply } from './open-inference-reply.ts';

/** Reads the body into the model's batch, and says how to answer. Throws a Refusal. */
export function readInfer(
  exchange: Exchange,
  body: Buffer,
  headers: IncomingMessage['headers'],
  style: NonFinite,
): void {
  const jsonLength = binaryHeaderLength(headers, body.length);
  checkMediaType(headers, jsonLength !== undefined);
  if (jsonLength === undefined) {
    readJsonInfer(exchange, body, style);
    return;
  }
  exchange.model.batcher.checkRoom();
  readGeneral(exchange, body, jsonLength, style);
}

/** The same for a request whose headers are known to say JSON and nothing else. */
export function readJsonInfer(exchange: Exchange, body: Buffer, style: NonFinite): void {
  exchange.model.batcher.checkRoom();
  if (!readFast(exchange, body, style)) readGeneral(exchange, body, undefined, style);
}

/** The usual request; false when it is anything else. */
function readFast(exchange: Exchange, body: Buffer, style: NonFinite): boolean {
  const { fast, batcher, normalizers, inputs } = exchange.model;
  if (!fast) return false;
  const sinks = batcher.sinks();
  const starts = sinks.map(({ length }) => length);
  // Inputs are float32 wherever there is a fast reader, so the sinks are too.
  if (!fast.read(body, sinks as Parameters<FastRead>[1])) {
    batcher.rollback();
    return false;
  }
  exchange.id = fast.id;
  exchange.rows = fast.rows;
  exchange.loggedRows = countRows(
    inputs,
    fast.seen.map(({ dims }) => dims),
  );
  const { maxLogged } = exchange.context;
  if (maxLogged !== undefined) {
    const parts = inputs.map(({ name, dtype }, index) => {
      const seen = fast.seen[index];
      const sink = sinks[index];
      if (!seen || !sink) return '';
      const { dims } = seen;
      let text: string;
      if (elementCount(dims) > maxLogged) {
        const data = (sink.data as Float32Array).subarray(starts[index], sink.length);
        text = summaryText({ dtype, dims, data });
      } else if (!seen.isOneLine) {
        text = JSON.stringify(JSON.parse(body.toString('latin1', seen.from, seen.to)));
        if (!seen.isNested) text = nestText(text.slice(1, -1), dims);
      } else if (seen.isNested) text = body.toString('latin1', seen.from, seen.to);
      else text = nestText(body.toString('latin1', seen.from + 1, seen.to - 1), dims);
      return `${JSON.stringify(name)}:${text}`;
    });
    exchange.loggedInputs = `{${parts.join(',')}}`;
  }
  normalizers.forEach((normalize, index) => {
    const sink = sinks[index];
    if (sink && normalize) normalize(sink.data as Float32Array, starts[index] ?? 0, sink.length);
  });
  exchange.format = (outputs, { model }) => writeReply(model, outputs, undefined, exchange, style);
  batcher.commit(exchange);
  return true;
}

type FastRead = NonNullable<LoadedModel['fast']>['read'];

function readGeneral(
  exchange: Exchange,
  body: Buffer,
  jsonLength: number | undefined,
  style: NonFinite,
): void {
  const { model } = exchange;
  const { inputs: ports, outputs, spec } = model;
  const request = parseRequest(body.subarray(0, jsonLength ?? body.length), ports);
  exchange.id = readId(request.id);
  const given = readInputs(request.inputs);
  const inputs = jsonLength === undefined ? given : splitBinary(given, body.subarray(jsonLength));
  const tensors = checkInputs(inputs, ports, spec.name);
  exchange.rows = tensors[0]?.dims[0] ?? 1;
  exchange.loggedRows = countRows(
    ports,
    tensors.map(({ dims }) => dims),
  );
  const wanted = readOutputs(request, outputs, spec.name);
  const { maxLogged } = exchange.context;
  if (maxLogged !== undefined) exchange.loggedInputs = loggedInputs(inputs, tensors, ports, maxLogged);
  model.normalizers.forEach((normalize, index) => {
    const data = tensors[index]?.data;
    if (normalize && data && 'buffer' in data) normalize(data, 0, data.length);
  });
  exchange.format = (results) => writeReply(model, results, wanted, exchange, style);
  model.batcher.add(exchange, tensors);
}

function checkMediaType(headers: IncomingMessage['headers'], isBinary: boolean): void {
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    throw refuse.mediaType(`Content-Encoding ${quote(encoding)} is not supported; send the body as it is`);
  }
  const type = headers['content-type'];
  if (type === undefined) return;
  const [media = '', ...parameters] = type.split(';').map((part) => part.trim().toLowerCase());
  const isJson =
    media === 'application/json' ||
    /^application\/[\w.-]+\+json$/.test(media) ||
    (isUnasked(media) && headers.origin === undefined);
  if (!isJson && !(isBinary && media === 'application/octet-stream')) {
    throw refuse.mediaType(
      `Content-Type is ${quote(type)}; send application/json` +
        (media === 'application/octet-stream'
          ? ', or add Inference-Header-Content-Length for binary tensors'
          : ''),
    );
  }
  const charset = parameters.find((parameter) => parameter.startsWith('charset='));
  if (charset !== undefined && !/^charset="?utf-?8"?$/.test(charset)) {
    throw refuse.mediaType(`Content-Type says ${charset}; JSON is UTF-8`);
  }
}

/**
 * What curl, fetch and load generators send when nobody named a type: taken for JSON. Not from a page in a browser
 * (those requests have an Origin), since these types need no preflight and any page could send them here.
 */
function isUnasked(media: string): boolean {
  return media === 'application/x-www-form-urlencoded' || media === 'text/plain' || media === 'text/html';
}

const MAX_ID = 1024;

type InferBody = Readonly<Record<'id' | 'inputs' | 'outputs' | 'parameters', unknown>>;

function parseRequest(bytes: Buffer, ports: readonly Port[]): InferBody {
  if (bytes.length === 0) throw refuse.invalid('the request has no body; send JSON with inputs');
  if (!isUtf8(bytes)) throw refuse.invalid('the body is not UTF-8 text');
  const isExact = ports.some(({ dtype }) => dtype === 'int64' || dtype === 'uint64');
  let value: unknown;
  try {
    value = parseJson(bytes.toString('utf8').replace(/^\ufeff/, ''), isExact);
  } catch (cause) {
    if (cause instanceof JsonError) throw refuse.invalid(`the body is not JSON: ${cause.message}`);
    throw refuse.invalid('the body is not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw refuse.invalid(`the body is ${describeJson(value)}; send an object with inputs`);
  }
  return value as InferBody;
}

function readId(id: unknown): string | undefined {
  if (id === undefined || id === null) return undefined;
  if (typeof id !== 'string') throw refuse.invalid(`id is ${quote(id)}, not a string`);
  // It goes into the reply and the log.
  if (id.length > MAX_ID)
    throw refuse.invalid(`id has ${id.length} characters; at most ${MAX_ID} are allowed`);
  return id;
}

function readInputs(inputs: unknown): (GivenInput & { readonly parameters?: unknown })[] {
  if (!Array.isArray(inputs)) {
    throw refuse.invalid(
      inputs === undefined ? 'inputs is missing' : `inputs is ${describeJson(inputs)}, expected an array`,
    );
  }
  return inputs.map((input: unknown, index) => {
    if (typeof input !== 'object' || input === null || Array.isArray(input)) {
      throw refuse.invalid(`inputs[${index}] is ${describeJson(input)}, expected an object`);
    }
    return input as GivenInput;
  });
}

/** The outputs asked for, in that order; undefined when all of them are. */
function readOutputs(
  request: InferBody,
  ports: readonly Port[],
  model: string,
): readonly Wanted[] | undefined {
  const { outputs, parameters } = request;
  const isBinary = isBinaryOutput(parameters, 'binary_data_output') ?? false;
  if (outputs === undefined || outputs === null || (Array.isArray(outputs) && outputs.length === 0)) {
    return isBinary ? ports.map((port, index) => ({ port, index, isBinary })) : undefined;
  }
  if (!Array.isArray(outputs)) throw refuse.invalid(`outputs is ${describeJson(outputs)}, expected an array`);
  const names = ports.map(({ name }) => name);
  const wanted = outputs.map((output: unknown, at) => {
    const { name, parameters: own } = (typeof output === 'object' && output !== null ? output : {}) as {
      name?: unknown;
      parameters?: unknown;
    };
    if (typeof name !== 'string') throw refuse.invalid(`outputs[${at}].name is ${quote(name)}, not a string`);
    const index = names.indexOf(name);
    const port = ports[index];
    if (!port) {
      const suggestion = nearest(name, names);
      throw refuse.invalid(
        `${quote(name)} is not an output of model ${quote(model)}; ` +
          `${suggestion === undefined ? '' : `did you mean ${quote(suggestion)}? `}its outputs: ${names.join(', ')}`,
      );
    }
    return { port, index, isBinary: isBinaryOutput(own, 'binary_data') ?? isBinary };
  });
  const twice = wanted.find(({ index }, at) => wanted.findIndex((other) => other.index === index) !== at);
  if (twice) throw refuse.invalid(`output ${quote(twice.port.name)} is asked for twice`);
  return wanted;
}

/** Rows of a request: the first axis where inputs share an open one, otherwise 1 or what all first axes agree on. */
function countRows(ports: readonly Port[], shapes: readonly (readonly number[])[]): number {
  const rows = shapes[0]?.[0] ?? 1;
  const isRows = ports.every(
    ({ shape }, index) =>
      (shapes[index]?.[0] ?? 0) === rows && ((shapes[index]?.length ?? 0) > 1 || !isFixed(shape?.[0])),
  );
  return isRows ? rows : 1;
}

function describeJson(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : quote(value);
}

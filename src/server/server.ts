// Starts and stops the server. The routes are in routes.ts; what a request costs is decided in batcher.ts and outbox.ts.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, Server as NetServer, type Socket } from 'node:net';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { Context } from '../context.ts';
import { errors } from '../errors.ts';
import { replyAndDiscard } from './body.ts';
import type { RunningModel, RunningServer, ServerOptions } from './definition.ts';
import { Metrics } from './metrics.ts';
import { type LoadedModel, loadModel } from './model.ts';
import { NodeResponder } from './node-responder.ts';
import { Outbox } from './outbox.ts';
import { refusalOfHeaders } from './protocols/open-inference-routes.ts';
import { type QuickServer, takeConnections } from './quick/connections.ts';
import { openRecorder, type Recorder } from './recorder.ts';
import { asRefusal } from './refusal.ts';
import { findHandler, makeRoutes } from './routes.ts';
import { sampleRequest } from './sample.ts';
import type { Site } from './site.ts';

/** A client has this long for its headers, and this much longer for its body. */
const HEADERS_MS = 10_000;
const BODY_MS = 60_000;
const KEEP_ALIVE_MS = 65_000;
/** While draining, idle connections stay open this long, for requests that are on their way already. */
const GRACE_MS = 250;

/**
 * Loads the models, then listens. Errors: PORT_IN_USE, ADDRESS_UNUSABLE, FILE_UNWRITABLE for the log folder, and what the
 * runtimes throw for a model.
 *
 * @example
 * const server = await startServer({ host: '127.0.0.1', port: 0, models, limits, log: undefined }, context);
 * await fetch(`${server.url}/v2/health/ready`);
 * await server.close();
 */
export async function startServer(options: ServerOptions, context: Context): Promise<RunningServer> {
  const recorder = options.log && openRecorder(options.log);
  const outbox = new Outbox(recorder);
  const metrics = new Metrics(() => recorder?.dropped ?? new Map());
  const models: LoadedModel[] = [];
  try {
    for (const spec of options.models) {
      const step = context.progress.step(`Loading ${spec.name}`);
      models.push(await loadModel(spec, options, metrics, () => outbox.flush()));
      step.end();
    }
    const server = makeServer(options, models, metrics, outbox);
    await listen(server.http, options);
    return running(server, options, models, metrics, outbox, recorder);
  } catch (cause) {
    await releaseAll(models);
    recorder?.close();
    throw cause;
  }
}

type Made = {
  readonly http: Server;
  readonly quick: QuickServer | undefined;
  readonly sockets: ReadonlySet<Socket>;
  readonly drain: () => void;
};

function makeServer(
  options: ServerOptions,
  models: readonly LoadedModel[],
  metrics: Metrics,
  outbox: Outbox,
): Made {
  let isDraining = false;
  const site: Site = {
    options,
    models,
    metrics,
    outbox,
    exchange: { outbox, maxLogged: options.log?.maxElements, onRequest: options.onRequest },
    isReady: () => !isDraining,
  };
  const routes = makeRoutes(site);
  const http = createServer({
    headersTimeout: HEADERS_MS,
    requestTimeout: HEADERS_MS + BODY_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionsCheckingInterval: 5000,
    noDelay: true,
  });
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    try {
      findHandler(routes, request.method ?? '', request.url ?? '')(request, response);
    } catch (cause) {
      replyWithoutBody(request, response, cause, outbox);
    }
  };
  http.on('request', answer);
  http.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    const refusal = refusalOfHeaders(request, options.limits.maxBodyBytes);
    if (refusal === undefined) response.writeContinue();
    answer(request, response);
  });
  http.on('clientError', answerBrokenRequest);
  const times = { keepAliveMs: KEEP_ALIVE_MS, requestMs: HEADERS_MS + BODY_MS };
  const quick = options.plainHttp
    ? undefined
    : takeConnections(http, routes, options.limits.maxBodyBytes, times);
  // Counted here, because connections handed over by a supervisor are not among those http.Server counts.
  const sockets = new Set<Socket>();
  http.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return {
    http,
    quick,
    sockets,
    drain: () => {
      isDraining = true;
      outbox.isClosing = true;
    },
  };
}

/** Answers a request whose body is of no interest; one that is still coming is discarded. */
function replyWithoutBody(
  request: IncomingMessage,
  response: ServerResponse,
  cause: unknown,
  outbox: Outbox,
): void {
  const refusal = asRefusal(cause);
  const hasBody =
    request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;
  if (hasBody) {
    replyAndDiscard(request, response, refusal);
    return;
  }
  const headers = ['Content-Type', 'application/json', ...Object.entries(refusal.headers).flat()];
  outbox.push(
    new NodeResponder(response),
    refusal.status,
    headers,
    JSON.stringify({ error: refusal.message }),
  );
}

/** What is not HTTP, or took too long: an answer in the same form as all others, then the end of the connection. */
function answerBrokenRequest(cause: NodeJS.ErrnoException, socket: Socket): void {
  // A reply that has begun must not be followed by another one.
  if (!socket.writable || socket.bytesWritten > 0) {
    socket.destroy();
    return;
  }
  const [status, message] =
    cause.code === 'HPE_HEADER_OVERFLOW'
      ? ['431 Request Header Fields Too Large', 'the request headers are too large']
      : cause.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? ['408 Request Timeout', 'the request took too long to arrive']
        : ['400 Bad Request', `this is not an HTTP request: ${cause.message}`];
  const body = JSON.stringify({ error: message });
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
      `Connection: close\r\n\r\n${body}`,
  );
}

function listen(http: Server, { host, port }: ServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    http.once('error', (cause: NodeJS.ErrnoException) => {
      reject(
        cause.code === 'EADDRINUSE'
          ? errors.PORT_IN_USE(host, port)
          : errors.ADDRESS_UNUSABLE(host, port, cause),
      );
    });
    http.listen({ host, port, backlog: 1024 }, resolve);
  });
}

function running(
  made: Made,
  options: ServerOptions,
  models: readonly LoadedModel[],
  metrics: Metrics,
  outbox: Outbox,
  recorder: Recorder | undefined,
): RunningServer {
  const { http } = made;
  const { port } = http.address() as AddressInfo;
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  let closing: Promise<void> | undefined;
  return {
    url: `http://${host}:${port}`,
    port,
    accept: (socket) => {
      http.emit('connection', socket);
    },
    models: models.map(describeRunning),
    metrics: () => metrics.registry.metrics(),
    metricsData: () => metrics.registry.getMetricsAsJSON(),
    close: () => {
      closing ??= stop(made, options.limits.drainMs).then(async () => {
        outbox.flush();
        await releaseAll(models);
        recorder?.close();
      });
      return closing;
    },
  };
}

/** Stops accepting, then waits until every connection is done, or cuts them when the time is up. */
async function stop({ http, quick, sockets, drain }: Made, drainMs: number): Promise<void> {
  drain();
  // Connections the kernel has accepted for us already are still ours to answer.
  await nextTurn();
  // http.Server.close would cut idle connections at once, and with them requests that are on their way.
  NetServer.prototype.close.call(http);
  const started = performance.now();
  while (sockets.size > 0 && performance.now() - started < drainMs) {
    await sleep(10);
    if (performance.now() - started < GRACE_MS) continue;
    http.closeIdleConnections();
    quick?.closeIdle();
  }
  http.closeAllConnections();
  quick?.closeAll();
}

function describeRunning({ spec, workers, measured, inputs }: LoadedModel): RunningModel {
  return {
    name: spec.name,
    version: spec.version,
    runs: workers === 0 ? 'inline' : 'workers',
    workers,
    maxRows: measured.isBatched ? measured.maxRows : 1,
    runMs: measured.runMs,
    sample: sampleRequest(inputs),
  };
}

async function releaseAll(models: readonly LoadedModel[]): Promise<void> {
  await Promise.all(models.map(({ batcher }) => batcher.release()));
}

// Paths and what answers them. Every path is known when the server starts, so finding one is a look-up.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { nearest } from '../nearest.ts';
import { NodeResponder } from './node-responder.ts';
import type { Responder } from './outbox.ts';
import { page } from './page.ts';
import { openInferenceRoutes } from './protocols/open-inference-routes.ts';
import { quote, type Refusal, refuse } from './refusal.ts';
import type { Site } from './site.ts';

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;
export type Route = {
  readonly GET?: Handler;
  readonly POST?: Handler;
  /** Answers a POST whose headers say JSON and nothing unusual (quick/head.ts). */
  readonly quick?: QuickHandler;
};
export type QuickHandler = (responder: Responder, body: Buffer) => void;
export type Routes = ReadonlyMap<string, Route>;

export function makeRoutes(site: Site): Routes {
  return new Map<string, Route>([
    ['/', { GET: page(site) }],
    ['/metrics', { GET: (_request, response) => void sendMetrics(site, response) }],
    ...openInferenceRoutes(site),
  ]);
}

/** Finds the handler. Throws a Refusal: 404 says what is there, 405 what is allowed. */
export function findHandler(routes: Routes, method: string, url: string): Handler {
  const route = routes.get(url) ?? routes.get(canonical(url));
  if (!route) throw notFound(routes, canonical(url));
  const handler =
    method === 'POST' ? route.POST : method === 'GET' || method === 'HEAD' ? route.GET : undefined;
  if (handler) return handler;
  throw refuse.method(method, route.GET ? (route.POST ? ['GET', 'POST'] : ['GET']) : ['POST']);
}

/** Without query and trailing slash, each segment encoded the one way the routes are. */
function canonical(url: string): string {
  const path = url.split(/[?#]/, 1)[0] ?? '';
  try {
    const clean = path
      .split('/')
      .map((segment) => encodeURIComponent(decodeURIComponent(segment)))
      .join('/')
      .replace(/\/+$/, '');
    return clean === '' ? '/' : clean;
  } catch {
    return path;
  }
}

function notFound(routes: Routes, path: string): Refusal {
  const [, prefix, group, model, ...rest] = path.split('/');
  if (prefix === 'v2' && group === 'models' && model !== undefined) {
    const known = [...routes.keys()].flatMap((key) => /^\/v2\/models\/([^/]+)$/.exec(key)?.[1] ?? []);
    const names = known.map(decodeURIComponent);
    const name = decodeSafely(model);
    if (!names.includes(name)) {
      const suggestion = nearest(name, names);
      return refuse.notFound(
        `model ${quote(name)} is not served here; ` +
          (suggestion === undefined ? `models: ${names.join(', ')}` : `did you mean ${quote(suggestion)}?`),
      );
    }
    if (rest[0] === 'versions' && rest[1] !== undefined) {
      const prefixOf = `/v2/models/${model}/versions/`;
      const versions = [...routes.keys()].flatMap((key) =>
        key.startsWith(prefixOf) && !key.slice(prefixOf.length).includes('/')
          ? key.slice(prefixOf.length)
          : [],
      );
      if (!versions.includes(rest[1])) {
        return refuse.notFound(
          `model ${quote(name)} has no version ${quote(decodeSafely(rest[1]))}; ` +
            (versions.length === 0 ? 'it is served without versions' : `versions: ${versions.join(', ')}`),
        );
      }
    }
    return refuse.notFound(`${path} is not a path here; under /v2/models/${model}: ready, infer, sample`);
  }
  // TensorFlow Serving's protocol.
  if (prefix === 'v1') {
    return refuse.notFound(
      `${decodeSafely(path)} is not a path here: version 1 of the protocol is not spoken; POST to /v2/models/NAME/infer`,
    );
  }
  return refuse.notFound(`${path} is not a path here; try /v2, /v2/models, /v2/health/ready, /metrics or /`);
}

function decodeSafely(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

async function sendMetrics({ metrics, outbox }: Site, response: ServerResponse): Promise<void> {
  const text = await metrics.registry.metrics();
  outbox.push(new NodeResponder(response), 200, ['Content-Type', metrics.registry.contentType], text);
}

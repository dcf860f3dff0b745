// Open Inference Protocol v2 over REST: its paths. https://github.com/kserve/open-inference-protocol
// Beyond it: GET /v2/models, which everybody has, and GET …/sample, a request the model accepts.

import type { ServerResponse } from 'node:http';
import { version } from '../../version.ts';
import { declaredLength, readBody, replyAndDiscard } from '../body.ts';
import { Exchange } from '../exchange.ts';
import type { LoadedModel } from '../model.ts';
import { NodeResponder } from '../node-responder.ts';
import type { Port } from '../ports.ts';
import { asRefusal, type Refusal, refuse } from '../refusal.ts';
import type { Handler, QuickHandler, Route } from '../routes.ts';
import { sampleRequest } from '../sample.ts';
import type { Site } from '../site.ts';
import { readInfer, readJsonInfer } from './open-inference.ts';

export function openInferenceRoutes(site: Site): (readonly [string, Route])[] {
  const json = (make: () => unknown): Route => ({
    GET: (_request, response) => send(site, response, 200, make()),
  });
  const health = (key: string): Route => ({
    GET: (_request, response) => send(site, response, site.isReady() ? 200 : 503, { [key]: site.isReady() }),
  });
  const names = [...new Set(site.models.map(({ spec }) => spec.name))];
  const routes: (readonly [string, Route])[] = [
    ['/v2', json(() => ({ name: 'mlctl', version: version(), extensions: ['binary_tensor_data'] }))],
    ['/v2/health/live', json(() => ({ live: true }))],
    ['/v2/health/ready', health('ready')],
    ['/v2/models', json(() => ({ models: names }))],
  ];
  for (const name of names) {
    const versions = site.models.filter(({ spec }) => spec.name === name);
    const paths = versions.flatMap((model, index) => {
      const base = `/v2/models/${encodeURIComponent(name)}`;
      const own =
        model.spec.version === undefined
          ? []
          : [`${base}/versions/${encodeURIComponent(model.spec.version)}`];
      return (index === 0 ? [base, ...own] : own).map((path) => ({ path, model }));
    });
    for (const { path, model } of paths) {
      const metadata = describeModel(model, versions);
      const sample = sampleRequest(model.inputs);
      routes.push(
        [path, json(() => metadata)],
        [
          `${path}/ready`,
          {
            GET: (_request, response) =>
              send(site, response, site.isReady() ? 200 : 503, { name, ready: site.isReady() }),
          },
        ],
        [`${path}/infer`, { POST: infer(site, model), quick: quickInfer(site, model) }],
        [
          `${path}/sample`,
          {
            GET: (_request, response) =>
              site.outbox.push(
                new NodeResponder(response),
                200,
                ['Content-Type', 'application/json'],
                sample,
              ),
          },
        ],
      );
    }
  }
  return routes;
}

function infer({ options, exchange }: Site, model: LoadedModel): Handler {
  const style = options.nonFinite ?? 'error';
  const { maxBodyBytes } = options.limits;
  return (request, response) => {
    readBody(
      request,
      maxBodyBytes,
      (body) => {
        const job = new Exchange(model, 'v2', new NodeResponder(response), exchange);
        try {
          readInfer(job, body, request.headers, style);
        } catch (cause) {
          job.fail(asRefusal(cause));
        }
      },
      (refusal) => {
        new Exchange(model, 'v2', new NodeResponder(response), exchange).record(refusal);
        replyAndDiscard(request, response, refusal);
      },
    );
  };
}

function quickInfer({ options, exchange }: Site, model: LoadedModel): QuickHandler {
  const style = options.nonFinite ?? 'error';
  return (responder, body) => {
    const job = new Exchange(model, 'v2', responder, exchange);
    try {
      readJsonInfer(job, body, style);
    } catch (cause) {
      job.fail(asRefusal(cause));
    }
  };
}

/** Before the body of a request that waits for "100 Continue": whether to ask for it at all. */
export function refusalOfHeaders(request: Parameters<Handler>[0], maxBodyBytes: number): Refusal | undefined {
  return declaredLength(request) > maxBodyBytes ? refuse.tooLarge(maxBodyBytes) : undefined;
}

function describeModel(model: LoadedModel, all: readonly LoadedModel[]) {
  const { spec, inputs, outputs } = model;
  const versions = all.flatMap(({ spec }) => spec.version ?? []);
  const describe = ({ name, datatype, dims }: Port) => ({ name, datatype: datatype.name, shape: dims });
  const properties: Record<string, string> = { digest: `sha256:${spec.digest}`, format: spec.format };
  for (const [name, { columns }] of Object.entries(spec.signature.inputs)) {
    if (columns) properties[`inputs.${name}.columns`] = columns.join(',');
  }
  for (const [name, { labels }] of Object.entries(spec.signature.outputs)) {
    if (labels) properties[`outputs.${name}.labels`] = labels.join(',');
  }
  return {
    name: spec.name,
    ...(versions.length > 0 ? { versions } : {}),
    platform: platforms[spec.source.format] ?? `mlctl_${spec.source.format}`,
    inputs: inputs.map(describe),
    outputs: outputs.map(describe),
    properties,
  };
}

/** `<project>_<format>` (PROTOCOLS §1.2). */
const platforms: Readonly<Record<string, string>> = {
  onnx: 'onnx_onnxv1',
  tflite: 'tensorflow_tflite',
  tfjs: 'tensorflowjs_graphmodel',
};

export function send({ outbox }: Site, response: ServerResponse, status: number, body: unknown): void {
  outbox.push(
    new NodeResponder(response),
    status,
    ['Content-Type', 'application/json'],
    JSON.stringify(body),
  );
}

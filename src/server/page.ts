// The page at /: the models of this server, each with a request to edit and send. Self-contained: nothing is loaded from
// elsewhere, and the Content-Security-Policy lets nothing else run.

import { createHash } from 'node:crypto';
import { NodeResponder } from './node-responder.ts';
import { script } from './page/script.ts';
import { style } from './page/style.ts';
import { describePort } from './ports.ts';
import type { Handler } from './routes.ts';
import { sampleRequest } from './sample.ts';
import type { Site } from './site.ts';

/** A model of pictures has a sample of megabytes. */
const LONGEST_SAMPLE = 16_384;

export function page(site: Site): Handler {
  const html = document(site);
  const headers = [
    'Content-Type',
    'text/html; charset=utf-8',
    'Content-Security-Policy',
    `default-src 'none'; style-src '${hash(style)}'; script-src '${hash(script)}'; connect-src 'self'; ` +
      "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    'X-Content-Type-Options',
    'nosniff',
    'Referrer-Policy',
    'no-referrer',
  ];
  return (_request, response) => site.outbox.push(new NodeResponder(response), 200, headers, html);
}

function document({ models }: Site): string {
  const cards = models.map(({ spec, inputs, outputs, measured, workers }) => {
    const path = `/v2/models/${encodeURIComponent(spec.name)}${
      spec.version === undefined ? '' : `/versions/${encodeURIComponent(spec.version)}`
    }`;
    const about = [
      spec.format,
      ...(spec.version === undefined ? [] : [`version ${spec.version}`]),
      `sha256 ${spec.digest.slice(0, 12)}`,
      workers === 0 ? 'runs inline' : `${workers} workers`,
      ...(measured.isBatched ? [`up to ${measured.maxRows} rows a run`] : []),
    ];
    const ports = [
      ...inputs.map((port) => ['in', port] as const),
      ...outputs.map((port) => ['out', port] as const),
    ];
    const labels = Object.fromEntries(
      Object.entries(spec.signature.outputs).flatMap(([name, signature]) =>
        signature.labels ? [[name, signature.labels]] : [],
      ),
    );
    const request = sampleRequest(inputs);
    return `<section data-path="${escapeHtml(path)}" data-labels="${escapeHtml(JSON.stringify(labels))}">
<h2>${escapeHtml(spec.name)}</h2>
<p class="about">${about.map(escapeHtml).join(' · ')}</p>
<ul class="ports">${ports
      .map(
        ([side, port]) =>
          `<li><span class="${side}">${side}</span> <b>${escapeHtml(port.name)}</b> <code>${escapeHtml(describePort(port))}</code></li>`,
      )
      .join('')}</ul>
<label>Request<textarea spellcheck="false" rows="10"${request.length > LONGEST_SAMPLE ? ' placeholder="The sample is too long to show. Run sends it; or paste a request here.">' : `>${escapeHtml(pretty(request))}`}</textarea></label>
<div class="row"><button type="button">Run</button><span class="state" role="status"></span></div>
<pre hidden></pre>
<p class="links"><a href="${escapeHtml(path)}">metadata</a> <a href="${escapeHtml(`${path}/sample`)}">sample</a></p>
</section>`;
  });
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(models.map(({ spec }) => spec.name).join(', '))} · mlctl serve</title><style>${style}</style></head>
<body><header><h1>mlctl serve</h1><nav><a href="/v2/models">models</a> <a href="/v2/health/ready">health</a> <a href="/metrics">metrics</a></nav></header>
<main>${cards.join('\n')}</main>
<script>${script}</script></body></html>
`;
}

/** Indented, with each array of numbers on one line. */
function pretty(json: string): string {
  return JSON.stringify(JSON.parse(json), null, 2).replace(
    /\[\s+([^[\]{}]*?)\s+\]/g,
    (_, items: string) => `[${items.replace(/\s+/g, ' ')}]`,
  );
}

function hash(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

function escapeHtml(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return text.replace(/[&<>"]/g, (character) => entities[character] ?? '');
}

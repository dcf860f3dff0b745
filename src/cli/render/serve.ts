// What `mlctl serve` says while it runs: the address on stdout, everything else on stderr; events as JSON Lines with --json.

import type { Serving } from '../../lifecycle/serve.ts';
import type { RequestLine, RunningModel } from '../../server/definition.ts';
import type { Terminal } from '../terminal.ts';
import { count, milliseconds } from './numbers.ts';

export type ServeReport = {
  listening(server: Serving): void;
  readonly onRequest: ((line: RequestLine) => void) | undefined;
  stopping(): void;
  stopped(): void;
};

/** Request lines shown one by one per second; the others are only counted, so that a busy server is not slowed by its screen. */
const SHOWN_PER_SECOND = 20;
/** A sample longer than this is fetched from the server instead of being spelt out. */
const LONGEST_SAMPLE = 300;

export function serveReport(
  terminal: Terminal,
  { json, quiet }: { readonly json: boolean; readonly quiet: boolean },
): ServeReport {
  return json ? jsonReport(terminal) : textReport(terminal, quiet);
}

function jsonReport({ stdout }: Terminal): ServeReport {
  const event = (name: string, fields: object = {}) =>
    stdout.write(`${JSON.stringify({ schema: 'mlctl/serve@1', event: name, ...fields })}\n`);
  return {
    listening: ({ url, port, models, logFolder }) =>
      event('listening', { url, port, models: models.map(withoutSample), log: logFolder ?? null }),
    onRequest: (line) => event('request', line),
    stopping: () => event('stopping'),
    stopped: () => event('stopped'),
  };
}

function withoutSample({ name, version, runs, workers, maxRows, runMs }: RunningModel) {
  return { name, version: version ?? null, runs, workers, maxRows, runMs: runMs ?? null };
}

function textReport({ stdout, stderr }: Terminal, quiet: boolean): ServeReport {
  const lines = requestLines((text) => stderr.write(`${text}\n`));
  return {
    listening({ url, models, logFolder }) {
      stdout.write(`${url}\n`);
      if (quiet) return;
      const { paint } = stderr;
      for (const model of models) stderr.write(`${paint.bold(model.name)}  ${describe(model)}\n`);
      if (logFolder !== undefined) stderr.write(`predictions are logged in ${logFolder}\n`);
      const [first] = models;
      if (first) stderr.write(`Try: ${curlLine(url, first)}\n`);
    },
    onRequest: quiet ? undefined : lines.add,
    stopping: lines.flush,
    stopped() {},
  };
}

function describe({ runs, workers, maxRows, runMs }: RunningModel): string {
  const where = runs === 'inline' ? 'in the HTTP thread' : `in ${workers} worker${workers === 1 ? '' : 's'}`;
  const time = runMs === undefined ? '' : `${milliseconds(runMs)} per run, `;
  return `${time}${where}, ${maxRows > 1 ? `up to ${maxRows} rows a run` : 'one request a run'}`;
}

/** A line one can paste. */
export function curlLine(url: string, { name, sample }: RunningModel): string {
  const path = `${url}/v2/models/${encodeURIComponent(name)}`;
  const post = `curl -s -H 'Content-Type: application/json'`;
  return sample.length <= LONGEST_SAMPLE && !sample.includes("'")
    ? `${post} -d '${sample}' ${path}/infer`
    : `curl -s ${path}/sample | ${post} --data-binary @- ${path}/infer`;
}

function requestLines(write: (text: string) => void) {
  let second = 0;
  let shown = 0;
  let hidden = 0;
  let timer: NodeJS.Timeout | undefined;
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    if (hidden > 0) write(`… ${count(hidden)} more requests`);
    hidden = 0;
    shown = 0;
  };
  const add = ({ time, method, path, status, latencyMs }: RequestLine) => {
    const now = Math.floor(performance.now() / 1000);
    if (now !== second) flush();
    second = now;
    if (shown < SHOWN_PER_SECOND) {
      shown++;
      write(`${time} ${method} ${path} ${status} ${milliseconds(latencyMs)}`);
      return;
    }
    hidden++;
    timer ??= setTimeout(flush, 1000).unref();
  };
  return { add, flush };
}

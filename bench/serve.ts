// Serving: mlctl serve over a bare node:http server that calls onnxruntime once per request, 64 connections, rounds interleaved,
// medians of the ratios. Then the same with the prediction log on, and 10 000 requests whose answers are checked one by one.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generator, mlp } from '../test/server/models.ts';
import type { Row } from './run.ts';
import type { LoadOrder, LoadResult } from './serve/load.ts';
import { median } from './start-up.ts';

const ROUNDS = 5;
const SECONDS = 2;
const CONNECTIONS = 64;
const TS = ['--import', 'tsx'];
const executable = fileURLToPath(new URL('../bin/mlctl.js', import.meta.url));
const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));

type Server = { readonly process: ChildProcess; readonly port: number };

export async function run(): Promise<Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'mlctl-bench-'));
  try {
    const rows: Row[] = [];
    for (const { name, inputs, hidden, outputs } of [
      { name: 'MLP 4-16-3', inputs: 4, hidden: [16], outputs: 3 },
      { name: 'MLP 784-512-512-10', inputs: 784, hidden: [512, 512], outputs: 10 },
    ]) {
      const path = join(folder, `net${inputs}.onnx`);
      await writeFile(path, await mlp(inputs, hidden, outputs));
      rows.push(...(await compare(name, path, inputs, folder)));
    }
    rows.push(await checkAnswers(join(folder, 'net4.onnx'), folder));
    return rows;
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function compare(name: string, path: string, inputs: number, folder: string): Promise<Row[]> {
  const model = `net${inputs}`;
  const random = generator(3);
  // Four decimals, like data people send; with all seventeen the ratio is about the same.
  const data = Array.from({ length: inputs }, () => Math.round(random() * 1e4) / 1e4);
  const body = JSON.stringify({ inputs: [{ name: 'features', shape: [1, inputs], datatype: 'FP32', data }] });
  const order = { path: `/v2/models/${model}/infer`, body, seconds: SECONDS };
  const servers = {
    bare: await start([...TS, here('serve/bare.ts'), path]),
    mlctl: await start([executable, 'serve', path, '--port', '0', '--quiet']),
    logged: await start([executable, 'serve', path, '--port', '0', '--quiet', '--log', join(folder, model)]),
  };
  type Name = keyof typeof servers;
  const names = Object.keys(servers) as Name[];
  const rates: Record<Name, number[]> = { bare: [], mlctl: [], logged: [] };
  const cpu: Record<Name, number[]> = { bare: [], mlctl: [], logged: [] };
  const single: Record<Name, number[]> = { bare: [], mlctl: [], logged: [] };
  const last: Partial<Record<Name, LoadResult>> = {};
  let errors = 0;
  try {
    for (const server of names)
      await load({ ...order, seconds: 1, connections: CONNECTIONS, port: servers[server].port });
    for (let round = 0; round < ROUNDS; round++) {
      for (const server of names) {
        const { process, port } = servers[server];
        const before = await cpuSeconds(process);
        const result = await load({ ...order, connections: CONNECTIONS, port });
        rates[server].push(result.requests / result.seconds);
        cpu[server].push((((await cpuSeconds(process)) - before) / result.requests) * 1e6);
        last[server] = result;
        errors += result.errors;
      }
      for (const server of names) {
        const result = await load({ ...order, connections: 1, seconds: 0.5, port: servers[server].port });
        single[server].push(result.requests / result.seconds);
      }
    }
  } finally {
    for (const server of names) await stop(servers[server]);
  }
  const ratio = (of: Record<Name, number[]>, server: Name) =>
    median(of[server].map((value, index) => value / (of.bare[index] ?? 1)));
  const describe = (server: Name) =>
    `${Math.round(median(rates[server]))} req/s (p50 ${last[server]?.p50.toFixed(1)}, p99 ${last[server]?.p99.toFixed(1)} ms) ` +
    `[${median(cpu[server]).toFixed(0)} µs CPU]`;
  return [
    {
      name: `serve over bare node:http, ${name}`,
      figure: `${ratio(rates, 'mlctl').toFixed(2)}×`,
      detail: `${describe('mlctl')} over ${describe('bare')}; ${errors} errors`,
    },
    {
      name: `  with the prediction log`,
      figure: `${ratio(rates, 'logged').toFixed(2)}×`,
      detail: describe('logged'),
    },
    {
      name: `  one connection`,
      figure: `${ratio(single, 'mlctl').toFixed(2)}×`,
      detail: `${Math.round(median(single.mlctl))} req/s over ${Math.round(median(single.bare))}`,
    },
  ];
}

/** 10 000 requests at concurrency 64, each answer compared with the one its own input has when it is asked alone. */
async function checkAnswers(path: string, folder: string): Promise<Row> {
  const server = await start([
    executable,
    'serve',
    path,
    '--port',
    '0',
    '--quiet',
    '--log',
    join(folder, 'checked'),
  ]);
  try {
    const url = `http://127.0.0.1:${server.port}/v2/models/net4/infer`;
    const ask = async (index: number) => {
      const random = generator(index % 500);
      const data = Array.from({ length: 4 }, random);
      const body = JSON.stringify({ inputs: [{ name: 'features', shape: [1, 4], datatype: 'FP32', data }] });
      const reply = await fetch(url, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body,
      });
      if (!reply.ok) throw new Error(await reply.text());
      return ((await reply.json()) as { outputs: { data: number[] }[] }).outputs[0]?.data ?? [];
    };
    const expected: number[][] = [];
    for (let index = 0; index < 500; index++) expected.push(await ask(index));
    let next = 0;
    let errors = 0;
    let wrong = 0;
    const client = async () => {
      while (next < 10_000) {
        const index = next++;
        const answer = await ask(index).catch(() => undefined);
        if (!answer) errors++;
        else if (!answer.every((value, at) => Math.abs(value - (expected[index % 500]?.[at] ?? 0)) <= 1e-6))
          wrong++;
      }
    };
    await Promise.all(Array.from({ length: 64 }, client));
    return {
      name: 'serve, 10 000 requests at concurrency 64',
      figure: `${errors} errors`,
      detail: `${wrong} wrong answers; ${availableParallelism()} cores`,
    };
  } finally {
    await stop(server);
  }
}

function start(words: readonly string[]): Promise<Server> {
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
    child.stdout.on('data', (chunk: Buffer) => {
      const port = /http:\/\/[^:]+:(\d+)/.exec(chunk.toString())?.[1];
      if (port) resolve({ process: child, port: Number(port) });
    });
  });
}

async function stop({ process }: Server): Promise<void> {
  const ended = new Promise((resolve) => process.once('exit', resolve));
  process.kill('SIGTERM');
  await ended;
}

function load(order: LoadOrder): Promise<LoadResult> {
  const child = spawn(process.execPath, [...TS, here('serve/load.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(JSON.stringify(order));
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk;
    });
    child.once('exit', (code) =>
      code === 0
        ? resolve(JSON.parse(text) as LoadResult)
        : reject(new Error(`the load generator ended with ${code}`)),
    );
  });
}

/** CPU seconds of a process so far: fields 14 and 15 of its stat line, in ticks of 10 ms. NaN where there is no /proc. */
async function cpuSeconds({ pid }: ChildProcess): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

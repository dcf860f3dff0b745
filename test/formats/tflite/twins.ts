// Our .tflite of a network beside the one that TensorFlow's converter wrote.

import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Twin } from '../../../fixtures/formats/tflite/twins.ts';
import { quietContext } from '../../../src/context.ts';
import { decodeTflite } from '../../../src/formats/tflite/decode.ts';
import { convert } from '../../../src/lifecycle/convert.ts';
import { compare, type Parity } from '../../../src/lifecycle/parity.ts';
import { sampleInputs } from '../../../src/lifecycle/sample-inputs.ts';
import litert from '../../../src/runtimes/litert.ts';
import type { Feeds, Session } from '../../../src/runtimes/session.ts';

export type Side = {
  readonly operators: Readonly<Record<string, number>>;
  readonly count: number;
  readonly bytes: number;
};

export type Compared = {
  readonly ours: Side;
  readonly theirs: Side;
  readonly parity: Parity;
  /** Theirs over ours, medians of interleaved runs; above 1 is faster. undefined: not asked for. */
  readonly speed: number | undefined;
};

/** Bytes that a signature and an open batch axis take, which old converters did not write. */
export const SMALL = 160;

const SAMPLES = 16;

/** Errors: those of converting. */
export async function compareTwin(
  corpus: string,
  twin: Twin,
  options: { speed?: boolean } = {},
): Promise<Compared> {
  const folder = mkdtempSync(join(tmpdir(), 'mlctl-twin-'));
  const output = join(folder, 'ours.tflite');
  const theirPath = join(corpus, twin.theirs);
  try {
    const asked = twin.dtype === 'float32' ? {} : { dtype: twin.dtype };
    const source = { model: join(corpus, twin.source), to: ['tflite'], output, ...asked };
    const { result } = await convert(source, quietContext());
    if (!result.passed) throw new Error(`${twin.source} was not written: out of tolerance`);
    const theirs = await litert.open({ format: 'tflite', path: theirPath });
    const ours = await litert.open({ format: 'tflite', path: output });
    try {
      const feeds = Array.from({ length: SAMPLES }, (_, seed) =>
        sampleInputs(theirs.inputs, { seed, batch: 1 }),
      );
      return {
        ours: sideOf(output),
        theirs: sideOf(theirPath),
        parity: await compare(theirs, ours, feeds, 1e-5),
        speed: options.speed ? await speedRatio(theirs, ours, feeds[0] ?? {}) : undefined,
      };
    } finally {
      await Promise.all([theirs.release(), ours.release()]);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export function sideOf(path: string): Side {
  const [main] = decodeTflite(readFileSync(path), path).subgraphs;
  const operators: Record<string, number> = {};
  for (const { opcode } of main?.operators ?? []) operators[opcode] = (operators[opcode] ?? 0) + 1;
  return { operators, count: main?.operators.length ?? 0, bytes: statSync(path).size };
}

/** Median of the ratios of pairs run one after the other, in turning order. */
export async function speedRatio(theirs: Session, ours: Session, feeds: Feeds): Promise<number> {
  const names = ours.inputs.map(({ name }) => name);
  const own = Object.fromEntries(Object.values(feeds).map((tensor, index) => [names[index] ?? '', tensor]));
  const once = (session: Session) => session.run(session === theirs ? feeds : own);
  // As many runs in one measurement as make about 20 ms, so that the clock is not what is measured.
  const first = await timed(() => once(theirs), 3);
  const repeats = Math.max(1, Math.ceil(20 / Math.max(first / 3, 0.001)));
  const ratios: number[] = [];
  for (let round = 0; round < 15; round++) {
    const order = round % 2 === 0 ? [theirs, ours] : [ours, theirs];
    const times = new Map<Session, number>();
    for (const session of order) times.set(session, await timed(() => once(session), repeats));
    ratios.push((times.get(theirs) ?? 0) / (times.get(ours) ?? 1));
  }
  return ratios.sort((a, b) => a - b)[7] ?? 1;
}

async function timed(run: () => Promise<unknown>, repeats: number): Promise<number> {
  const start = performance.now();
  for (let index = 0; index < repeats; index++) await run();
  return performance.now() - start;
}

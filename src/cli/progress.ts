// Progress on stderr: one moving line on a terminal, one plain line per step elsewhere, nothing when quiet.

import type { Progress, Step } from '../context.ts';
import { count as thousands } from './render/numbers.ts';
import type { Stream } from './terminal.ts';

export type ProgressStyle = 'auto' | 'plain' | 'none';

const silent: Step = { update() {}, end() {} };

export function openProgress(stderr: Stream, style: ProgressStyle, isCI: boolean): Progress {
  if (style === 'none') return { step: () => silent };
  if (style === 'plain' || !stderr.isTTY || isCI) return plain(stderr);
  return moving(stderr);
}

function plain(stderr: Stream): Progress {
  return {
    step(text) {
      stderr.write(`- ${text}\n`);
      return silent;
    },
  };
}

/** ora is loaded only when there is something to animate; a step shorter than that import shows nothing. */
function moving(stderr: Stream): Progress {
  return {
    step(text) {
      const started = performance.now();
      let label = text;
      let ended = false;
      let spinner: { text: string; stop(): unknown } | undefined;
      void import('ora').then(({ default: ora }) => {
        if (!ended)
          spinner = ora({
            text: label,
            discardStdin: false,
            color: stderr.paint.level ? 'cyan' : false,
          }).start();
      });
      return {
        update(done, total) {
          label = `${text} ${count(done, total)}${remaining(started, done, total)}`;
          if (spinner) spinner.text = label;
        },
        end() {
          ended = true;
          spinner?.stop();
        },
      };
    },
  };
}

function count(done: number, total: number | undefined): string {
  return total === undefined ? thousands(done) : `${thousands(done)}/${thousands(total)}`;
}

function remaining(started: number, done: number, total: number | undefined): string {
  const elapsed = (performance.now() - started) / 1000;
  if (total === undefined || done === 0 || elapsed < 2) return '';
  return `  about ${Math.ceil((elapsed / done) * (total - done))} s left`;
}

// Progress on stderr: one moving line on a terminal, one plain line per step elsewhere, nothing when quiet.

import type { Progress, Step } from '../context.ts';
import { count as thousands } from './render/numbers.ts';
import type { Stream } from './terminal.ts';

export type ProgressStyle = 'auto' | 'plain' | 'none';

const NARROWEST = 20;

const silent: Step = { update() {}, end() {} };

export function openProgress(stderr: Stream, style: ProgressStyle, isCI: boolean): Progress {
  if (style === 'none') return { step: () => silent };
  // A terminal that says it has no columns keeps ora busy for ever.
  const isNarrow = stderr.columns < NARROWEST;
  if (style === 'plain' || !stderr.isTTY || isCI || isNarrow) return plain(stderr);
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

/** How often the line is drawn by a step that never lets timers run, in milliseconds. */
const REDRAW = 100;

/** ora is loaded only when there is something to animate; a step shorter than that import shows nothing. */
function moving(stderr: Stream): Progress {
  return {
    step(text, unit) {
      const started = performance.now();
      let label = text;
      let ended = false;
      let spinner: { text: string; stop(): unknown; render(): unknown } | undefined;
      let drawn = started;
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
          const counted = unit === 'bytes' ? megabytes(done, total) : ` ${count(done, total)}`;
          label = `${text}${counted}${remaining(started, done, total)}`;
          if (!spinner) return;
          spinner.text = label;
          if (performance.now() - drawn < REDRAW) return;
          drawn = performance.now();
          spinner.render();
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

/** ` (412 of 1,024 MB)`; nothing for what is read in a blink. */
function megabytes(done: number, total: number | undefined): string {
  const inMegabytes = (bytes: number) => thousands(Math.round(bytes / 1e6));
  if (total === undefined) return ` (${inMegabytes(done)} MB)`;
  return total < 10e6 ? '' : ` (${inMegabytes(done)} of ${inMegabytes(total)} MB)`;
}

function remaining(started: number, done: number, total: number | undefined): string {
  const elapsed = (performance.now() - started) / 1000;
  if (total === undefined || done === 0 || elapsed < 2) return '';
  return `  about ${Math.ceil((elapsed / done) * (total - done))} s left`;
}

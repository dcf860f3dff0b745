// Times, spans and shares of the monitor as people read them.

import type { MonitorResult } from '../../lifecycle/monitor.ts';
import { milliseconds } from './numbers.ts';

type Window = MonitorResult['window'];

/** `14:02` on the window's own day, `3 Jun 14:02` otherwise, `the start` at its start. UTC, as in the log. */
export function moment(time: string | null, window?: Window): string {
  if (time === null || time === window?.from) return 'the start';
  const isSameDay =
    window !== undefined && day(window.from) === day(window.to) && day(time) === day(window.from);
  const clock = clockOf(time, window);
  return isSameDay ? clock : `${dayText(time)} ${clock}`;
}

/** `3 Jun 2025 00:00–23:59 UTC` */
export function span({ from, to }: Window): string {
  if (from === null || to === null) return '';
  const year = from.slice(0, 4);
  if (day(from) === day(to)) {
    const window = { from, to };
    return `${dayText(from)} ${year} ${clockOf(from, window)}–${clockOf(to, window)} UTC`;
  }
  return `${dayText(from)} ${from.slice(11, 16)} – ${dayText(to)} ${to.slice(0, 4)} ${to.slice(11, 16)} UTC`;
}

/** With seconds where the window is short. */
function clockOf(time: string, window: Pick<Window, 'from' | 'to'> | undefined): string {
  const isShort = Date.parse(window?.to ?? '') - Date.parse(window?.from ?? '') < 600_000;
  return time.slice(11, isShort ? 19 : 16);
}

/** Digits where they matter: `0.03 %`, `1.4 %`, `56 %`. */
export function percent(share: number): string {
  const value = share * 100;
  if (value === 0) return '0 %';
  if (value < 0.01) return '<0.01 %';
  return `${value.toFixed(value < 0.1 ? 2 : value < 10 ? 1 : 0)} %`;
}

export function spikeText(spike: MonitorResult['anomalies']['spikes'][number], window: Window): string {
  const value = (amount: number) => (spike.what === 'latency' ? milliseconds(amount) : percent(amount));
  const label = spike.what === 'latency' ? 'p95 ' : '';
  return `spike ${moment(spike.from, window)}–${moment(spike.to, window)}: ${label}${value(spike.value)}, usually ${value(spike.usual)}`;
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function day(time: string | null): string {
  return (time ?? '').slice(0, 10);
}

function dayText(time: string): string {
  return `${Number(time.slice(8, 10))} ${months[Number(time.slice(5, 7)) - 1] ?? ''}`;
}

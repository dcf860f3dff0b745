// Numbers and times as people read them: units, fixed digits, thousands separated.

/** @example bytes(3_145_728) // '3.1 MB' */
export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let amount = value;
  let unit = 0;
  while (amount >= 999.5 && unit < units.length - 1) {
    amount /= 1000;
    unit++;
  }
  return `${unit === 0 ? amount : amount.toFixed(amount < 10 ? 1 : 0)} ${units[unit]}`;
}

/** @example count(1234567) // '1,234,567' */
export function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** Significant digits, without trailing noise: 0.9632, 1.2e-7, 0. */
export function significant(value: number, digits = 4): string {
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size < 1e-3 || size >= 1e6) return value.toExponential(Math.max(0, digits - 3)).replace('e+', 'e');
  return Number(value.toPrecision(digits)).toString();
}

/** @example milliseconds(1530) // '1.53 s' */
export function milliseconds(value: number): string {
  if (value < 1) return `${(value * 1000).toFixed(0)} µs`;
  if (value < 1000) return `${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} ms`;
  return `${(value / 1000).toFixed(2)} s`;
}

/** @example time('2026-01-31T12:05:09.123Z') // '2026-01-31 12:05:09 UTC' */
export function time(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`;
}

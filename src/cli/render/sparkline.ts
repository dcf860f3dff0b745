// A series as one line of text.

import type { Stream } from '../terminal.ts';

const blocks = '▁▂▃▄▅▆▇█';
const ascii = '_.:-=+*#';

/**
 * At most `width` characters. Neighbours are merged by their largest value, so that a spike never disappears; a gap
 * (null) is a space. From zero to the largest value, so that small wiggles look small.
 *
 * @example sparkline([1, 2, 8], 3, stream) // '▁▂█'
 */
export function sparkline(
  values: readonly (number | null)[],
  width: number,
  stream: Pick<Stream, 'unicode'>,
): string {
  const merged = shrink(values, width);
  const largest = Math.max(0, ...merged.map((value) => value ?? 0));
  const steps = stream.unicode ? blocks : ascii;
  return merged
    .map((value) => {
      if (value === null) return ' ';
      const step = largest === 0 ? 0 : Math.round((value / largest) * (steps.length - 1));
      return steps[step] ?? '';
    })
    .join('');
}

function shrink(values: readonly (number | null)[], width: number): (number | null)[] {
  if (values.length <= width) return [...values];
  return Array.from({ length: width }, (_, i) => {
    const from = Math.floor((i * values.length) / width);
    const to = Math.max(from + 1, Math.floor(((i + 1) * values.length) / width));
    const part = values.slice(from, to).filter((value) => value !== null);
    return part.length === 0 ? null : Math.max(...part);
  });
}

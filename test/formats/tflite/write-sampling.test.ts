// Operators that look between pixels, written as TFLite.

import { describe, expect, test } from 'vitest';
import { agrees, numbers, scaled } from './agrees.ts';

describe('GridSample', () => {
  const modes = ['nearest', 'linear', 'cubic'];
  const paddings = ['zeros', 'border', 'reflection'];
  const all = modes.flatMap((mode) =>
    paddings.flatMap((padding) => [0, 1].map((isAligned) => [mode, padding, isAligned] as const)),
  );
  test.each(all)('%s, %s, align_corners %i', async (mode, padding, isAligned) => {
    // Coordinates that lie outside by up to twice the image.
    const feeds = { x: numbers(2, 3, 5, 4), grid: scaled(numbers(2, 6, 7, 2), 3) };
    const attributes = { mode, padding_mode: padding, align_corners: isAligned };
    const made = await agrees({ opType: 'GridSample', feeds, attributes });
    expect(made.filter((opcode) => opcode === 'GATHER')).toHaveLength(
      { nearest: 1, linear: 4, cubic: 16 }[mode] ?? 0,
    );
  });

  test('volumes', async () => {
    const feeds = { x: numbers(1, 2, 3, 4, 5), grid: scaled(numbers(1, 2, 3, 4, 3), 2) };
    await agrees({ opType: 'GridSample', feeds, attributes: { mode: 'linear', padding_mode: 'reflection' } });
  });
});

// Operators whose results nothing reads: other operators came to say the same in their place.

import type { Part } from './part.ts';

export function removeUnread(part: Part): void {
  const read = new Set(part.outputs);
  const kept = [...part.operators].reverse().filter(({ inputs, outputs }) => {
    if (!outputs.some((output) => read.has(output))) return false;
    for (const input of inputs) read.add(input);
    return true;
  });
  part.operators = kept.reverse();
}

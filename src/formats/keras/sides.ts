// How much is added or cut before and after each spatial axis: one number for all, one per axis, or a pair per axis.

import { isRecord, spell } from './json-shape.ts';
import type { Layer } from './layer.ts';

type Sides = readonly [before: number, after: number];

const LARGEST = 2 ** 31;

export function readSides(layer: Layer, value: unknown, axes: number): readonly Sides[] {
  const given = plain(value) ?? 1;
  if (isAmount(given)) return new Array<Sides>(axes).fill([given, given]);
  const refuse = (): never => layer.fail(`it adds or cuts ${spell(given)}`);
  if (!Array.isArray(given)) return refuse();
  // One axis: [before, after]. Keras 1 gives two axes four numbers, or one pair.
  const pair = pairOf(given);
  if (axes === 1 && pair !== undefined) return [pair];
  if (axes === 2 && given.length === 4) {
    const halves = [pairOf(given.slice(0, 2)), pairOf(given.slice(2))];
    return halves.map((half) => half ?? refuse());
  }
  if (given.length !== axes) return refuse();
  return given.map((item): Sides => {
    const side = plain(item);
    if (isAmount(side)) return [side, side];
    return pairOf(side) ?? refuse();
  });
}

function pairOf(value: unknown): Sides | undefined {
  if (!Array.isArray(value) || value.length !== 2) return undefined;
  const [before, after] = value as unknown[];
  return isAmount(before) && isAmount(after) ? [before, after] : undefined;
}

function plain(value: unknown): unknown {
  return isRecord(value) && Array.isArray(value.items) ? value.items : value;
}

function isAmount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < LARGEST;
}

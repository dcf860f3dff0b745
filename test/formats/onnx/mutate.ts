// Damages a file the way transfers and attackers do: flipped bits, cut ends, wrong lengths, moved and repeated pieces.

import { generator } from './corpus.ts';

/** One damaged copy, the same for the same seed. */
export function mutate(bytes: Uint8Array, seed: number): Uint8Array {
  const random = generator(seed * 2654435761 + 1);
  for (let skip = 0; skip < 3; skip++) random();
  const pick = (limit: number) => Math.floor(random() * limit);
  let copy = Uint8Array.from(bytes);
  const rounds = 1 + pick(3);
  for (let round = 0; round < rounds; round++) {
    const at = pick(copy.length);
    switch (pick(7)) {
      case 0:
        copy[at] = (copy[at] ?? 0) ^ (1 << pick(8));
        break;
      case 1:
        copy[at] = pick(256);
        break;
      case 2: // a length or count that is far too large
        copy.set([0xff, 0xff, 0xff, 0xff, 0x07].slice(0, copy.length - at), at);
        break;
      case 3: // the longest varint
        copy.set(new Uint8Array(10).fill(0xff).subarray(0, copy.length - at), at);
        break;
      case 4:
        copy = copy.subarray(0, Math.max(1, at));
        break;
      case 5: {
        // A piece goes, what follows moves up.
        const end = Math.min(copy.length, at + 1 + pick(16));
        copy = Uint8Array.from([...copy.subarray(0, at), ...copy.subarray(end)]);
        break;
      }
      default: {
        const length = Math.min(copy.length - at, 1 + pick(64));
        copy = Uint8Array.from([...copy.subarray(0, at + length), ...copy.subarray(at)]);
      }
    }
    if (copy.length === 0) return Uint8Array.of(0);
  }
  return copy;
}

/**
 * Changes values of a decoded message in place: what is well-formed on the wire but wrong in itself. Numbers become
 * extremes, names are swapped with others, fields disappear, list items repeat.
 */
export function mutateMessage(message: object, seed: number): void {
  const random = generator(seed * 40503 + 7);
  for (let skip = 0; skip < 3; skip++) random();
  const pick = (limit: number) => Math.floor(random() * limit);
  const places: { holder: Record<string, unknown>; key: string }[] = [];
  const strings: string[] = [];
  const collect = (holder: Record<string, unknown>): void => {
    for (const key of Object.keys(holder)) {
      const value = holder[key];
      places.push({ holder, key });
      if (typeof value === 'string') strings.push(value);
      else if (typeof value === 'object' && value !== null && !(value instanceof Uint8Array)) {
        collect(value as Record<string, unknown>);
      }
    }
  };
  collect(message as Record<string, unknown>);
  for (let round = 0; round < 1 + pick(3); round++) {
    const place = places[pick(places.length)];
    if (place === undefined) return;
    const { holder, key } = place;
    const value = holder[key];
    if (typeof value === 'number') holder[key] = extremes[pick(extremes.length)];
    else if (typeof value === 'string') holder[key] = strings[pick(strings.length)];
    else if (value instanceof Uint8Array) holder[key] = value.subarray(pick(value.length + 1));
    else if (Array.isArray(value) && value.length > 0) {
      if (pick(2) === 0) value.splice(pick(value.length), 1);
      else value.push(value[pick(value.length)]);
    } else if (!Array.isArray(holder)) delete holder[key];
  }
}

const extremes = [0, 1, -1, 2, 7, 100, -100, 2 ** 31 - 1, -(2 ** 31), 2 ** 40, 2 ** 53, -(2 ** 53)];

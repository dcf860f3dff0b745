// Weights as Keras itself keeps them in `.keras` and `.weights.h5` since 2.12: a group per object of the model, with
// its variables by number under `vars`. Groups are called after classes (`conv2d`, `conv2d_1`), not after layers.
// https://github.com/keras-team/keras/blob/master/keras/src/saving/saving_lib.py describes the layout in its comments.

import type { Hdf5File } from '../../encoding/hdf5.ts';
import { errors } from '../../errors.ts';
import type { KerasWeight } from './file.ts';
import { storedWeight } from './stored-weight.ts';

/** One object of a model: a model, a layer, or what a layer holds. */
export type WeightObject = {
  readonly variables: KerasWeight[];
  readonly children: Map<string, WeightObject>;
};

/** Where the layers of a model are: `layers`, in Keras 2.12 and 2.13 the other. */
export const LAYER_GROUPS = ['layers', '_layer_checkpoint_dependencies'];

const DEEPEST = 100;
const MOST_GROUPS = 100_000;

/** undefined when the file holds no such groups. What belongs to the optimizer and to metrics is not looked at. */
export function readObjects(file: Hdf5File): WeightObject | undefined {
  const root = emptyObject();
  let groups = 0;
  const walk = (group: string, object: WeightObject, depth: number) => {
    groups++;
    if (depth > DEEPEST || groups > MOST_GROUPS) {
      throw errors.MODEL_DAMAGED(file.path, `its weights are nested without end at ${group}`);
    }
    for (const name of file.children(group)) {
      // Written on Windows, a name holds a whole path: `layers\dense`.
      const parts = name.split('\\');
      if (depth === 0 && !LAYER_GROUPS.includes(parts[0] ?? '')) continue;
      // State of random numbers, which only training draws.
      if (parts.some((part) => part.endsWith('seed_generator'))) continue;
      const path = group === '/' ? `/${name}` : `${group}/${name}`;
      if (file.kind(path) !== 'group') continue;
      const isVariables = parts.at(-1) === 'vars';
      const place = descend(object, isVariables ? parts.slice(0, -1) : parts);
      if (isVariables) place.variables.push(...readVariables(file, path));
      else walk(path, place, depth + parts.length);
    }
  };
  walk('/', root, 0);
  return root.children.size === 0 ? undefined : root;
}

/** Every variable under its path, for counting. */
export function allVariables(object: WeightObject, path = ''): Map<string, readonly KerasWeight[]> {
  const found = new Map<string, readonly KerasWeight[]>();
  if (object.variables.length > 0) found.set(path, object.variables);
  for (const [name, child] of object.children) {
    const inner = allVariables(child, path === '' ? name : `${path}/${name}`);
    for (const [at, variables] of inner) found.set(at, variables);
  }
  return found;
}

function readVariables(file: Hdf5File, group: string): KerasWeight[] {
  return file
    .children(group)
    .toSorted(byNumber)
    .map((name) => storedWeight(file, `${group}/${name}`.slice(1), `${group}/${name}`));
}

function descend(object: WeightObject, parts: readonly string[]): WeightObject {
  let place = object;
  for (const part of parts) {
    const child = place.children.get(part) ?? emptyObject();
    place.children.set(part, child);
    place = child;
  }
  return place;
}

function emptyObject(): WeightObject {
  return { variables: [], children: new Map() };
}

/** `conv2d` before `conv2d_1`, and that before `conv2d_10`. */
export function byNumber(a: string, b: string): number {
  return numberOf(a) - numberOf(b) || (a < b ? -1 : a > b ? 1 : 0);
}

function numberOf(name: string): number {
  return Number(/(?:^|_)(\d+)$/.exec(name)?.[1] ?? -1);
}

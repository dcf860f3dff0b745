// What lengths of its inputs make of a model's outputs. LiteRT does not ask: a window that reaches over its input makes it
// read out of bounds, an output that gets longer than the file says makes it write there.

import { quietContext } from '../../context.ts';
import { MlctlError } from '../../errors.ts';
import type { Interface } from '../../formats/tflite/interface.ts';
import { lowerTflite } from '../../formats/tflite/read.ts';
import type { TfliteFile } from '../../formats/tflite/records.ts';
import { type Shape, shapeOf } from '../../graph/model.ts';

export type Sized = { readonly file: TfliteFile; readonly ports: Interface };

/** Shapes of the outputs; undefined where nobody can say. */
export type OutputShapes = readonly (Shape | undefined)[];

/** Or why the inputs cannot have the dims they have, in words. */
export function outputShapes(resized: Sized, original: Sized): OutputShapes | string {
  const found = survey(resized);
  if (typeof found !== 'string' && found.empty.size === 0) return found.shapes;
  // What our reader cannot express, or is empty at any length, says nothing about these.
  const before = survey(original);
  if (typeof before === 'string') return [];
  if (typeof found === 'string') return found;
  const emptied = [...found.empty].find((value) => !before.empty.has(value));
  return emptied === undefined ? found.shapes : `${emptied} has no elements then`;
}

type Surveyed = { readonly shapes: OutputShapes; readonly empty: ReadonlySet<string> };

function survey({ file }: Sized): Surveyed | string {
  try {
    const { graph } = lowerTflite(file, '', quietContext());
    const shape = (value: string) => shapeOf(graph.types.get(value));
    const isEmpty = (value: string) =>
      shape(value)?.some((dim) => typeof dim === 'number' && dim <= 0) ?? false;
    return { shapes: graph.outputs.map(shape), empty: new Set([...graph.types.keys()].filter(isEmpty)) };
  } catch (cause) {
    if (!(cause instanceof MlctlError)) throw cause;
    return cause.message.replace(/^.*? is damaged: /, '');
  }
}

// Whether lengths suit a model. LiteRT does not ask: a window that reaches over its input makes it read out of bounds, an
// output that gets longer than the file says makes it write there.

import { quietContext } from '../../context.ts';
import { MlctlError } from '../../errors.ts';
import type { Interface } from '../../formats/tflite/interface.ts';
import { lowerTflite } from '../../formats/tflite/read.ts';
import type { TfliteFile, TfliteTensor } from '../../formats/tflite/records.ts';

type Sized = { readonly file: TfliteFile; readonly ports: Interface };

/** Why the inputs cannot have the dims they have, in words; undefined when they can, or when nobody can say. */
export function whyNoFit(resized: Sized, original: Sized): string | undefined {
  const found = problemOf(resized);
  // What our reader cannot express says nothing about lengths.
  return found === undefined || problemOf(original) !== undefined ? undefined : found;
}

function problemOf({ file, ports }: Sized): string | undefined {
  try {
    const { graph } = lowerTflite(file, '', quietContext());
    for (const [place, { name, tensor }] of ports.outputs.entries()) {
      const type = graph.types.get(graph.outputs[place] ?? '');
      const shape = type?.kind === 'tensor' ? (type.shape ?? []) : [];
      const axis = shape.findIndex(
        (dim, axis) => typeof dim === 'number' && isClosed(tensor, axis) && dim !== tensor.shape?.[axis],
      );
      if (axis >= 0) return `axis ${axis} of ${name} would be ${shape[axis]}, not ${tensor.shape?.[axis]}`;
    }
    for (const [value, type] of graph.types) {
      if (type.kind === 'tensor' && type.shape?.some((dim) => typeof dim === 'number' && dim <= 0))
        return `${value} has no elements then`;
    }
    return undefined;
  } catch (cause) {
    if (!(cause instanceof MlctlError)) throw cause;
    return cause.message.replace(/^.*? is damaged: /, '');
  }
}

function isClosed({ shapeSignature }: TfliteTensor, axis: number): boolean {
  return shapeSignature?.[axis] !== -1;
}

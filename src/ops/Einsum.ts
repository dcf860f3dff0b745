// https://onnx.ai/onnx/operators/onnx__Einsum.html
// Opsets: 12.

import type { Dim, Shape } from '../graph/model.ts';
import { broadcast, print, sameDim } from './axes.ts';
import type { InferContext, OpFamily } from './definition.ts';
import { tensorOf } from './result.ts';

export default {
  ops: {
    Einsum: { since: 12, inputs: [1, Infinity], outputs: [1, 1], attributes: { equation: null } },
  },
  infer: (context) => [tensorOf(context.dtype(0), contracted(context))],
} satisfies OpFamily;

function contracted(context: InferContext): Shape | undefined {
  const [left = '', right] = context.text('equation').replaceAll(' ', '').split('->');
  const terms = left.split(',');
  if (terms.length !== context.node.inputs.length) {
    context.fail(`the equation has ${terms.length} terms for ${context.node.inputs.length} inputs`);
  }
  const letters = new Map<string, Dim>();
  let rest: Shape = [];
  for (const [index, term] of terms.entries()) {
    const shape = context.shape(index);
    if (shape === undefined) return undefined;
    const covered = bind(context, term, shape, letters);
    const wider = broadcast(rest, covered);
    if (wider === undefined) return context.fail(`${print(rest)} and ${print(covered)} do not broadcast`);
    rest = wider;
  }
  return [...(right ?? implied(left)).replace('...', '.')].flatMap((letter) =>
    letter === '.' ? rest : [letters.get(letter) ?? null],
  );
}

/** Notes the length of each letter of one term and returns the axes its ellipsis covers. */
function bind(context: InferContext, term: string, shape: Shape, letters: Map<string, Dim>): Shape {
  const [before = '', after] = term.split('...');
  const named = before.length + (after?.length ?? 0);
  if (named > shape.length || (after === undefined && named !== shape.length)) {
    context.fail(`"${term}" does not fit ${print(shape)}`);
  }
  const covered = shape.length - named;
  for (const [position, letter] of [...before, ...(after ?? '')].entries()) {
    const dim = shape[position < before.length ? position : position + covered] ?? null;
    const known = letters.get(letter) ?? null;
    // An axis of 1 stretches to the others of its letter.
    letters.set(
      letter,
      known === 1 ? dim : dim === 1 ? (known ?? 1) : sameDim(context, known, dim, `axis ${letter}`),
    );
  }
  return shape.slice(before.length, before.length + covered);
}

/** Without "->", the letters that occur once, in alphabetical order, after the ellipsis. */
function implied(left: string): string {
  const letters = [...left.replaceAll(/[.,]/g, '')];
  const once = letters.filter((letter) => letters.indexOf(letter) === letters.lastIndexOf(letter));
  return (left.includes('...') ? '...' : '') + once.sort().join('');
}

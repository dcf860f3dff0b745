// Small graphs to look for, written the way they compute:
//
//   const x = any();
//   const gate = op('Sigmoid', x);
//   const silu = op('Mul', x, gate);          silu matches x × Sigmoid(x), whichever operand comes first
//
// The same pattern in two places means the same value. What matches is looked up by the pattern: found.value(x).

export type Pattern =
  /** Any value. */
  | { readonly kind: 'any' }
  /** A constant whose elements are all this number, but for rounding. */
  | { readonly kind: 'number'; readonly value: number; readonly tolerance: number }
  /** A constant with one element; the pass reads its value. */
  | { readonly kind: 'scalar' }
  /** The first output of one of these operators. The operands are matched in order, or in either order for sums and products. */
  | { readonly kind: 'op'; readonly opTypes: readonly string[]; readonly inputs: readonly Pattern[] }
  | { readonly kind: 'either'; readonly options: readonly Pattern[] };

export const any = (): Pattern => ({ kind: 'any' });

export const scalar = (): Pattern => ({ kind: 'scalar' });

/** Exporters write √2 and the like with more or fewer digits. */
export const number = (value: number, tolerance = 1e-6): Pattern => ({ kind: 'number', value, tolerance });

/** `inputs` may be fewer than the node has: axes and limits are left to the pass. */
export function op(opTypes: string | readonly string[], ...inputs: readonly Pattern[]): Pattern {
  return { kind: 'op', opTypes: typeof opTypes === 'string' ? [opTypes] : opTypes, inputs };
}

export const either = (...options: readonly Pattern[]): Pattern => ({ kind: 'either', options });

export const add = (a: Pattern, b: Pattern): Pattern => op('Add', a, b);

export const mul = (a: Pattern, b: Pattern): Pattern => op('Mul', a, b);

/** a × b × c, multiplied in any order. */
export const product = (a: Pattern, b: Pattern, c: Pattern): Pattern =>
  either(mul(mul(a, b), c), mul(mul(a, c), b), mul(mul(b, c), a));

/** x × factor, or x ÷ (1 ÷ factor). */
export const scaled = (x: Pattern, factor: number): Pattern =>
  either(mul(x, number(factor)), op('Div', x, number(1 / factor)));

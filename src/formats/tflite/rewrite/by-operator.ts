// Rewrites of several operators, each with a replacement of its own.

import type { Build } from './build.ts';
import type { Rewrite } from './definition.ts';

/** What takes the place of the node's first output, or of all; `x` is its first input. */
export type Replacement = (build: Build, x: string) => string | readonly string[];

export function byOperator(formulas: Readonly<Record<string, Replacement>>, domain?: string): Rewrite {
  return {
    ...(domain === undefined ? {} : { domain }),
    opTypes: Object.keys(formulas),
    rewrite(node, build) {
      const made = formulas[node.opType]?.(build, build.input(0));
      return typeof made === 'string' ? [made] : made;
    },
  };
}

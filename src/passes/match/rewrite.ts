// A pass that puts one operator where a pattern was.

import type { Attribute, Node } from '../../graph/model.ts';
import type { Pass } from '../definition.ts';
import { rewriteGraphs } from '../scopes.ts';
import type { Rewriter } from '../uses.ts';
import { type Match, match, removeMatch } from './match.ts';
import type { Pattern } from './pattern.ts';

export type Form = {
  readonly pattern: Pattern;
  /** Whether the match is one: for what a pattern cannot say. */
  readonly accepts?: (found: Match, rewriter: Rewriter) => boolean;
  readonly result: (found: Match, rewriter: Rewriter) => Result;
};

export type Result = {
  readonly opType: string;
  readonly inputs: readonly string[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
};

export function replacing(name: string, forms: readonly Form[]): Pass {
  const ends = new Set(forms.flatMap(({ pattern }) => endsOf(pattern)));
  const replace = (node: Node, rewriter: Rewriter): boolean => {
    for (const { pattern, accepts, result } of forms) {
      const found = match(node, pattern, rewriter, (candidate) => accepts?.(candidate, rewriter) ?? true);
      if (!found) continue;
      const [output = ''] = node.outputs;
      const { opType, inputs, attributes = {} } = result(found, rewriter);
      removeMatch(found, rewriter);
      rewriter.add(opType, inputs, { name: node.name, outputs: [output], attributes });
      return true;
    }
    return false;
  };
  return {
    name,
    run(model) {
      const modified = rewriteGraphs(model, (rewriter) => {
        let count = 0;
        for (const node of rewriter.nodes()) {
          if (ends.has(node.opType) && rewriter.has(node) && replace(node, rewriter)) count++;
        }
        return count;
      });
      return { modified };
    },
  };
}

function endsOf(pattern: Pattern): readonly string[] {
  if (pattern.kind === 'op') return pattern.opTypes;
  return pattern.kind === 'either' ? pattern.options.flatMap(endsOf) : [];
}

// Numbers such as −1e9, which keep Softmax from seeing something, would take all codes for themselves: the scores beside them
// would share one. Something well below the lowest score does the same.
//
//   Given    scores in −4 … 6;  Softmax(Where(seen, scores, −1e9)), or Softmax(scores + mask), mask 0 or −1e9
//   Result   Softmax(Where(seen, scores, −12)) in −12 … 6, or the mask in −18 … 0 and the sum in −12 … 6
//
//   1. Between the mask and Softmax, elements may be moved; masks may follow one another.
//   2. A mask that anything else reads stays what it is, and so does one that is not far below the scores.

import type { Node } from '../../graph/model.ts';
import type { Tensor } from '../../graph/tensor.ts';
import type { Rewriter } from '../uses.ts';
import { rangeOf } from './affine.ts';
import type { Range } from './calibration/definition.ts';

const moves = new Set(['Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'Transpose', 'Identity']);

/** Scores do not differ that much. */
const FAR = 1000;

/**
 * The ranges, narrower where there are masks; constants are changed in the graph. `depth` is how far below the lowest score
 * something is to be: e to the power of −depth has to be nothing.
 */
export function limitMasks(
  rewriter: Rewriter,
  ranges: ReadonlyMap<string, Range>,
  depth: number,
): ReadonlyMap<string, Range> {
  const seen = new Seen(rewriter, ranges);
  for (const node of rewriter.nodes()) {
    if (node.opType !== 'Softmax' || node.domain !== '') continue;
    const chain: Node[] = [];
    let value = node.inputs[0] ?? '';
    for (let maker = rewriter.producer(value); maker; maker = rewriter.producer(value)) {
      if (rewriter.onlyUser(value) === undefined) break;
      const at = moves.has(maker.opType) ? 0 : (seen.masked(maker)?.scores ?? -1);
      if (at < 0) break;
      chain.unshift(maker);
      value = maker.inputs[at] ?? '';
    }
    for (const each of chain) seen.narrow(each, depth);
  }
  return seen.limited;
}

class Seen {
  readonly limited: Map<string, Range>;
  readonly #rewriter: Rewriter;
  readonly #ranges: ReadonlyMap<string, Range>;

  constructor(rewriter: Rewriter, ranges: ReadonlyMap<string, Range>) {
    this.#rewriter = rewriter;
    this.#ranges = ranges;
    this.limited = new Map(ranges);
  }

  /** Which input holds the scores, and which the mask. */
  masked(node: Node): { readonly scores: number; readonly mask: number } | undefined {
    if (node.domain !== '' || (node.opType !== 'Where' && node.opType !== 'Add')) return undefined;
    const [a, b] = node.opType === 'Where' ? [1, 2] : [0, 1];
    const isMask = (index: number): boolean => {
      const range = this.#at(node.inputs[index] ?? '', this.#ranges);
      return range !== undefined && range.min < -FAR && range.max <= 0;
    };
    if (isMask(b)) return { scores: a, mask: b };
    return isMask(a) ? { scores: b, mask: a } : undefined;
  }

  narrow(node: Node, depth: number): void {
    const rewriter = this.#rewriter;
    const [output = ''] = node.outputs;
    if (moves.has(node.opType)) {
      const range = this.limited.get(node.inputs[0] ?? '');
      if (range) this.limited.set(output, range);
      return;
    }
    const found = this.masked(node);
    const scores = found && this.#at(node.inputs[found.scores] ?? '', this.limited);
    if (found === undefined || scores === undefined) return;
    const mask = node.inputs[found.mask] ?? '';
    const hidden = this.#at(mask, this.#ranges);
    if (hidden === undefined || scores.min - hidden.min <= FAR) return;
    const least = node.opType === 'Where' ? scores.min - depth : scores.min - scores.max - depth;
    const constant = rewriter.constant(mask);
    if (constant) rewriter.setInput(node, found.mask, rewriter.addConstant(mask, raised(constant, least)));
    else {
      if (!rewriter.users(mask).every((use) => !use.inner && this.masked(use.node) !== undefined)) return;
      // Several may read it, each with scores of its own.
      const known = this.limited.get(mask)?.min ?? 0;
      this.limited.set(mask, { min: known < -FAR ? least : Math.min(known, least), max: 0 });
    }
    this.limited.set(output, { min: scores.min - depth, max: scores.max });
  }

  #at(value: string, ranges: ReadonlyMap<string, Range>): Range | undefined {
    const constant = this.#rewriter.constant(value);
    if (constant === undefined) return ranges.get(value);
    return constant.dtype === 'float32' ? rangeOf(constant) : undefined;
  }
}

function raised({ dims, data }: Tensor, least: number): Tensor {
  return { dtype: 'float32', dims, data: (data as Float32Array).map((value) => Math.max(value, least)) };
}

// Operators that can work on values held in another layout. What is not listed needs its operands as they are.

import type { Node } from '../../graph/model.ts';
import { alongAxis } from './axis.ts';
import { elementwise } from './elementwise.ts';
import { matrix, pointwise, products } from './matrix.ts';
import type { Mover } from './mover.ts';
import { normalizing } from './normalize.ts';
import { perAxis } from './per-axis.ts';
import { pooling } from './pool.ts';
import { reducing } from './reduce.ts';
import { reshaping } from './reshape.ts';

const movers: ReadonlyMap<string, Mover> = new Map(
  [elementwise, alongAxis, perAxis, reducing, reshaping, matrix, normalizing, pooling].flatMap((family) =>
    Object.entries(family),
  ),
);

export type MoverOf = (node: Node) => Mover | undefined;

export const moverOf: MoverOf = (node) => (node.domain === '' ? movers.get(node.opType) : undefined);

/** Convolutions of kernel size one as well: they become matrix products. */
export const moverOrMatMul: MoverOf = (node) =>
  moverOf(node) ?? (node.domain === '' ? pointwise[node.opType] : undefined);

/** For formats that keep channels last: no product becomes a Conv. */
export const moverKeepingProducts: MoverOf = (node) =>
  (node.domain === '' ? products[node.opType] : undefined) ?? moverOf(node);

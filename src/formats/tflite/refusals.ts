// Everything a graph has that TFLite cannot say, collected while writing and reported at once.

import { errors, type MlctlError } from '../../errors.ts';
import type { Node } from '../../graph/model.ts';
import type { Unsupported } from '../definition.ts';

export class Refusals {
  readonly #found = new Map<string, { opType: string; reason: string; where: Set<string> }>();
  readonly #nodes = new Set<string>();

  add(node: Pick<Node, 'name' | 'opType' | 'domain'>, reason: string): void {
    const opType =
      node.domain === '' || node.domain === 'tflite' ? node.opType : `${node.domain}:${node.opType}`;
    const key = `${opType}\n${reason}`;
    const found = this.#found.get(key) ?? { opType, reason, where: new Set() };
    found.where.add(node.name);
    this.#found.set(key, found);
    this.#nodes.add(node.name);
  }

  has(node: Pick<Node, 'name'>): boolean {
    return this.#nodes.has(node.name);
  }

  list(): readonly Unsupported[] {
    return [...this.#found.values()].map(({ opType, reason, where }) => ({
      opType,
      reason,
      where: [...where],
    }));
  }

  error(): MlctlError | undefined {
    const list = this.list();
    if (list.length === 0) return undefined;
    const count = list.reduce((sum, { where }) => sum + where.length, 0);
    const details = list.map(
      ({ opType, reason, where }) =>
        `${opType} ×${where.length}: ${reason} (${where.slice(0, 3).join(', ')})`,
    );
    return errors.OP_UNSUPPORTED(
      `${count} ${count === 1 ? 'node' : 'nodes'} cannot be written as TFLite`,
      details,
      'convert to ONNX instead (--to onnx), or change these layers before exporting',
      undefined,
      list,
    );
  }
}

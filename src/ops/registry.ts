// Finds what the registry says about a node's operator.

import type { Node } from '../graph/model.ts';
import type { OpFamily, OpSignature } from './definition.ts';
import { ops } from './index.ts';

export type Registered = { readonly family: OpFamily; readonly signature: OpSignature };

type Name = Pick<Node, 'domain' | 'opType'>;

const registered = new Map<string, Registered>();
for (const family of ops as readonly OpFamily[]) {
  for (const [opType, signature] of Object.entries(family.ops)) {
    registered.set(key({ domain: family.domain ?? '', opType }), { family, signature });
  }
}

/** The family and signature of a node's operator; undefined for one the registry does not know. */
export function lookup(node: Name): Registered | undefined {
  return registered.get(key(node));
}

function key({ domain, opType }: Name): string {
  return `${domain === 'ai.onnx' ? '' : domain}:${opType}`;
}

// What only gives a value another name. TFLite has no copy, so one that has to stay is a RESHAPE.

import { same } from './copy.ts';
import type { Emitter } from './emitter.ts';

export default {
  opTypes: ['Identity'],
  emit: (node, emission) => same(emission, node.inputs[0] ?? '', node),
} satisfies Emitter;

// Written by `npm run fix` from the files of this folder; test/registries.test.ts checks it.

import branch from './branch.ts';
import builtin from './builtin.ts';
import cast from './cast.ts';
import clip from './clip.ts';
import concat from './concat.ts';
import elementwiseBinary from './elementwise-binary.ts';
import elementwiseUnary from './elementwise-unary.ts';
import type { Emitter } from './emitter.ts';
import expand from './expand.ts';
import gather from './gather.ts';
import identity from './identity.ts';
import matmul from './matmul.ts';
import pad from './pad.ts';
import quantize from './quantize.ts';
import reduce from './reduce.ts';
import reshape from './reshape.ts';
import scan from './scan.ts';
import scatter from './scatter.ts';
import sized from './sized.ts';
import slice from './slice.ts';
import transpose from './transpose.ts';

export const emitters: readonly Emitter[] = [
  branch,
  builtin,
  cast,
  clip,
  concat,
  elementwiseBinary,
  elementwiseUnary,
  expand,
  gather,
  identity,
  matmul,
  pad,
  quantize,
  reduce,
  reshape,
  scan,
  scatter,
  sized,
  slice,
  transpose,
];

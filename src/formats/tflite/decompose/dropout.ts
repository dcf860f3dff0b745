// Dropout that drops nothing: its mask is true everywhere. https://onnx.ai/onnx/operators/onnx__Dropout.html

import type { Rewrite } from '../rewrite/definition.ts';

export default {
  opTypes: ['Dropout'],
  rewrite(node, build) {
    const [x = '', ratio = '', training = ''] = node.inputs;
    const isTraining = training !== '' && Number(build.tensor(2)?.data[0] ?? 1) !== 0;
    const dropped = ratio === '' ? 0.5 : Number(build.tensor(1)?.data[0] ?? 1);
    if (isTraining && dropped !== 0) return build.refuse('it drops values at random');
    if (!build.isRead(1)) return [x];
    const all = { dtype: 'bool', dims: [1], data: Uint8Array.of(1) } as const;
    const shape = build.add('Shape', [x]);
    return [x, build.add('ConstantOfShape', [shape], { value: { type: 'tensor', value: all } })];
  },
} satisfies Rewrite;

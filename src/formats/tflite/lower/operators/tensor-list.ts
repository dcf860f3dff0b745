// Lists of tensors, which recurrent layers of Keras fill step by step: operators of TensorFlow that its converter leaves as
// custom ones, by itself or for a Flex library. A list of n tensors of one shape is one tensor with a first axis of n.
// https://www.tensorflow.org/api_docs/python/tf/raw_ops/TensorListReserve
//
// What is reserved may have axes of unknown length (the batch): they begin with length 1 and are spread to that of the
// first tensor put in. All lists hold float32: of whole numbers that stand for real ones the real ones, of truths 0 and 1.

import { int, tensor } from '../../../../graph/attribute.ts';
import { float32 } from '../../../../graph/tensor.ts';
import type { Op, Operand, OperatorFamily, OperatorView } from '../definition.ts';

const lowerings: Readonly<Record<string, (op: Op) => void>> = {
  TensorListReserve(op) {
    const known = op.integers(0);
    const each = known
      ? op.ints(
          'shape',
          known.map((length) => Math.max(1, length)),
        )
      : op.emit('Max', [op.cast(op.stored(0), 'int64', 'shape'), op.numbers('one', 'int64', [1])], {
          suffix: 'at_least_one',
        });
    const count = op.emit('Reshape', [op.cast(op.stored(1), 'int64', 'count'), op.ints('single', [1])], {
      suffix: 'length',
    });
    const shape = op.emit('Concat', [count, each], { suffix: 'whole', attributes: { axis: int(0) } });
    const attributes = { value: tensor(float32([1], [0])) };
    op.giveStored(0, op.emit('ConstantOfShape', [shape], { attributes }));
  },
  TensorListFromTensor(op) {
    op.giveStored(0, op.as(0, 'float32'));
  },
  TensorListGetItem(op) {
    op.give(
      0,
      op.emit('Gather', [op.stored(0), indexOf(op, [])], { attributes: { axis: int(0) } }),
      'float32',
    );
  },
  TensorListSetItem(op) {
    const item = op.as(2, 'float32');
    const one = op.ints('one', [1]);
    const row = op.emit('Unsqueeze', [item, op.ints('first', [0])], { suffix: 'row' });
    const like = op.emit('Concat', [one, op.shapeOf(item)], { suffix: 'like', attributes: { axis: int(0) } });
    const spread = op.emit('Expand', [op.stored(0), like], { suffix: 'spread' });
    op.giveStored(0, op.emit('ScatterND', [spread, indexOf(op, [1, 1]), row]));
  },
  TensorListStack(op) {
    op.give(0, op.stored(0), 'float32');
  },
  TensorListLength(op) {
    const length = op.emit('Gather', [op.shapeOf(op.stored(0)), op.numbers('first', 'int64', [0])], {
      suffix: 'length',
    });
    op.give(0, length, 'int64');
  },
};

const names = Object.keys(lowerings);

export default {
  opcodes: names.flatMap((name) => [`CUSTOM:Flex${name}`, `CUSTOM:${name}`]),
  takesLists: true,
  problem(op) {
    const name = nameOf(op);
    if (name === 'TensorListReserve' && op.input(0).shape.length === 0) {
      return 'how many axes its tensors have is not known';
    }
    if (name === 'TensorListFromTensor') return elementProblem(op.input(0));
    if (name === 'TensorListSetItem') return elementProblem(op.input(2));
    if (name === 'TensorListGetItem' || name === 'TensorListStack') return elementProblem(op.output(0));
    return undefined;
  },
  lower(op) {
    const lowering = lowerings[nameOf(op)];
    if (lowering === undefined) return op.fail(`${op.opcode} is not known`);
    lowering(op);
  },
} satisfies OperatorFamily;

function nameOf({ opcode }: OperatorView): string {
  return opcode.replace(/^CUSTOM:(Flex)?/, '');
}

function elementProblem({ type, quantization }: Operand): string | undefined {
  const isHeld = type === 'float32' || type === 'float16' || type === 'bool' || quantization !== undefined;
  return isHeld ? undefined : `its tensors are of ${type}`;
}

function indexOf(op: Op, dims: readonly number[]): string {
  return op.emit('Reshape', [op.cast(op.stored(1), 'int64', 'index'), op.ints('place', dims)], {
    suffix: 'at',
  });
}

// Lists of tensors, which recurrent layers of Keras fill step by step: operators of TensorFlow that its converter leaves as
// custom ones, by itself or for a Flex library. A list of n tensors of one shape is one tensor with a first axis of n.
// https://www.tensorflow.org/api_docs/python/tf/raw_ops/TensorListReserve
//
// What is reserved may have axes of unknown length (the batch): they begin with length 1 and are spread to that of the
// first tensor put in. A list holds what its tensors hold; of whole numbers that stand for real ones the real ones.

import { int, tensor } from '../../../../graph/attribute.ts';
import type { DType } from '../../../../graph/dtype.ts';
import type { TensorTypeName } from '../../records.ts';
import type { Op, Operand, OperatorFamily, OperatorView } from '../definition.ts';
import { elementType, growsWhenSet } from '../list-options.ts';
import type { List } from '../scope.ts';
import { tensorOf } from '../tensors.ts';
import { dtypeOf } from '../view.ts';

const lowerings: Readonly<Record<string, (op: Op) => void>> = {
  TensorListReserve: reserve,
  TensorListFromTensor(op) {
    const dtype = heldAs(op.input(0));
    const [length] = op.input(0).shape;
    const list = { length: typeof length === 'number' ? length : undefined };
    op.giveSlot(0, { dtype, stored: op.as(0, dtype), list });
  },
  TensorListGetItem(op) {
    const item = op.emit('Gather', [op.stored(0), indexOf(op, [])], { attributes: { axis: int(0) } });
    op.give(0, item, op.slotOf(0).dtype);
  },
  TensorListSetItem: setItem,
  TensorListStack(op) {
    op.give(0, op.stored(0), op.slotOf(0).dtype);
  },
  TensorListLength(op) {
    const length = op.emit('Gather', [op.shapeOf(op.stored(0)), op.numbers('first', 'int64', [0])], {
      suffix: 'length',
    });
    op.give(0, length, 'int64');
  },
  TensorListElementShape(op) {
    const [from, to] = [op.ints('from', [1]), op.ints('to', [2 ** 31 - 1])];
    op.give(0, op.emit('Slice', [op.shapeOf(op.stored(0)), from, to], { suffix: 'element' }), 'int64');
  },
};

const names = Object.keys(lowerings);

export default {
  opcodes: names.flatMap((name) => [`CUSTOM:Flex${name}`, `CUSTOM:${name}`]),
  takesLists: true,
  problem(op) {
    switch (nameOf(op)) {
      case 'TensorListReserve':
        return elementProblem(elementType(op));
      case 'TensorListFromTensor':
        return elementProblem(op.input(0).type);
      case 'TensorListSetItem':
        return elementProblem(op.input(2).type);
      case 'TensorListGetItem':
      case 'TensorListStack':
        return elementProblem(op.output(0).type);
      default:
        return undefined;
    }
  },
  lower(op) {
    const lowering = lowerings[nameOf(op)];
    if (lowering === undefined) return op.fail(`${op.opcode} is not known`);
    lowering(op);
  },
} satisfies OperatorFamily;

function reserve(op: Op): void {
  const length = op.integers(1)?.[0];
  if (length !== undefined && length < 0) op.fail(`it is a list of ${length} tensors`);
  const dtype = floatFor(elementType(op));
  const list = { length: length ?? op.slotOf(1) };
  // One number instead of a shape: how many axes its tensors have shows when they are put in.
  if (op.input(0).shape.length === 0) {
    op.giveSlot(0, { dtype, list });
    return;
  }
  const known = op.integers(0);
  const each = known
    ? op.ints(
        'shape',
        known.map((axis) => Math.max(1, axis)),
      )
    : op.emit('Max', [op.cast(op.stored(0), 'int64', 'shape'), op.numbers('one', 'int64', [1])], {
        suffix: 'at_least_one',
      });
  const count = op.emit('Reshape', [op.cast(op.stored(1), 'int64', 'count'), op.ints('single', [1])], {
    suffix: 'length',
  });
  const shape = op.emit('Concat', [count, each], { suffix: 'whole', attributes: { axis: int(0) } });
  const attributes = { value: tensor(tensorOf(dtype, [1], [0])) };
  op.giveSlot(0, { dtype, list, stored: op.emit('ConstantOfShape', [shape], { attributes }) });
}

function setItem(op: Op): void {
  const { dtype, list } = op.slotOf(0);
  const given = heldAs(op.input(2));
  if (given !== dtype) op.fail(`it puts a tensor of ${given} into a list of ${dtype}`);
  op.giveSlot(0, { dtype, list, stored: withItem(op, op.as(2, dtype), list) });
}

function withItem(op: Op, item: string, list: List | undefined): string {
  if (list?.isCollected) return item;
  if (growsWhenSet(op)) op.refuse('it may make its list longer');
  const row = op.emit('Unsqueeze', [item, op.ints('first', [0])], { suffix: 'row' });
  // Where only the last output of a layer is wanted, its list has one place.
  if (list?.length === 1 && op.integers(1)?.[0] === 0) return row;
  const one = op.ints('one', [1]);
  const like = op.emit('Concat', [one, op.shapeOf(item)], { suffix: 'like', attributes: { axis: int(0) } });
  const spread = op.emit('Expand', [op.stored(0), like], { suffix: 'spread' });
  return op.emit('ScatterND', [spread, indexOf(op, [1, 1]), row]);
}

function nameOf({ opcode }: OperatorView): string {
  return opcode.replace(/^CUSTOM:(Flex)?/, '');
}

function elementProblem(type: TensorTypeName): string | undefined {
  if (type === 'variant') return 'its tensors are lists themselves';
  const isHeld = /^(b?float(16|32|64)|bool|u?int(8|16|32|64))$/.test(type);
  return isHeld ? undefined : `its tensors are of ${type}`;
}

/** Runtimes compute in float32 where a file has float16. */
function floatFor(type: TensorTypeName): DType {
  return type === 'float16' || type === 'bfloat16' ? 'float32' : dtypeOf(type);
}

function heldAs({ type, quantization }: Operand): DType {
  return quantization === undefined ? floatFor(type) : 'float32';
}

function indexOf(op: Op, dims: readonly number[]): string {
  return op.emit('Reshape', [op.cast(op.stored(1), 'int64', 'index'), op.ints('place', dims)], {
    suffix: 'at',
  });
}

// Shape arithmetic on models of a node or two; the backend suite and the corpus (backend.test.ts, corpus-models.test.ts)
// hold the rest.

import { describe, expect, it } from 'vitest';
import { float, int, string } from '../../src/graph/attribute.ts';
import { type Attribute, OPSET, type Shape, type ValueType } from '../../src/graph/model.ts';
import { float32, int64, scalar, type Tensor } from '../../src/graph/tensor.ts';
import { inferTypes } from '../../src/ops/infer.ts';
import { type SmallGraph, smallGraph, smallModel } from './small-model.ts';

/** Types of all values after inference. */
function inferred(parts: SmallGraph): ReadonlyMap<string, ValueType> {
  const model = smallModel(OPSET, parts);
  inferTypes(model);
  return model.graph.types;
}

function shapeOf(parts: SmallGraph, value = 'y'): Shape | undefined {
  const type = inferred(parts).get(value);
  return type?.kind === 'tensor' ? type.shape : undefined;
}

/** Shape of one node's output, float32 in. */
function outputShape(
  opType: string,
  shapes: readonly (Shape | undefined)[],
  attributes: Record<string, Attribute> = {},
  constants: Record<string, Tensor> = {},
): Shape | undefined {
  const inputs = Object.fromEntries(shapes.map((shape, index) => [`x${index}`, shape]));
  const names = [...Object.keys(inputs), ...Object.keys(constants)];
  return shapeOf({ inputs, constants, nodes: [[opType, names, ['y'], attributes]] });
}

describe('broadcasting', () => {
  it.each<[Shape, Shape, Shape]>([
    [[2, 3], [3], [2, 3]],
    [
      [2, 1],
      [1, 3],
      [2, 3],
    ],
    [[], [4], [4]],
    [['batch', 4], [4], ['batch', 4]],
    [
      ['batch', 4],
      [1, 1],
      ['batch', 4],
    ],
    [
      ['batch', 4],
      ['batch', 4],
      ['batch', 4],
    ],
    // The longer axis decides: the other one must be 1 or the same.
    [
      ['batch', 4],
      [8, 4],
      [8, 4],
    ],
    [
      ['a', 4],
      ['b', 4],
      [null, 4],
    ],
    [
      [0, 4],
      [1, 4],
      [0, 4],
    ],
  ])('%j and %j give %j', (a, b, expected) => {
    expect(outputShape('Add', [a, b])).toEqual(expected);
    expect(outputShape('Add', [b, a])).toEqual(expected);
  });

  it('names the node whose shapes do not fit', () => {
    expect(() => outputShape('Add', [[2, 3], [4]])).toThrow(
      expect.objectContaining({
        code: 'MODEL_INVALID',
        message: expect.stringContaining('Add_0'),
        where: { node: 'Add_0' },
      }),
    );
  });
});

describe('sliding windows', () => {
  const weights = (...dims: number[]): Shape => dims;
  it.each<[string, Shape, Shape, Record<string, Attribute>, Shape]>([
    ['valid by default', ['n', 3, 8, 9], weights(4, 3, 3, 3), {}, ['n', 4, 6, 7]],
    ['pads', ['n', 3, 8, 8], weights(4, 3, 3, 3), { pads: int([1, 0, 1, 2]) }, ['n', 4, 8, 8]],
    ['strides', ['n', 3, 9, 8], weights(4, 3, 3, 3), { strides: int([2, 3]) }, ['n', 4, 4, 2]],
    ['dilations', ['n', 3, 9, 9], weights(4, 3, 3, 3), { dilations: int([2, 3]) }, ['n', 4, 5, 3]],
    [
      'same, upper',
      ['n', 3, 9, 8],
      weights(4, 3, 3, 3),
      { auto_pad: string('SAME_UPPER'), strides: int([2, 2]) },
      ['n', 4, 5, 4],
    ],
    [
      'valid beats pads',
      ['n', 3, 8, 8],
      weights(4, 3, 3, 3),
      { auto_pad: string('VALID'), pads: int([1, 1, 1, 1]) },
      ['n', 4, 6, 6],
    ],
    ['groups', ['n', 6, 8, 8], weights(6, 1, 3, 3), { group: int(6) }, ['n', 6, 6, 6]],
    ['one axis', ['n', 3, 8], weights(4, 3, 3), {}, ['n', 4, 6]],
    [
      'a symbol that stays',
      ['n', 3, 'h', 'w'],
      weights(4, 3, 3, 3),
      { pads: int([1, 1, 1, 1]) },
      ['n', 4, 'h', 'w'],
    ],
    ['a symbol that changes', ['n', 3, 'h', 8], weights(4, 3, 3, 3), {}, ['n', 4, null, 6]],
  ])('Conv: %s', (_, input, kernel, attributes, expected) => {
    expect(outputShape('Conv', [input, kernel], attributes)).toEqual(expected);
  });

  it.each<[string, Shape, Record<string, Attribute>, Shape]>([
    ['rounds down', [1, 3, 7, 7], { kernel_shape: int([2, 2]), strides: int([2, 2]) }, [1, 3, 3, 3]],
    [
      'rounds up',
      [1, 3, 7, 7],
      { kernel_shape: int([2, 2]), strides: int([2, 2]), ceil_mode: int(1) },
      [1, 3, 4, 4],
    ],
    [
      'leaves out a window that starts in the padding',
      [1, 3, 2, 2],
      { kernel_shape: int([1, 1]), strides: int([2, 2]), pads: int([0, 0, 1, 1]), ceil_mode: int(1) },
      [1, 3, 1, 1],
    ],
    ['dilates', [1, 3, 9, 9], { kernel_shape: int([3, 3]), dilations: int([2, 2]) }, [1, 3, 5, 5]],
  ])('MaxPool %s', (_, input, attributes, expected) => {
    expect(outputShape('MaxPool', [input], attributes)).toEqual(expected);
  });

  it.each<[string, Record<string, Attribute>, Shape]>([
    ['stride 2', { strides: int([2, 2]) }, ['n', 5, 9, 9]],
    [
      'output_padding',
      { strides: int([2, 2]), output_padding: int([1, 1]), pads: int([1, 1, 1, 1]) },
      ['n', 5, 8, 8],
    ],
    ['same', { strides: int([2, 2]), auto_pad: string('SAME_UPPER') }, ['n', 5, 8, 8]],
    ['output_shape', { strides: int([2, 2]), output_shape: int([10, 12]) }, ['n', 5, 10, 12]],
  ])('ConvTranspose: %s', (_, attributes, expected) => {
    expect(
      outputShape(
        'ConvTranspose',
        [
          ['n', 3, 4, 4],
          [3, 5, 3, 3],
        ],
        attributes,
      ),
    ).toEqual(expected);
  });

  it.each<[Shape, Shape, Record<string, Attribute>, RegExp]>([
    [[1, 3, 8, 8], [4, 2, 3, 3], {}, /weights take 2 channels a group, but the input has 3/],
    [[1, 3, 2, 2], [4, 3, 3, 3], {}, /kernel that reaches over 3 does not fit 2/],
    [[1, 3, 8, 8], [4, 3, 3, 3], { strides: int([2]) }, /"strides" has 1 numbers for 2 spatial axes/],
    [[1, 3, 8, 8], [4, 3, 3, 3], { strides: int([0, 1]) }, /it must be at least 1/],
    [[1, 3, 8, 8], [4, 3, 3, 3], { auto_pad: string('FULL') }, /auto_pad is "FULL"/],
  ])('Conv refuses %j with %j', (input, kernel, attributes, message) => {
    expect(() => outputShape('Conv', [input, kernel], attributes)).toThrow(message);
  });
});

describe('Reshape', () => {
  it.each<[Shape, number[], Shape]>([
    [
      [2, 3, 4],
      [6, 4],
      [6, 4],
    ],
    [
      [2, 3, 4],
      [0, -1],
      [2, 12],
    ],
    [[2, 3, 4], [-1], [24]],
    [
      ['batch', 3, 4],
      [-1, 12],
      ['batch', 12],
    ],
    [
      ['batch', 3, 4],
      [0, -1],
      ['batch', 12],
    ],
    [
      ['batch', 3, 4],
      [0, 0, 2, 2],
      ['batch', 3, 2, 2],
    ],
    [
      ['batch', 3, 4],
      [-1, 4],
      [null, 4],
    ],
    // Nothing says how the unknown axis and the batch share what is there.
    [
      ['batch', 'time', 4],
      [-1, 4],
      [null, 4],
    ],
    [
      ['batch', 'time', 4],
      [0, 0, 2, 2],
      ['batch', 'time', 2, 2],
    ],
  ])('%j to %j is %j', (input, wanted, expected) => {
    expect(outputShape('Reshape', [input], {}, { shape: int64(wanted) })).toEqual(expected);
  });

  it('copies nothing with allowzero', () => {
    expect(outputShape('Reshape', [[0, 3]], { allowzero: int(1) }, { shape: int64([3, 0]) })).toEqual([3, 0]);
  });

  it.each([[[7, 4]], [[5, -1]], [[-1, -1]], [[2, 3, 4, 0]]])('refuses [2, 3, 4] to %j', (wanted) => {
    expect(() => outputShape('Reshape', [[2, 3, 4]], {}, { shape: int64(wanted) })).toThrow(/Reshape_0/);
  });
});

describe('a symbolic batch is kept', () => {
  it('through Flatten and Gemm', () => {
    const nodes: SmallGraph['nodes'] = [
      ['Flatten', ['x'], ['flat']],
      ['Gemm', ['flat', 'w'], ['y']],
    ];
    expect(shapeOf({ inputs: { x: ['batch', 2, 3], w: [6, 5] }, nodes })).toEqual(['batch', 5]);
  });

  it('through Concat of another axis and Slice', () => {
    const nodes: SmallGraph['nodes'] = [
      ['Concat', ['a', 'b'], ['both'], { axis: int(1) }],
      ['Slice', ['both', 'starts', 'ends', 'axes'], ['y']],
    ];
    const constants = { starts: int64([1]), ends: int64([-1]), axes: int64([1]) };
    expect(shapeOf({ inputs: { a: ['batch', 2], b: ['batch', 3] }, constants, nodes })).toEqual(['batch', 3]);
  });

  it('through Shape, Gather, Unsqueeze, Concat and Reshape', () => {
    const nodes: SmallGraph['nodes'] = [
      ['Shape', ['x'], ['shape']],
      ['Gather', ['shape', 'first'], ['batch']],
      ['Unsqueeze', ['batch', 'zero'], ['list']],
      ['Concat', ['list', 'rest'], ['wanted'], { axis: int(0) }],
      ['Reshape', ['x', 'wanted'], ['y']],
    ];
    const first = { ...int64([0]), dims: [] };
    const constants = { first, zero: int64([0]), rest: int64([-1]) };
    expect(shapeOf({ inputs: { x: ['batch', 7, 7, 64] }, constants, nodes })).toEqual(['batch', 3136]);
  });

  it('through the pattern exporters write for expand: ConstantOfShape, Mul, Equal, Where', () => {
    const nodes: SmallGraph['nodes'] = [
      ['Shape', ['x'], ['wanted']],
      ['Shape', ['wanted'], ['rank']],
      ['ConstantOfShape', ['rank'], ['ones'], { value: { type: 'tensor', value: int64([1]) } }],
      ['Mul', ['ones', 'minus'], ['negative']],
      ['Equal', ['wanted', 'negative'], ['isOpen']],
      ['Where', ['isOpen', 'ones', 'wanted'], ['shape']],
      ['Expand', ['c', 'shape'], ['y']],
    ];
    const constants = { minus: int64([-1]), c: scalar(1) };
    expect(shapeOf({ inputs: { x: ['batch', 5] }, constants, nodes })).toEqual(['batch', 5]);
  });

  it('through lengths computed in floating point: Cast, Mul, Floor, Resize', () => {
    const nodes: SmallGraph['nodes'] = [
      ['Shape', ['x'], ['shape']],
      ['Slice', ['shape', 'two', 'four'], ['size']],
      ['Cast', ['size'], ['real'], { to: int(1) }],
      ['Mul', ['real', 'factor'], ['scaled']],
      ['Floor', ['scaled'], ['floored']],
      ['Cast', ['floored'], ['whole'], { to: int(7) }],
      ['Slice', ['shape', 'zero', 'two'], ['front']],
      ['Concat', ['front', 'whole'], ['sizes'], { axis: int(0) }],
      ['Resize', ['x', '', '', 'sizes'], ['y']],
    ];
    const constants = { zero: int64([0]), two: int64([2]), four: int64([4]), factor: scalar(1.5) };
    expect(shapeOf({ inputs: { x: ['batch', 3, 5, 6] }, constants, nodes })).toEqual(['batch', 3, 7, 9]);
  });

  it('through the pads that PyTorch computes in two dimensions', () => {
    const nodes: SmallGraph['nodes'] = [
      ['Concat', ['given', 'none'], ['list'], { axis: int(0) }],
      ['Reshape', ['list', 'pairs'], ['table']],
      ['Slice', ['table', 'last', 'beyond', 'zero', 'back'], ['reversed']],
      ['Transpose', ['reversed'], ['turned'], { perm: int([1, 0]) }],
      ['Reshape', ['turned', 'flat'], ['pads']],
      ['Pad', ['x', 'pads'], ['y']],
    ];
    const constants = {
      given: int64([1, 2]),
      none: int64([0, 0]),
      pairs: int64([-1, 2]),
      last: int64([-1]),
      beyond: int64([-Number.MAX_SAFE_INTEGER]),
      zero: int64([0]),
      back: int64([-1]),
      flat: int64([-1]),
    };
    expect(shapeOf({ inputs: { x: ['batch', 10] }, constants, nodes })).toEqual(['batch', 13]);
  });

  it('by a name of its own where the input has none', () => {
    const nodes: SmallGraph['nodes'] = [['Relu', ['x'], ['y']]];
    expect(shapeOf({ inputs: { x: [null, 4] }, nodes })).toEqual(['x.0', 4]);
  });
});

describe('numbers that shapes are computed with', () => {
  /** The length of an axis computed as a ∘ b + 10. */
  function computed(opType: string, a: number | string, b: number, isTruth = false): Shape | undefined {
    const first: SmallGraph['nodes'] = [
      ['Shape', ['x'], ['symbol']],
      isTruth
        ? ['Cast', ['a'], ['left'], { to: int(9) }]
        : ['Identity', [typeof a === 'string' ? 'symbol' : 'a'], ['left']],
      isTruth ? ['Cast', ['b'], ['right'], { to: int(9) }] : ['Identity', ['b'], ['right']],
    ];
    const nodes: SmallGraph['nodes'] = [
      ...first,
      [opType, ['left', 'right'], ['result']],
      ['Cast', ['result'], ['whole'], { to: int(7) }],
      ['Add', ['whole', 'ten'], ['length']],
      ['ConstantOfShape', ['length'], ['y']],
    ];
    const constants = { a: int64([typeof a === 'string' ? 0 : a]), b: int64([b]), ten: int64([10]) };
    return shapeOf({ inputs: { x: ['n'] }, constants, nodes });
  }

  it.each<[string, number, number, number]>([
    ['Add', 2, 3, 15],
    ['Sub', 2, 3, 9],
    ['Mul', 2, 3, 16],
    ['Div', 7, 2, 13],
    ['Div', -7, 2, 7],
    ['Mod', -7, 3, 12],
    ['Pow', 2, 3, 18],
    ['Max', 2, 3, 13],
    ['Min', 2, 3, 12],
    ['Equal', 3, 3, 11],
    ['Greater', 3, 3, 10],
    ['GreaterOrEqual', 3, 3, 11],
    ['Less', 2, 3, 11],
    ['LessOrEqual', 4, 3, 10],
  ])('%s of %i and %i, plus 10, is %i', (opType, a, b, expected) => {
    expect(computed(opType, a, b)).toEqual([expected]);
  });

  it.each<[string, number, number, number]>([
    ['And', 1, 1, 11],
    ['And', 1, 0, 10],
    ['Or', 1, 1, 11],
    ['Or', 0, 0, 10],
    ['Xor', 1, 1, 10],
    ['Xor', 1, 0, 11],
  ])('%s of %i and %i, plus 10, is %i', (opType, a, b, expected) => {
    expect(computed(opType, a, b, true)).toEqual([expected]);
  });

  it('know only that a symbol is not negative', () => {
    expect(computed('Equal', 'n', -1)).toEqual([10]);
    expect(computed('Greater', 'n', -1)).toEqual([11]);
    expect(computed('Equal', 'n', 3)).toEqual([null]);
    expect(computed('Div', 7, 0)).toEqual([null]);
  });
});

describe('what a file declares', () => {
  const nodes: SmallGraph['nodes'] = [['Relu', ['x'], ['y']]];

  it('fills in what cannot be inferred', () => {
    const parts: SmallGraph = {
      inputs: { x: ['n', 4], s: ['int64', [2]] },
      nodes: [['Reshape', ['x', 's'], ['y']]],
    };
    expect(shapeOf({ ...parts, outputs: [['y', 'float32', ['n', 2]]] })).toEqual(['n', 2]);
  });

  it('gives way to a symbol that follows from the inputs', () => {
    expect(shapeOf({ inputs: { x: ['n', 4] }, nodes, outputs: [['y', 'float32', [1, 4]]] })).toEqual([
      'n',
      4,
    ]);
  });

  it.each<[string, NonNullable<SmallGraph['outputs']>]>([
    ['a length', [['y', 'float32', [2, 5]]]],
    ['a rank', [['y', 'float32', [2]]]],
    ['an element type', [['y', 'int64', [2, 4]]]],
  ])('may not contradict %s', (_, outputs) => {
    expect(() => inferred({ inputs: { x: [2, 4] }, nodes, outputs })).toThrow(
      expect.objectContaining({ code: 'MODEL_INVALID', where: { node: 'Relu_0' } }),
    );
  });

  it('stays where the operator is not known', () => {
    const parts: SmallGraph = { inputs: { x: [2] }, nodes: [['Mystery', ['x'], ['y']]] };
    expect(inferred(parts).get('y')).toBeUndefined();
    expect(shapeOf({ ...parts, outputs: [['y', 'float32', [7]]] })).toEqual([7]);
  });
});

describe('sub-graphs', () => {
  const branch = (length: number) =>
    smallGraph({
      constants: { [`c${length}`]: float32([length, 3], new Float32Array(3 * length)) },
      nodes: [['Neg', [`c${length}`], [`n${length}`]]],
    });

  it('If keeps what both branches share', () => {
    const attributes = {
      then_branch: { type: 'graph', value: branch(1) },
      else_branch: { type: 'graph', value: branch(2) },
    } as const;
    const nodes: SmallGraph['nodes'] = [['If', ['c'], ['y'], attributes]];
    expect(shapeOf({ inputs: { c: ['bool', []] }, nodes })).toEqual([null, 3]);
  });

  it('If takes the branch that shapes decide', () => {
    const attributes = {
      then_branch: { type: 'graph', value: branch(1) },
      else_branch: { type: 'graph', value: branch(2) },
    } as const;
    const nodes: SmallGraph['nodes'] = [
      ['Shape', ['x'], ['shape']],
      ['Equal', ['shape', 'five'], ['isFive']],
      ['If', ['isFive'], ['y'], attributes],
    ];
    expect(shapeOf({ inputs: { x: [4] }, constants: { five: int64([5]) }, nodes })).toEqual([2, 3]);
  });

  it('Loop forgets the axes an iteration changes and stacks what it scans', () => {
    const body = smallGraph({
      inputs: { i: ['int64', []], go: ['bool', []], kept: undefined, grown: undefined },
      nodes: [
        ['Identity', ['go'], ['again']],
        ['Relu', ['kept'], ['keptOut']],
        ['Concat', ['grown', 'kept'], ['grownOut'], { axis: int(0) }],
        ['Relu', ['kept'], ['scanned']],
      ],
      outputs: ['again', 'keptOut', 'grownOut', 'scanned'],
    });
    const types = inferred({
      inputs: { trips: ['int64', []], x: ['n', 3] },
      nodes: [['Loop', ['trips', '', 'x', 'x'], ['a', 'b', 'c'], { body: { type: 'graph', value: body } }]],
      outputs: ['a', 'b', 'c'],
    });
    expect(types.get('a')).toMatchObject({ shape: ['n', 3] });
    expect(types.get('b')).toMatchObject({ shape: [null, 3] });
    expect(types.get('c')).toMatchObject({ shape: ['Loop_0.iterations', 'n', 3] });
  });
});

describe('a branch that is never taken', () => {
  it('may hold what cannot fit', () => {
    // As PyTorch writes squeeze: only where the axis is 1.
    const squeeze = smallGraph({ nodes: [['Squeeze', ['x', 'first'], ['a']]] });
    const keep = smallGraph({ nodes: [['Identity', ['x'], ['b']]] });
    const attributes = {
      then_branch: { type: 'graph', value: squeeze },
      else_branch: { type: 'graph', value: keep },
    } as const;
    const nodes: SmallGraph['nodes'] = [
      ['Shape', ['x'], ['shape'], { end: int(1) }],
      ['Equal', ['shape', 'one'], ['isOne']],
      ['If', ['isOne'], ['y'], attributes],
    ];
    const constants = { one: int64([1]), first: int64([0]) };
    expect(shapeOf({ inputs: { x: [3, 4] }, constants, nodes })).toEqual([3, 4]);
  });
});

describe('hostile models', () => {
  it('cannot have axes of negative length', () => {
    expect(() => outputShape('ConstantOfShape', [], {}, { s: int64([2, -3]) })).toThrow(/shape \[2, -3\]/);
    expect(() => outputShape('Pad', [[2, 3]], {}, { pads: int64([0, -2, 0, -2]) })).toThrow(
      /shape \[2, -1\]/,
    );
  });

  it('gain nothing from axes that are huge beside an empty one', () => {
    const inputs = { x: ['int64', [0]] } as const;
    const nodes: SmallGraph['nodes'] = [
      ['Reshape', ['none', 'wanted'], ['wide'], { allowzero: int(1) }],
      ['Transpose', ['wide'], ['turned']],
      ['Slice', ['turned', 'zero', 'zero'], ['y']],
    ];
    const constants = { none: int64([]), wanted: int64([2 ** 40, 0]), zero: int64([0]) };
    expect(shapeOf({ inputs, constants, nodes })).toEqual([0, 2 ** 40]);
  });

  it('end with MODEL_INVALID when graphs are nested too deep', () => {
    let inner = smallGraph({ constants: { c: scalar(1) }, nodes: [['Neg', ['c'], ['y']]] });
    for (let depth = 0; depth < 100; depth++) {
      const attributes = {
        then_branch: { type: 'graph', value: inner },
        else_branch: { type: 'graph', value: inner },
      } as const;
      inner = smallGraph({ nodes: [['If', ['p'], ['y'], attributes]] });
    }
    const model = smallModel(OPSET, { inputs: { p: ['bool', []] }, nodes: [] });
    model.graph.nodes = inner.nodes;
    expect(() => inferTypes(model)).toThrow(/nested more than 32 deep/);
  });

  it('take no longer for loops in loops than for their nodes', () => {
    // Each level looks at its body up to three times: 3^20 visits without a bound.
    let body = loopBody([['Concat', ['s0', 's0'], ['out0'], { axis: int(0) }]], 0);
    for (let depth = 1; depth <= 20; depth++) {
      body = loopBody(
        [['Loop', ['', '', `s${depth}`], [`out${depth}`], { body: { type: 'graph', value: body } }]],
        depth,
      );
    }
    const nodes: SmallGraph['nodes'] = [
      ['Loop', ['', '', 'x'], ['y'], { body: { type: 'graph', value: body } }],
    ];
    expect(inferred({ inputs: { x: [2, 3] }, nodes }).get('x')).toMatchObject({ shape: [2, 3] });
  });

  it('cannot ask for a tensor of a billion axes', () => {
    expect(() => outputShape('ConstantOfShape', [], {}, {})).toThrow(/has 0 inputs/);
    const inputs = { s: ['int64', [1e9]] } as const;
    expect(() => inferred({ inputs, nodes: [['ConstantOfShape', ['s'], ['y']]] })).toThrow(/1000000000 axes/);
  });

  it('are told about attributes of the wrong kind', () => {
    expect(() => outputShape('Flatten', [[2, 3]], { axis: float(1) })).toThrow(
      /attribute "axis" is of kind float, not int/,
    );
    expect(() => outputShape('Transpose', [[2, 3]], { perm: int(1) })).toThrow(
      /attribute "perm" is of kind int, not ints/,
    );
    expect(() => outputShape('Transpose', [[2, 3]], { perm: int([0, 2]) })).toThrow(/axis 2 is outside/);
    expect(() => outputShape('Cast', [[2, 3]], { to: int(99) })).toThrow(/99, which is not an element type/);
  });
});

function loopBody(nodes: SmallGraph['nodes'], depth: number) {
  return smallGraph({
    inputs: { [`i${depth}`]: ['int64', []], [`go${depth}`]: ['bool', []], [`s${depth}`]: undefined },
    nodes: [['Identity', [`go${depth}`], [`again${depth}`]], ...nodes],
    outputs: [`again${depth}`, `out${depth}`],
  });
}

import { expect, test } from 'vitest';
import { GraphBuilder } from '../../src/graph/builder.ts';
import type { Graph, Model, Node } from '../../src/graph/model.ts';
import { float32 } from '../../src/graph/tensor.ts';
import { validate } from '../../src/graph/validate.ts';

function tiny(): Model {
  const b = new GraphBuilder('tiny');
  const x = b.input('x', 'float32', [2]);
  const sum = b.add('Add', [x, b.constant('w', float32([2], [1, 2]))], { name: 'sum' });
  b.output('y', sum, 'float32', [2]);
  return b.model({ name: 'test', version: '1' });
}

function node(name: string, inputs: string[], outputs = [name]): Node {
  return { name, opType: 'Op', domain: '', inputs, outputs, attributes: new Map() };
}

function body(nodes: Node[], outputs: string[]): Graph {
  return { name: 'body', inputs: [], outputs, nodes, initializers: new Map(), types: new Map() };
}

test('a model that holds together passes', () => {
  expect(() => validate(tiny())).not.toThrow();
});

const faults: [string, RegExp, string | undefined, (model: Model) => void][] = [
  [
    'a value nobody makes',
    /node sum \(Add\) reads ghost, which nothing makes/,
    'sum',
    ({ graph }) => {
      graph.nodes[0]?.inputs.push('ghost');
    },
  ],
  [
    'nodes that feed each other',
    /made only after it/,
    'sum',
    ({ graph }) => {
      graph.nodes[0]?.inputs.push('y');
    },
  ],
  [
    'a value made twice',
    /makes sum, which is made already/,
    'again',
    ({ graph }) => {
      graph.nodes.push(node('again', ['x'], ['sum']));
    },
  ],
  [
    'a constant named like an input',
    /constant makes x/,
    undefined,
    ({ graph }) => {
      graph.initializers.set('x', float32([1], [1]));
    },
  ],
  [
    'two nodes of one name',
    /two nodes are called sum/,
    'sum',
    ({ graph }) => {
      graph.nodes.push(node('sum', ['x'], ['other']));
    },
  ],
  [
    'a node without a name',
    /has no name/,
    undefined,
    ({ graph }) => {
      graph.nodes.push(node('', ['x'], ['other']));
    },
  ],
  [
    'an output nobody makes',
    /graph output z is not made/,
    undefined,
    ({ graph }) => {
      graph.outputs.push('z');
    },
  ],
  [
    'an input without a type',
    /graph input x has no type/,
    undefined,
    ({ graph }) => {
      graph.types.delete('x');
    },
  ],
  [
    'a constant with too little data',
    /float32\[3\] and should hold 12 bytes, not 8/,
    undefined,
    ({ graph }) => {
      graph.initializers.set('short', { dtype: 'float32', dims: [3], data: new Float32Array(2) });
    },
  ],
  [
    'a subgraph that reads what comes later',
    /node inner \(Op\) reads late, which nothing makes/,
    'inner',
    ({ graph }) => {
      const branch = node('branch', ['x']);
      branch.attributes.set('then_branch', {
        type: 'graph',
        value: body([node('inner', ['late'])], ['inner']),
      });
      graph.nodes.push(branch, node('late', ['x']));
    },
  ],
  [
    'a value that only exists inside a subgraph',
    /node outside \(Op\) reads inner, which nothing makes/,
    'outside',
    ({ graph }) => {
      const branch = node('branch', ['x']);
      branch.attributes.set('then_branch', { type: 'graph', value: body([node('inner', ['x'])], ['inner']) });
      graph.nodes.push(branch, node('outside', ['inner']));
    },
  ],
  [
    'an attribute of a caller outside a function',
    /is not inside a function/,
    undefined,
    ({ graph }) => {
      graph.nodes[0]?.attributes.set('axis', { type: 'reference', value: 'axis', of: 'int' });
    },
  ],
  [
    'functions that call each other',
    /function f calls itself/,
    undefined,
    (model) => {
      const call = (name: string, other: string) => ({
        name,
        domain: 'mine',
        inputs: ['x'],
        outputs: [other],
        attributes: [],
        attributeDefaults: new Map(),
        opsets: new Map(),
        nodes: [{ ...node(other, ['x']), opType: other, domain: 'mine' }],
      });
      model.functions.push(call('f', 'g'), call('g', 'f'));
    },
  ],
  [
    'a function that does not make its output',
    /function f does not make its output z/,
    undefined,
    (model) => {
      model.functions.push({
        name: 'f',
        domain: 'mine',
        inputs: ['x'],
        outputs: ['z'],
        attributes: [],
        attributeDefaults: new Map(),
        opsets: new Map(),
        nodes: [node('y', ['x'])],
      });
    },
  ],
];

test.each(faults)('%s is named', (_, message, at, spoil) => {
  const model = tiny();
  spoil(model);
  let error: unknown;
  try {
    validate(model, { file: 'tiny.onnx' });
  } catch (caught) {
    error = caught;
  }
  expect(error).toMatchObject({
    code: 'MODEL_INVALID',
    where: { file: 'tiny.onnx', ...(at && { node: at }) },
  });
  expect(String(error)).toMatch(message);
});

test('a subgraph sees what the graph around it made before', () => {
  const model = tiny();
  const branch = node('branch', ['x']);
  branch.attributes.set('branches', {
    type: 'graphs',
    value: [body([node('inner', ['sum', 'w'])], ['inner'])],
  });
  model.graph.nodes.push(branch);
  expect(() => validate(model)).not.toThrow();
});

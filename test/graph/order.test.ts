import { expect, test } from 'vitest';
import { GraphBuilder } from '../../src/graph/builder.ts';
import type { Node } from '../../src/graph/model.ts';
import { capturedValues, sortNodes } from '../../src/graph/order.ts';

function node(name: string, inputs: string[], outputs = [name]): Node {
  return { name, opType: 'Op', domain: '', inputs, outputs, attributes: new Map() };
}

function names(nodes: readonly Node[]): string {
  return nodes.map(({ name }) => name).join(' ');
}

test('an order that is right already stays as it is', () => {
  expect(names(sortNodes([node('b', ['x']), node('a', ['x']), node('c', ['a', 'b'])]))).toBe('b a c');
});

test('nodes move behind what they read, the others keep their order', () => {
  const nodes = [node('z', ['y']), node('a', []), node('y', ['a', 'x']), node('x', [])];
  expect(names(sortNodes(nodes))).toBe('a x y z');
});

test('optional inputs left out and unused outputs are nobody', () => {
  expect(names(sortNodes([node('a', ['', 'x'], ['a', '']), node('b', ['', 'a'], ['b', ''])]))).toBe('a b');
});

test('what a subgraph captures from outside counts as read', () => {
  const inner = new GraphBuilder('body');
  inner.graph.nodes.push(node('inside', ['late']));
  inner.graph.outputs.push('inside');
  expect([...capturedValues(inner.graph)]).toEqual(['late']);
  const branch = node('if', ['cond']);
  branch.attributes.set('then_branch', { type: 'graph', value: inner.graph });
  expect(names(sortNodes([branch, node('late', [])]))).toBe('late if');
});

test('nodes on a cycle are all kept, once', () => {
  const sorted = sortNodes([node('a', ['b']), node('b', ['a']), node('c', ['d']), node('d', [])]);
  expect(sorted.map(({ name }) => name).sort()).toEqual(['a', 'b', 'c', 'd']);
});

test('a chain of two hundred thousand nodes in reverse order is sorted', () => {
  const count = 200_000;
  const nodes = Array.from({ length: count }, (_, index) =>
    node(`n${index}`, index === 0 ? [] : [`n${index - 1}`]),
  );
  const sorted = sortNodes(nodes.reverse());
  expect(sorted.every(({ name }, index) => name === `n${index}`)).toBe(true);
});

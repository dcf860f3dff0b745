// Loops that go on as long as a condition holds may never end, and a run cannot be interrupted. A copy of the model whose
// loops end after so many rounds tells, before the model itself is run.
// https://onnx.ai/onnx/operators/onnx__Loop.html

import { errors } from '../../errors.ts';
import type { Graph, Model, Node } from '../../graph/model.ts';
import { tensorType } from '../../graph/model.ts';
import { int64 } from '../../graph/tensor.ts';
import type { Feeds } from '../../runtimes/session.ts';

const MOST_ROUNDS = 100_000;

export type Guard = {
  /** Throws PARITY_UNCHECKED when a loop is still going on after MOST_ROUNDS. */
  check(feeds: Feeds): Promise<void>;
  close(): Promise<void>;
};

/** undefined: every loop of the model has a number of rounds that can be waited for. */
export async function guardLoops(model: Model): Promise<Guard | undefined> {
  const counts = new Map<string, string>();
  const limit = 'mlctl/most-rounds';
  const nodes = model.graph.nodes.map((node): Node => {
    const body = node.attributes.get('body');
    if (!isOpen(node, model.graph) || body?.type !== 'graph') return node;
    const count = `${node.name}/mlctl/rounds`;
    counts.set(count, node.name);
    const counted = { type: 'graph' as const, value: counting(body.value, count) };
    const attributes = new Map([...node.attributes, ['body', counted] as const]);
    const [, ...rest] = node.inputs;
    return { ...node, inputs: [limit, ...rest], outputs: [...node.outputs, count], attributes };
  });
  if (counts.size === 0) return undefined;
  const most = { ...int64([MOST_ROUNDS]), dims: [] };
  const graph: Graph = {
    ...model.graph,
    nodes,
    outputs: [...counts.keys()],
    initializers: new Map([...model.graph.initializers, [limit, most]]),
    types: new Map([
      ...model.graph.types,
      ...[...counts.keys()].map((name) => [name, tensorType('int64', [null])] as const),
    ]),
  };
  const { openGraph } = await import('../../runtimes/onnxruntime.ts');
  const session = await openGraph({ ...model, graph }, { optimize: false });
  return {
    async check(feeds) {
      const rounds = await session.run(feeds, [...counts.keys()]);
      for (const [name, loop] of counts) {
        if ((rounds[name]?.dims[0] ?? 0) < MOST_ROUNDS) continue;
        throw errors.PARITY_UNCHECKED(`${loop} is not done after going round ${MOST_ROUNDS} times`);
      }
    },
    close: () => session.release(),
  };
}

/** A Loop that may go round more often than that. */
function isOpen({ opType, domain, inputs }: Node, graph: Graph): boolean {
  if (opType !== 'Loop' || domain !== '') return false;
  const [most = ''] = inputs;
  if (most === '') return true;
  const constant = graph.initializers.get(most)?.data[0] ?? madeBy(most, graph);
  return typeof constant !== 'bigint' || constant > MOST_ROUNDS;
}

function madeBy(value: string, graph: Graph): unknown {
  const node = graph.nodes.find(({ opType, outputs }) => opType === 'Constant' && outputs[0] === value);
  const tensor = node?.attributes.get('value');
  return tensor?.type === 'tensor' ? tensor.value.data[0] : undefined;
}

/** The body gives the number of its round too: as many as there were. */
function counting(body: Graph, count: string): Graph {
  const output = `${count}/round`;
  const node: Node = {
    name: output,
    opType: 'Identity',
    domain: '',
    inputs: [body.inputs[0] ?? ''],
    outputs: [output],
    attributes: new Map(),
  };
  return {
    ...body,
    nodes: [...body.nodes, node],
    outputs: [...body.outputs, output],
    types: new Map([...body.types, [output, tensorType('int64', [])]]),
  };
}

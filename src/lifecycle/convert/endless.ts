// Loops that go on as long as a condition holds may never end, and a run cannot be interrupted. A copy of the model whose
// loops end after so many rounds tells, before the model itself is run.
// https://onnx.ai/onnx/operators/onnx__Loop.html

import { errors } from '../../errors.ts';
import type { Graph, Model, Node } from '../../graph/model.ts';
import { tensorType } from '../../graph/model.ts';
import { constantsOf } from '../../graph/reading.ts';
import { int64, type Tensor } from '../../graph/tensor.ts';
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
  const constants = constantsOf(model.graph);
  const limit = 'mlctl/most-rounds';
  const nodes = model.graph.nodes.flatMap((node): Node[] => {
    const body = node.attributes.get('body');
    if (!isOpen(node, constants) || body?.type !== 'graph') return [node];
    const count = `${node.name}/mlctl/rounds`;
    counts.set(count, node.name);
    const counted = { type: 'graph' as const, value: counting(body.value, count) };
    const attributes = new Map([...node.attributes, ['body', counted] as const]);
    const [asked = '', ...rest] = node.inputs;
    const least = asked === '' ? undefined : plain('Min', [asked, limit], `${count}/most`);
    const inputs = [least?.outputs[0] ?? limit, ...rest];
    const loop = { ...node, inputs, outputs: [...node.outputs, count], attributes };
    return least === undefined ? [loop] : [least, loop];
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
function isOpen({ opType, domain, inputs }: Node, constants: ReadonlyMap<string, Tensor>): boolean {
  if (opType !== 'Loop' || domain !== '') return false;
  const most = constants.get(inputs[0] ?? '')?.data[0];
  return typeof most !== 'bigint' || most > MOST_ROUNDS;
}

/** The body gives the number of its round too: as many as there were. */
function counting(body: Graph, count: string): Graph {
  const output = `${count}/round`;
  return {
    ...body,
    nodes: [...body.nodes, plain('Identity', [body.inputs[0] ?? ''], output)],
    outputs: [...body.outputs, output],
    types: new Map([...body.types, [output, tensorType('int64', [])]]),
  };
}

function plain(opType: string, inputs: string[], output: string): Node {
  return { name: output, opType, domain: '', inputs, outputs: [output], attributes: new Map() };
}

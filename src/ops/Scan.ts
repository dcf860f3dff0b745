// https://onnx.ai/onnx/operators/onnx__Scan.html
// Opsets: 8, 9, 11, 16, 19, 21, 23, 24, 25.

import { int } from '../graph/attribute.ts';
import type { Attribute, Dim, Graph, Node, ValueType } from '../graph/model.ts';
import { axisIn } from './axes.ts';
import type { InferContext, OpFamily, UpgradeContext } from './definition.ts';
import { tensorOf } from './result.ts';
import { valueName } from './rewrite.ts';

export default {
  ops: {
    Scan: {
      since: 8,
      inputs: [1, Infinity],
      outputs: [1, Infinity],
      attributes: {
        body: null,
        num_scan_inputs: null,
        scan_input_axes: null,
        scan_input_directions: null,
        scan_output_axes: null,
        scan_output_directions: null,
      },
    },
  },
  infer(context) {
    const body = bodyOf(context);
    const count = context.node.inputs.length;
    const states = count - context.int('num_scan_inputs');
    if (states < 0) context.fail(`it scans ${count - states} of ${count} inputs`);
    let length: Dim = null;
    const inputs = context.node.inputs.map((_, index) => {
      const type = context.type(index);
      if (index < states || type?.kind !== 'tensor' || type.shape === undefined) return type;
      const axis = axisIn(context, context.ints('scan_input_axes')?.[index - states] ?? 0, type.shape.length);
      length = type.shape[axis] ?? length;
      return { ...type, shape: type.shape.filter((_, at) => at !== axis) };
    });
    return context.inferSubgraph(body, inputs).map((type, index) => {
      if (index < states) return type;
      return stacked(context, type, context.ints('scan_output_axes')?.[index - states] ?? 0, length);
    });
  },
  upgrades: [{ to: 9, opTypes: ['Scan'], rewrite: scanTheBatch }],
} satisfies OpFamily;

/**
 * Opset 8 ran the body for each sample of a batch: (lengths, states …, inputs …), each with the batch as first axis.
 * That is a scan over the batch, with the scan proper as its body.
 */
function scanTheBatch(node: Node, context: UpgradeContext): readonly Node[] {
  const [lengths = '', ...batched] = node.inputs;
  if (lengths !== '')
    context.fail(node, 'it scans sequences of different lengths, which later opsets cannot');
  const inner = (name: string): string => context.fresh(`${name}/sample`);
  const sample: Node = {
    ...node,
    name: valueName(node, 'sample'),
    inputs: batched.map(inner),
    outputs: node.outputs.map((name) => inner(name)),
    attributes: new Map(node.attributes),
  };
  const directions = sample.attributes.get('directions');
  if (directions !== undefined) sample.attributes.set('scan_input_directions', directions);
  sample.attributes.delete('directions');
  const body: Graph = {
    name: sample.name,
    inputs: sample.inputs,
    outputs: sample.outputs,
    nodes: [sample],
    initializers: new Map(),
    types: new Map(),
  };
  context.follows(body, 9);
  node.inputs = batched;
  node.attributes = new Map<string, Attribute>([
    ['num_scan_inputs', int(batched.length)],
    ['body', { type: 'graph', value: body }],
  ]);
  return [node];
}

function bodyOf(context: InferContext): Graph {
  const found = context.find('body');
  return found?.type === 'graph' ? found.value : context.fail('it has no body');
}

/** The type of one step with the scanned axis put in. */
function stacked(
  context: InferContext,
  type: ValueType | undefined,
  axis: number,
  length: Dim,
): ValueType | undefined {
  if (type?.kind !== 'tensor') return undefined;
  const { dtype, shape } = type;
  if (shape === undefined) return tensorOf(dtype, undefined);
  const at = axisIn(context, axis, shape.length + 1);
  return tensorOf(dtype, [...shape.slice(0, at), length, ...shape.slice(at)]);
}

// Whether a graph can be written as ONNX. It is the graph in memory's own language: what is left to say is which
// operator set and which domains a runtime has to know.

import type { Context } from '../../context.ts';
import { type Model, OPSET } from '../../graph/model.ts';
import { requiredOpset } from '../../ops/required-opset.ts';
import type { Unsupported } from '../definition.ts';

/** Domains every runtime has: the core, and classical machine learning. */
const everywhere = new Set(['', 'ai.onnx', 'ai.onnx.ml']);

export async function preflightOnnx(model: Model, context: Context): Promise<readonly Unsupported[]> {
  const opset = requiredOpset(model);
  if (opset > OPSET) {
    context.diagnose({
      code: 'ONNX_OPSET',
      severity: 'note',
      message: `some operators need opset ${opset}; other models need ${OPSET} or less`,
      args: { opset },
      hint: 'the runtime has to know that opset',
    });
  }
  const own = new Set(model.functions.map(({ domain }) => domain));
  const domains = [...new Set(model.graph.nodes.map(({ domain }) => domain))].filter(
    (domain) => !everywhere.has(domain) && !own.has(domain),
  );
  for (const domain of domains.sort()) {
    const found = model.graph.nodes.filter((node) => node.domain === domain);
    const opTypes = [...new Set(found.map(({ opType }) => opType))].sort();
    context.diagnose({
      code: 'ONNX_DOMAIN',
      severity: 'note',
      message: `${opTypes.join(', ')} ${opTypes.length === 1 ? 'is' : 'are'} of the domain ${domain}, written as ${opTypes.length === 1 ? 'it is' : 'they are'}`,
      args: { domain, opTypes },
      hint: 'only runtimes with operators of that domain run the file',
    });
  }
  return [];
}

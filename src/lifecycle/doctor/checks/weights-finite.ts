// Weights that are not numbers, and kernels that are nothing but zeros.

import type { Diagnostic } from '../../../diagnostics.ts';
import { MlctlError } from '../../../errors.ts';
import type { Tensor } from '../../../graph/tensor.ts';
import { checkWeights } from '../../convert/weights.ts';
import type { Check, Finding } from '../definition.ts';

const check = {
  name: 'weights-finite',
  stage: 'graph',
  async run({ read }, context): Promise<readonly Finding[]> {
    const found = await read();
    if (found === undefined || found instanceof MlctlError) return [];
    const said: Diagnostic[] = [];
    checkWeights(found.model, { ...context, diagnose: (diagnostic) => said.push(diagnostic) });
    const findings = said.map(
      ({ message, hint, args }): Finding => ({
        severity: 'problem',
        message,
        remediation: hint ?? 'take an earlier checkpoint',
        ...(Array.isArray(args?.layers) ? { where: args.layers.map(String) } : {}),
      }),
    );
    const zeros = [...found.model.graph.initializers].filter(([, tensor]) => isZeroKernel(tensor));
    if (zeros.length > 0) {
      const names = zeros.map(([name]) => name);
      findings.push({
        severity: 'warning',
        message: `${names.length === 1 ? 'a weight is' : `${names.length} weights are`} nothing but zeros: ${names.slice(0, 5).join(', ')}${names.length > 5 ? ' …' : ''}`,
        remediation: 'check that the model was saved after it was trained',
        where: names,
      });
    }
    if (findings.length === 0) return [{ severity: 'ok', message: 'every weight is a finite number' }];
    return findings;
  },
} satisfies Check;

export default check;

/** Biases and states start at zero; a matrix or kernel never does. */
function isZeroKernel({ dtype, dims, data }: Tensor): boolean {
  if (dtype !== 'float32' || data.length < 16) return false;
  if (dims.filter((dim) => dim > 1).length < 2) return false;
  for (const value of data as Float32Array) if (value !== 0) return false;
  return true;
}

// Layers and operators that cannot be converted, each with its way out.

import { MlctlError } from '../../../errors.ts';
import { unsupportedOf } from '../../preflight.ts';
import type { Check, Finding } from '../definition.ts';

const check = {
  name: 'unsupported-layers',
  stage: 'content',
  async run({ describe }): Promise<readonly Finding[]> {
    const found = await describe();
    if (found === undefined) return [];
    const isRefused = found instanceof MlctlError;
    if (isRefused && found.code !== 'OP_UNSUPPORTED') return [];
    return (isRefused ? unsupportedOf(found) : found.unsupported).map(
      ({ opType, reason, where, hint }): Finding => ({
        severity: 'problem',
        message: `${opType}${where.length > 1 ? `, ${where.length} times,` : ''} cannot be converted: ${reason}`,
        remediation: hint ?? 'replace it in the program that made the model, or cut the model before it',
        where,
      }),
    );
  },
} satisfies Check;

export default check;

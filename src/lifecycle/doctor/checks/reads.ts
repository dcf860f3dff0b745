// Whether the graph can be made from the file, and what its reader noticed on the way.

import { MlctlError } from '../../../errors.ts';
import { unsupportedOf } from '../../preflight.ts';
import type { Check, Finding } from '../definition.ts';

const check = {
  name: 'reads',
  stage: 'graph',
  async run({ read, format }): Promise<readonly Finding[]> {
    const found = await read();
    if (found === undefined) return [];
    if (found instanceof MlctlError) {
      if (found.code === 'OP_UNSUPPORTED') {
        return unsupportedOf(found).map(({ opType, reason, where, hint }) => ({
          severity: 'problem',
          message: `${opType} cannot be converted: ${reason}`,
          remediation: hint ?? 'replace it in the program that made the model',
          where,
        }));
      }
      const details = found.details.length > 0 ? `: ${found.details.join('; ')}` : '';
      const remediation = found.hint ?? `save the model again in ${format?.title}`;
      return [{ severity: 'problem', message: `${found.message}${details}`, remediation }];
    }
    const { model, notes } = found;
    const unique = new Map(notes.map((note) => [note.message, note]));
    return [
      { severity: 'ok', message: `it reads as a graph of ${model.graph.nodes.length} operators` },
      ...[...unique.values()].map(
        ({ message, severity, hint, where }): Finding => ({
          severity: severity === 'note' ? 'ok' : 'warning',
          message,
          ...(severity === 'note' ? {} : { remediation: hint ?? 'compare its predictions with known ones' }),
          ...(where?.layer === undefined ? {} : { where: [where.layer] }),
        }),
      ),
    ];
  },
} satisfies Check;

export default check;

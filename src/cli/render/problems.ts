// Errors and findings as people read them, on stderr.

import type { Diagnostic, Where } from '../../diagnostics.ts';
import type { MlctlError } from '../../errors.ts';
import type { Stream } from '../terminal.ts';
import { printable } from './printable.ts';

/** ```
 *  error: CODE  what happened
 *    detail
 *    at file:line:column
 *  hint: what to do next
 *  ```
 */
export function renderError(error: MlctlError, { paint }: Pick<Stream, 'paint'>): string {
  const lines = [`${paint.red('error:')} ${paint.bold(error.code)}  ${error.message}`];
  for (const detail of error.details) lines.push(...detail.split('\n').map((line) => `  ${line}`));
  if (error.where) lines.push(`  at ${place(error.where)}`);
  if (error.hint) lines.push(`hint: ${error.hint}`);
  return printable(lines.join('\n'));
}

export function renderDiagnostic(diagnostic: Diagnostic, { paint }: Pick<Stream, 'paint'>): string {
  const color = { note: paint.dim, warning: paint.yellow, error: paint.red }[diagnostic.severity];
  const at = diagnostic.where ? `\n  at ${place(diagnostic.where)}` : '';
  const hint = diagnostic.hint ? `\n  hint: ${diagnostic.hint}` : '';
  return printable(
    `${color(`${diagnostic.severity}:`)} ${diagnostic.code}  ${diagnostic.message}${at}${hint}`,
  );
}

/** `mlctl.yaml:12:5`, `model.h5, layer conv2d_1`, `model.onnx, byte 120`. */
export function place(where: Where): string {
  const position = [where.file, where.line, where.column].filter((part) => part !== undefined).join(':');
  const rest = [
    position,
    where.layer === undefined ? '' : `layer ${where.layer}`,
    where.node === undefined ? '' : `node ${where.node}`,
    where.offset === undefined ? '' : `byte ${where.offset}`,
  ];
  return rest.filter((part) => part !== '').join(', ');
}

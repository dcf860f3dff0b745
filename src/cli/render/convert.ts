// What `mlctl convert` prints.

import type { Diagnostic } from '../../diagnostics.ts';
import type { ArtifactReport, ConvertResult } from '../../lifecycle/convert.ts';
import type { Kept } from '../../passes/quantize/definition.ts';
import type { Stream } from '../terminal.ts';
import { costLines, costRows } from './costs.ts';
import { bytes, count, significant } from './numbers.ts';
import { symbols } from './symbols.ts';
import { table } from './table.ts';

export function renderConvert(result: ConvertResult, stream: Stream): string {
  return result.artifacts.map((artifact) => renderArtifact(artifact, result.sourceBytes, stream)).join('\n');
}

function renderArtifact(artifact: ArtifactReport, sourceBytes: number, stream: Stream): string {
  const { paint } = stream;
  const { formatVersion, operators, transposes } = artifact;
  const size = `${bytes(artifact.bytes)} (${change(artifact.bytes, sourceBytes, stream)})`;
  const head = [paint.bold(artifact.path), size, closeness(artifact, stream), state(artifact, stream)];
  const rows = [
    ['  operators', `${count(operators.before)} ${symbols(stream).arrow} ${count(operators.after)}`],
    ...(formatVersion === null ? [] : [['  format', formatVersion]]),
    ...(transposes.inserted > 0 ? [['  transposes', transposeLine(artifact)]] : []),
    ...precisionRows(artifact),
    ...costRows(artifact),
    ...artifact.companions.map(({ name, bytes: size }) => ['  weights', `${name}  ${bytes(size)}`]),
    ...divergence(artifact, stream),
  ];
  return `${head.filter((part) => part !== '').join('  ')}\n${table(rows, stream)}`;
}

function change(size: number, before: number, stream: Stream): string {
  const percent = before > 0 ? Math.round((size / before - 1) * 100) : 0;
  const { minus, about } = symbols(stream);
  const sign = percent === 0 ? about : percent < 0 ? minus : '+';
  return `${sign}${Math.abs(percent)} %`;
}

function closeness({ parity }: ArtifactReport, stream: Stream): string {
  if (!parity) return 'not checked';
  const { delta } = symbols(stream);
  const top =
    parity.top1 !== undefined && parity.top1 < 1
      ? `, top-1 agrees in ${Math.floor(parity.top1 * 1000) / 10} %`
      : '';
  return `${delta} ${significant(parity.maxAbs, 3)} over ${parity.samples} samples${top}`;
}

function state({ state, parity }: ArtifactReport, stream: Stream): string {
  const { paint } = stream;
  switch (state) {
    case 'written':
      return '';
    case 'same':
      return paint.dim('up to date');
    case 'planned':
      return paint.dim('dry run, not written');
    case 'rejected':
      return paint.red(`${symbols(stream).no}out of tolerance (${distance(parity)}), not written`);
  }
}

function distance(parity: ArtifactReport['parity']): string {
  const { maxRel = 0, tolerance = 0, mismatches = 0, cosine = 0 } = parity ?? {};
  return maxRel <= tolerance && mismatches === 0
    ? `cosine ${significant(cosine, 3)}: the outputs point elsewhere`
    : `${significant(maxRel, 3)} relative, ${significant(tolerance, 3)} allowed`;
}

function transposeLine({ transposes }: ArtifactReport): string {
  const { inserted, removed, remaining, atBoundary } = transposes;
  const border = atBoundary > 0 ? `, ${atBoundary} at inputs or outputs` : '';
  return `${inserted} inserted, ${removed} removed, ${remaining} remaining inside${border}`;
}

function precisionRows({ precision }: ArtifactReport): string[][] {
  if (!precision) return [];
  const { dtype, nodes, kept, calibration } = precision;
  const by = calibration
    ? `, ranges (${calibration.method}) of ${count(calibration.rows)} rows of ${calibration.data}`
    : '';
  if (nodes === 0 && kept.length === 0)
    return [['  numbers', `${dtype} changes nothing: no node has weights it would make smaller`]];
  const left = kept.length === 0 ? '' : `, ${count(kept.length)} kept in float32`;
  return [
    ['  numbers', `${dtype} in ${count(nodes)} ${nodes === 1 ? 'node' : 'nodes'}${left}${by}`],
    ...kept.slice(0, SHOWN_KEPT).map((node) => ['', whyKept(node)]),
    ...(kept.length > SHOWN_KEPT
      ? [['', `and ${count(kept.length - SHOWN_KEPT)} more (--json lists them)`]]
      : []),
  ];
}

const SHOWN_KEPT = 5;

function whyKept({ node, opType, reason, value }: Kept): string {
  const size = significant(value ?? 0, 3);
  const why = {
    range: `its values reach ${size}, outside what the type holds`,
    weight: `a constant of ${size} does not fit the type`,
    error:
      value === null ? 'the outputs break down with it' : `it moves the outputs by ${size} of their scale`,
    asked: 'as asked',
    operator: 'the operator has no such version',
  }[reason];
  return `${opType} ${node}: ${why}`;
}

function divergence({ state, parity, precision }: ArtifactReport, stream: Stream): string[][] {
  if (state !== 'rejected' || !parity) return [];
  const found = parity.firstDivergence;
  const rows = parity.outputs
    .filter(({ passed }) => !passed)
    .map(({ name, maxAbs, mismatches }) => [
      '  output',
      `${name}: max difference ${significant(maxAbs, 3)}${mismatches > 0 ? `, ${count(mismatches)} elements not comparable` : ''}`,
    ]);
  if (precision) return rows;
  if (!found) return [...rows, ['  first divergence', 'none: the graphs agree, the runtimes do not']];
  const { layer, fused, opType, node, maxAbs, maxRel } = found;
  const name = layer === null ? `node ${JSON.stringify(node)} (${opType})` : `layer ${JSON.stringify(layer)}`;
  const size = `${symbols(stream).delta} ${significant(maxAbs, 3)} (${significant(maxRel, 3)} of its scale)`;
  const merged = fused.length > 0 ? `, with ${listed(fused)} merged into it` : '';
  return [...rows, ['  first divergence', `${name} ${size}${merged}`]];
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 4).map((name) => JSON.stringify(name));
  return names.length > 4 ? `${shown.join(', ')} and ${names.length - 4} more` : shown.join(', ');
}

/** For --verbose: what each pass did, and which layers cost most where the report does not say it anyway. */
export function detail(result: ConvertResult): Diagnostic[] {
  const passes = result.passes
    .filter(({ modified }) => modified > 0)
    .map(({ name, modified }) => ({
      code: 'PASS',
      severity: 'note' as const,
      message: `${name} changed ${count(modified)} ${modified === 1 ? 'place' : 'places'}`,
      args: { name, modified },
    }));
  return [...passes, ...result.artifacts.flatMap(costNotes)];
}

function costNotes(artifact: ArtifactReport): Diagnostic[] {
  const { precision } = artifact;
  if (!precision?.costs || costRows(artifact).length > 0) return [];
  const [first = '', ...lines] = costLines(precision.costs, precision.dtype);
  return [
    {
      code: 'LAYER_COSTS',
      severity: 'note',
      message: `${artifact.path}: ${[first, ...lines].join(' ')}`,
      args: { ...precision.costs },
    },
  ];
}

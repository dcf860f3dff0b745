// How a CSV file is written: what separates its fields, whether its first line names the columns, and which columns
// are numbers. Decided on the first lines, so that the rest can be read strictly and errors can name a line.
// https://www.rfc-editor.org/rfc/rfc4180

import type { ReadOptions } from './definition.ts';
import { missingWords } from './table.ts';

export type Dialect = {
  readonly delimiter: string;
  readonly hasHeader: boolean;
  /** Names of the columns, unique; `column0 …` without a header. */
  readonly names: readonly string[];
  readonly types: readonly ColumnType[];
  readonly decimal: '.' | ',';
};

export type ColumnType = 'number' | 'boolean' | 'text';

const delimiters = [',', '\t', ';', '|'];
const sampleRecords = 500;

/** Reads the dialect off the beginning of a file. `isWhole` says that `text` is all of it. */
export function detectDialect(text: string, isWhole: boolean, options: ReadOptions): Dialect {
  const delimiter = options.delimiter ?? chooseDelimiter(text, isWhole);
  const records = parseRecords(text, delimiter, isWhole);
  const [first = [''], ...rest] = records;
  const decimal = delimiter === ';' && usesDecimalComma(rest) ? ',' : '.';
  const hasHeader = options.header ?? isHeader(first, rest, decimal);
  const body = hasHeader ? rest : records;
  return {
    delimiter,
    hasHeader,
    names: unique(first.map((name, index) => (hasHeader && name.trim()) || `column${index}`)),
    types: first.map((_, index) =>
      typeOf(
        body.map((record) => record[index] ?? ''),
        decimal,
      ),
    ),
    decimal,
  };
}

/** The separator that splits most lines into as many fields as the first one. */
function chooseDelimiter(text: string, isWhole: boolean): string {
  let best = { delimiter: ',', share: 0, fields: 1 };
  for (const delimiter of delimiters) {
    const records = parseRecords(text, delimiter, isWhole);
    const fields = records[0]?.length ?? 1;
    if (fields < 2) continue;
    const share = records.filter((record) => record.length === fields).length / records.length;
    if (share > best.share || (share === best.share && fields > best.fields)) {
      best = { delimiter, share, fields };
    }
  }
  return best.delimiter;
}

/** Complete records at the start of `text`; a last one that may be cut short is left out. Blank lines are skipped. */
export function parseRecords(text: string, delimiter: string, isWhole: boolean): string[][] {
  const records: string[][] = [];
  let record: string[] = [];
  let field = '';
  let isQuoted = false;
  for (let at = text.startsWith('\ufeff') ? 1 : 0; at < text.length; at++) {
    const character = text[at] as string;
    if (isQuoted) {
      if (character !== '"') field += character;
      else if (text[at + 1] === '"') field += text[at++];
      else isQuoted = false;
    } else if (character === '"' && field.trim() === '') {
      field = '';
      isQuoted = true;
    } else if (character === delimiter) {
      record.push(field);
      field = '';
    } else if (character === '\n' || character === '\r') {
      if (character === '\r' && text[at + 1] === '\n') at++;
      if (field !== '' || record.length > 0) records.push([...record, field]);
      if (isEnough(records.length, at)) return records;
      record = [];
      field = '';
    } else {
      field += character;
    }
  }
  if ((isWhole || records.length === 0) && (field !== '' || record.length > 0))
    records.push([...record, field]);
  return records;
}

/** Wide files need few lines to show what they are. */
function isEnough(records: number, characters: number): boolean {
  return records === sampleRecords || (records >= 8 && characters > 1 << 18);
}

const missing = new Set(missingWords);
const numberPattern = /^[+-]?((\d+\.?\d*|\.\d+)(e[+-]?\d+)?|inf|infinity)$/i;

function isNumber(text: string, decimal: string): boolean {
  const trimmed = text.trim();
  return numberPattern.test(decimal === ',' ? trimmed.replace(',', '.') : trimmed);
}

/** A first line is a header when it is all words, or when a word stands over a column of numbers. */
function isHeader(first: readonly string[], rest: readonly string[][], decimal: string): boolean {
  if (!first.some((field) => isNumber(field, decimal))) return true;
  return first.some((field, index) => {
    if (isNumber(field, decimal) || missing.has(field.trim())) return false;
    const below = rest.map((record) => record[index] ?? '').filter((value) => !missing.has(value.trim()));
    return below.length > 0 && below.every((value) => isNumber(value, decimal));
  });
}

function typeOf(values: readonly string[], decimal: string): ColumnType {
  const present = values.filter((value) => !missing.has(value.trim()));
  if (present.every((value) => isNumber(value, decimal))) return 'number';
  return present.every((value) => /^(true|false)$/i.test(value.trim())) ? 'boolean' : 'text';
}

function usesDecimalComma(records: readonly string[][]): boolean {
  const fields = records.flat();
  return (
    fields.some((field) => /^\s*[+-]?\d+,\d+\s*$/.test(field)) &&
    !fields.some((f) => /^\s*-?\d+\.\d+\s*$/.test(f))
  );
}

function unique(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let candidate = name;
    for (let n = 1; taken.has(candidate); n++) candidate = `${name}_${n}`;
    taken.add(candidate);
    return candidate;
  });
}

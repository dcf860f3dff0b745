// mlctl.yaml → Manifest, in stages: parse, schema, meaning. Problems of a stage are collected, each with its place.

import { readFile } from 'node:fs/promises';
import { dirname, relative } from 'node:path';
import { isMap, isScalar, LineCounter, type Node, parseDocument } from 'yaml';
import type { z } from 'zod';
import type { Context } from '../context.ts';
import { errors } from '../errors.ts';
import { nearest } from '../nearest.ts';
import type { Project } from './project.ts';
import { knownKeys, manifestSchema } from './schema.ts';

// A manifest is a page or two; anything near this is something else.
const MAX_BYTES = 1 << 20;

type Place = { line: number; column: number };

/** Errors: FILE_NOT_FOUND when required, FILE_UNREADABLE, MANIFEST_INVALID. */
export async function readManifest(
  path: string,
  required: boolean,
  context: Context,
): Promise<Project | undefined> {
  const shown = relative(context.cwd, path) || path;
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw errors.FILE_UNREADABLE(shown, cause);
    if (required) throw errors.FILE_NOT_FOUND(shown);
    return undefined;
  }
  if (text.length > MAX_BYTES) throw errors.MANIFEST_INVALID(shown, ['it is over 1 MB: not a manifest']);

  const lines = new LineCounter();
  // maxAliasCount bounds "billion laughs"; strict finds duplicate keys.
  const document = parseDocument(text, { lineCounter: lines, strict: true });
  const problem = (at: Place | undefined, message: string) => pointed(shown, text, at, message);
  if (document.errors.length > 0) {
    const details = document.errors.map((error) =>
      problem(
        placeOf(lines, error.pos[0]),
        (error.message.split('\n')[0] ?? '').replace(/ at line \d+.*$/, ''),
      ),
    );
    throw errors.MANIFEST_INVALID(shown, details, 'it is not valid YAML');
  }
  const find = (keys: readonly PropertyKey[], atKey: boolean) =>
    locate(document.contents, keys, atKey, lines);
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
  } catch (cause) {
    throw errors.MANIFEST_INVALID(shown, [cause instanceof Error ? cause.message : String(cause)]);
  }
  const parsed = manifestSchema.safeParse(value);
  if (!parsed.success) {
    const details = parsed.error.issues.flatMap((issue) => explain(issue, value, find, problem));
    throw errors.MANIFEST_INVALID(shown, details);
  }
  return { manifest: parsed.data, path, folder: dirname(path) };
}

type Find = (keys: readonly PropertyKey[], atKey: boolean) => Place | undefined;

function explain(
  issue: z.core.$ZodIssue,
  value: unknown,
  find: Find,
  problem: (at: Place | undefined, message: string) => string,
): string[] {
  const path = issue.path.map(String).join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const known = knownKeys(issue.path);
      const suggestion = nearest(key, known);
      const hint = suggestion ? `did you mean ${suggestion}?` : `valid: ${known.join(', ')}`;
      return problem(
        find([...issue.path, key], true),
        `unknown key ${path ? `${path}.` : ''}${key}; ${hint}`,
      );
    });
  }
  const actual = issue.path.reduce<unknown>(
    (part, key) => (part as Record<PropertyKey, unknown> | undefined)?.[key],
    value,
  );
  if (actual === undefined) {
    return [problem(find(issue.path.slice(0, -1), false), `${path || 'the manifest'} is missing`)];
  }
  return [problem(find(issue.path, false), `${path}: ${issue.message.replace(/^Invalid input: /, '')}`)];
}

/** Where the value at these keys stands, or its key; the nearest parent that exists otherwise. */
function locate(
  root: unknown,
  keys: readonly PropertyKey[],
  atKey: boolean,
  lines: LineCounter,
): Place | undefined {
  let node = root as Node | null;
  let offset = node?.range?.[0] ?? 0;
  for (const [index, key] of keys.entries()) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key));
      if (!pair) break;
      const isLast = index === keys.length - 1;
      const keyNode = pair.key as Node;
      node = (pair.value ?? null) as Node | null;
      offset = (isLast && atKey ? keyNode.range?.[0] : (node?.range?.[0] ?? keyNode.range?.[0])) ?? offset;
    } else {
      const items = (node as { items?: Node[] } | null)?.items;
      const item = items?.[Number(key)];
      if (!item) break;
      node = item;
      offset = item.range?.[0] ?? offset;
    }
  }
  return placeOf(lines, offset);
}

function placeOf(lines: LineCounter, offset: number): Place {
  const { line, col } = lines.linePos(offset);
  return { line, column: col };
}

/** `mlctl.yaml:12:5  problem`, the line itself and a caret under the place. */
function pointed(file: string, text: string, at: Place | undefined, message: string): string {
  if (!at) return `${file}  ${message}`;
  const line = text.split('\n')[at.line - 1] ?? '';
  const number = String(at.line);
  return [
    `${file}:${at.line}:${at.column}  ${message}`,
    `  ${number} | ${line}`,
    `  ${' '.repeat(number.length)} | ${' '.repeat(Math.max(0, at.column - 1))}^`,
  ].join('\n');
}

// The error catalogue and its page say the same, both ways.

import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { errors } from '../src/errors.ts';

const documented = [...readFileSync('docs/errors.md', 'utf8').matchAll(/^\| ([A-Z][A-Z0-9_]+) \|/gm)].map(
  ([, code]) => code,
);

it('docs/errors.md has a row for every code', () => {
  expect(Object.keys(errors).filter((code) => !documented.includes(code))).toEqual([]);
});

it('every code in docs/errors.md exists', () => {
  expect(documented.filter((code) => code === undefined || !(code in errors))).toEqual([]);
});

it('every code in docs/errors.md stands once', () => {
  expect(documented.filter((code, index) => documented.indexOf(code) !== index)).toEqual([]);
});

it('an error carries the code of its function, a message and no "Error:" prefix', () => {
  for (const [code, make] of Object.entries(errors)) {
    // Placeholders that work for strings and lists alike.
    const error = (make as (...args: unknown[]) => Error & { code: string })(
      ['a placeholder'],
      ['b'],
      ['c'],
      undefined,
      undefined,
    );
    expect(error.code).toBe(code);
    expect(error.message).not.toMatch(/^error|oops/i);
    expect(error.message.length).toBeGreaterThan(5);
  }
});

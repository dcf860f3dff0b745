// Turns unknown JSON into the few shapes a Keras configuration is made of.

/** Throws MODEL_DAMAGED; `layer` says where. */
export type Fail = (problem: string, layer?: string) => never;

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function asRecord(value: unknown, what: string, fail: Fail): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : fail(`${what} is ${spell(value)} instead of an object`);
}

export function asList(value: unknown, what: string, fail: Fail): readonly unknown[] {
  return Array.isArray(value) ? value : fail(`${what} is ${spell(value)} instead of a list`);
}

/** A value in a few words for messages. */
export function spell(value: unknown): string {
  if (value === undefined) return 'missing';
  if (Array.isArray(value)) return value.length > 8 ? `a list of ${value.length}` : JSON.stringify(value);
  if (typeof value === 'number') return String(value);
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

// Category values as small numbers, so that rows are plain arrays of numbers. Bounded: ids and free text end in one bin.

const most = 10_000;
const beyond = '(other)';

export class Dictionary {
  private readonly codes = new Map<string, number>();
  private readonly texts: string[] = [];

  constructor(known: readonly string[] = []) {
    for (const text of known) this.code(text);
  }

  /** The place of a value, new ones at the end. */
  code(text: string): number {
    const found = this.codes.get(text);
    if (found !== undefined) return found;
    if (this.texts.length >= most && text !== beyond) return this.code(beyond);
    this.codes.set(text, this.texts.length);
    this.texts.push(text);
    return this.texts.length - 1;
  }

  text(code: number): string {
    return this.texts[code] ?? `class ${code}`;
  }
}

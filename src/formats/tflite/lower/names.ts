// Names of values: those of the file, unique over the graph and the graphs inside its nodes.

export class ValueNames {
  readonly #taken = new Set<string>();
  readonly #next = new Map<string, number>();

  /** These are kept for the inputs and outputs of the model. */
  constructor(reserved: readonly string[]) {
    for (const name of reserved) this.#taken.add(name);
  }

  /** A name like this one that nobody has. */
  claim(name: string): string {
    let candidate = name === '' ? 'value' : name;
    let suffix = this.#next.get(name) ?? 1;
    while (this.#taken.has(candidate)) candidate = `${name === '' ? 'value' : name}_${suffix++}`;
    this.#taken.add(candidate);
    this.#next.set(name, suffix);
    return candidate;
  }
}

// Names nobody uses yet.

export class Names {
  readonly #taken = new Set<string>();
  /** Where to go on counting for a name that was asked for before. */
  readonly #next = new Map<string, number>();

  /** The name itself when it is free, otherwise with a number behind it; taken from then on. */
  take(name: string): string {
    let candidate = name;
    let number = this.#next.get(name) ?? 1;
    while (this.#taken.has(candidate)) candidate = `${name}_${number++}`;
    this.#next.set(name, number);
    this.#taken.add(candidate);
    return candidate;
  }

  /** States that a name is in use. */
  add(name: string): void {
    this.#taken.add(name);
  }
}

// Names of the nodes that a recurrent layer is made of.

/** Joins the parts of a node's name, leaving out empty ones. */
export function label(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('/');
}

// A session with tensors by position instead of by name.

import type { Tensor } from '../../graph/tensor.ts';
import type { Session } from '../../runtimes/session.ts';

type Named = { readonly name: string };

export async function runOrdered(
  session: Session,
  inputs: readonly Named[],
  outputs: readonly Named[],
  feeds: readonly Tensor[],
): Promise<readonly Tensor[]> {
  const named: Record<string, Tensor> = {};
  inputs.forEach(({ name }, index) => {
    const tensor = feeds[index];
    if (tensor) named[name] = tensor;
  });
  const results = await session.run(named);
  return outputs.map(({ name }) => {
    const tensor = results[name];
    if (!tensor) throw new Error(`the runtime returned no ${name}`);
    return tensor;
  });
}

// A request a model accepts: for the curl line, the playground and whoever meets the model for the first time.

import { isFixed, type Port } from './ports.ts';

/** One row of zeros (false, "" where those are the zeros), in V2 JSON. */
export function sampleRequest(inputs: readonly Port[]): string {
  const list = inputs.map(({ name, datatype, shape, dtype }) => {
    const dims = (shape ?? [1]).map((dim) => (isFixed(dim) ? dim : 1));
    const count = dims.reduce((product, dim) => product * dim, 1);
    const zero = dtype === 'string' ? '' : dtype === 'bool' ? false : 0;
    return { name, shape: dims, datatype: datatype.name, data: Array.from({ length: count }, () => zero) };
  });
  return JSON.stringify({ inputs: list });
}

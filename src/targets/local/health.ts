// Is a server fit to take over: ready, and able to answer a real inference.

import { setTimeout as sleep } from 'node:timers/promises';

type TensorMetadata = { readonly name: string; readonly datatype: string; readonly shape: readonly number[] };

/** Throws a plain Error that says what was wrong. */
export async function checkHealth(url: string, model: string): Promise<void> {
  await waitUntilReady(url);
  const path = `${url}/v2/models/${encodeURIComponent(model)}`;
  const metadata = (await getJson(path)) as { readonly inputs: readonly TensorMetadata[] };
  const response = await fetch(`${path}/infer`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-mlctl-probe': '1' },
    body: JSON.stringify({ id: 'mlctl-health', inputs: metadata.inputs.map(sample) }),
    signal: AbortSignal.timeout(60_000),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`a test inference answered ${response.status}: ${text.slice(0, 300)}`);
  const { outputs } = JSON.parse(text) as { readonly outputs?: readonly unknown[] };
  if (!outputs?.length) throw new Error('a test inference answered without outputs');
}

async function waitUntilReady(url: string): Promise<void> {
  let last = '';
  for (let attempt = 0; attempt < 50; attempt++) {
    const response = await fetch(`${url}/v2/health/ready`, { signal: AbortSignal.timeout(5000) }).catch(
      (error) => {
        last = String(error);
        return undefined;
      },
    );
    if (response?.ok) return;
    if (response) last = `it answered ${response.status}`;
    await sleep(100);
  }
  throw new Error(`it did not become ready: ${last}`);
}

async function getJson(url: string): Promise<unknown> {
  const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
  if (!response.ok) throw new Error(`its metadata answered ${response.status}`);
  return response.json();
}

/** Zeros in the declared shape; an axis of any length is 1. */
function sample({ name, datatype, shape }: TensorMetadata) {
  const dims = shape.map((dim) => (dim < 0 ? 1 : dim));
  const count = dims.reduce((product, dim) => product * dim, 1);
  const zero = datatype === 'BYTES' ? '' : datatype === 'BOOL' ? false : 0;
  return { name, datatype, shape: dims, data: Array.from({ length: count }, () => zero) };
}

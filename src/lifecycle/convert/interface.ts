// The inputs and outputs the artifact is to have, where they differ from the model's: from flags, or from the manifest.

import { errors } from '../../errors.ts';
import type { ReadOptions } from '../../formats/definition.ts';
import type { Model } from '../../graph/model.ts';
import type { Manifest } from '../../manifest/schema.ts';
import type { ConvertOptions } from '../convert.ts';

/** Applied from top to bottom: names are those the model has, except that `rename` knows the outputs chosen. */
export type Interface = {
  /** What runs leave for the next one as inputs and outputs. */
  readonly stateAsIo?: true;
  readonly outputs?: readonly string[];
  readonly batch?: number | string;
  readonly inputsAsNchw?: readonly string[];
  readonly inputsAsNhwc?: readonly string[];
  readonly rename?: Readonly<Record<string, string>>;
};

type Entry = NonNullable<Manifest['convert']>[number];

/** What the flags say; where they say nothing, what the manifest's entry says. Errors: USAGE. */
export function interfaceOf(options: ConvertOptions, entry?: Entry): Interface {
  const outputs = listOf(options.outputs, '--outputs') ?? entry?.outputs;
  const batch = options.batch ?? entry?.batch;
  const inputsAsNchw =
    listOf(options.inputsAsNchw, '--inputs-as-nchw') ??
    (entry?.inputsAsNchw === 'all' ? ['all'] : entry?.inputsAsNchw);
  const inputsAsNhwc =
    listOf(options.inputsAsNhwc, '--inputs-as-nhwc') ??
    (entry?.inputsAsNhwc === 'all' ? ['all'] : entry?.inputsAsNhwc);
  const rename = namesOf(options.rename) ?? entry?.rename;
  const stateAsIo = options.stateAsIo ?? entry?.stateAsIo;
  return {
    ...(stateAsIo ? { stateAsIo } : {}),
    ...(outputs === undefined ? {} : { outputs }),
    ...(batch === undefined ? {} : { batch }),
    ...(inputsAsNchw === undefined ? {} : { inputsAsNchw }),
    ...(inputsAsNhwc === undefined ? {} : { inputsAsNhwc }),
    ...(rename === undefined ? {} : { rename }),
  };
}

/** What a reader may know: nothing else of the model is needed. */
export function upTo({ outputs, stateAsIo }: Interface): Pick<ReadOptions, 'outputs' | 'stateAsIo'> {
  return { ...(outputs === undefined ? {} : { outputs }), ...(stateAsIo ? { stateAsIo } : {}) };
}

export function isUnchanged(wanted: Interface): boolean {
  return Object.keys(wanted).length === 0;
}

/** Changes the model in place. Errors: USAGE when a name is not the model's. */
export async function applyInterface(model: Model, wanted: Interface): Promise<void> {
  if (isUnchanged(wanted)) return;
  const { inferTypes } = await import('../../ops/infer.ts');
  inferTypes(model);
  const { outputs, batch, inputsAsNchw, inputsAsNhwc, rename } = wanted;
  if (outputs !== undefined) {
    const { cutOutputs } = await import('../../passes/interface/cut.ts');
    cutOutputs(model, outputs);
  }
  if (batch !== undefined) {
    const { setBatch } = await import('../../passes/interface/set-batch.ts');
    setBatch(model, batch);
  }
  if (inputsAsNchw !== undefined) {
    const { inputsAsChannelsFirst } = await import('../../passes/interface/turn-inputs.ts');
    inputsAsChannelsFirst(model, inputsAsNchw);
  }
  if (inputsAsNhwc !== undefined) {
    const both = inputsAsNhwc.filter((name) => inputsAsNchw?.includes(name));
    if (both.length > 0)
      throw errors.USAGE(`--inputs-as-nchw and --inputs-as-nhwc both name ${both.join(', ')}`);
    const { inputsAsChannelsLast } = await import('../../passes/interface/turn-inputs.ts');
    inputsAsChannelsLast(model, inputsAsNhwc);
  }
  if (rename !== undefined) {
    const { renameInterface } = await import('../../passes/interface/rename.ts');
    renameInterface(model, new Map(Object.entries(rename)));
  }
}

/** `a,b` and repeated flags are one list. */
function listOf(texts: readonly string[] | undefined, flag: string): readonly string[] | undefined {
  const names = texts?.flatMap((text) => text.split(',')).map((name) => name.trim());
  if (names?.includes('')) throw errors.USAGE(`${flag} has an empty name`, `${flag} a,b`);
  return names;
}

function namesOf(texts: readonly string[] | undefined): Readonly<Record<string, string>> | undefined {
  if (texts === undefined) return undefined;
  const names = new Map<string, string>();
  for (const text of texts.flatMap((text) => text.split(',')).map((text) => text.trim())) {
    const [from = '', to = '', ...rest] = text.split('=').map((name) => name.trim());
    if (from === '' || to === '' || rest.length > 0) {
      throw errors.USAGE(`--rename takes old=new, got ${JSON.stringify(text)}`);
    }
    if (names.has(from)) throw errors.USAGE(`--rename names ${JSON.stringify(from)} twice`);
    names.set(from, to);
  }
  return Object.fromEntries(names);
}

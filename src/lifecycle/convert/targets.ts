// What a conversion is to write and where, from flags and manifest.

import { stat } from 'node:fs/promises';
import { basename, extname, join, resolve, sep } from 'node:path';
import type { Context } from '../../context.ts';
import { errors } from '../../errors.ts';
import type { Format, WriteOptions } from '../../formats/definition.ts';
import { formats } from '../../formats/index.ts';
import type { Signature } from '../../graph/signature.ts';
import { type Project, projectPath, shortPath } from '../../manifest/project.ts';
import { didYouMean } from '../../nearest.ts';
import type { ConvertOptions } from '../convert.ts';
import { type Interface, interfaceOf } from './interface.ts';
import { type Reduction, resolveReduction } from './reduction.ts';

export type Target = {
  readonly format: WritableFormat;
  /** Absolute; undefined for standard output. */
  readonly path: string | undefined;
  /** As shown to people: relative to the current folder where that is shorter. */
  readonly shown: string;
  readonly verify: boolean;
  /** The inputs and outputs it is to have. */
  readonly interface: Interface;
  /** The smaller numbers it is to have; undefined: those of the model. */
  readonly reduction: Reduction | undefined;
  /** Options of its format. */
  readonly writing: Omit<WriteOptions, 'fileName'>;
};

export type WritableFormat = Format & { readonly write: NonNullable<Format['write']> };

/** Errors: USAGE. */
export async function resolveTargets(
  options: ConvertOptions,
  modelPath: string,
  project: Project | undefined,
  context: Context,
): Promise<readonly Target[]> {
  const verify = options.verify ?? true;
  const names = (options.to ?? []).flatMap((entry) => entry.split(',')).map((name) => name.trim());
  if (names.length === 0 && options.output !== undefined && options.output !== '-') {
    const format = byExtension(options.output);
    if (format) names.push(format.name);
  }
  if (
    names.length > 1 &&
    options.output !== undefined &&
    !(await isFolder(resolve(context.cwd, options.output)))
  ) {
    throw errors.USAGE(
      '--output names one file, but more than one format is asked for',
      'convert to one format at a time',
    );
  }
  const targets: Target[] = [];
  for (const name of names) {
    const format = writable(name);
    targets.push({
      format,
      verify,
      interface: interfaceOf(options),
      reduction: resolveReduction(options),
      writing: writingOf(format, options.opset),
      ...(await destination(format, stem(modelPath), options.output, context)),
    });
  }
  if (names.length === 0) targets.push(...(await fromManifest(options, project, context)));
  if (targets.length === 0) {
    const extension = options.output === undefined ? '' : extname(options.output);
    throw errors.USAGE(
      extension === ''
        ? 'nothing says which format to write'
        : `nothing says which format to write, and ${extension} is of none`,
      `add --to ${known().join(' or --to ')}`,
    );
  }
  if (options.opset !== undefined && !targets.some(({ format }) => format.opsets)) {
    throw errors.USAGE(`--opset says nothing about ${targets[0]?.format.title} files`, 'leave it out');
  }
  for (const [index, { path, shown }] of targets.entries()) {
    const again = targets.findIndex((other) => other.path === path);
    if (again !== index)
      throw errors.USAGE(`two artifacts would be written to ${shown}`, 'give each its own output');
  }
  return targets;
}

async function fromManifest(
  options: ConvertOptions,
  project: Project | undefined,
  context: Context,
): Promise<Target[]> {
  const entries = project?.manifest.convert ?? [];
  if (entries.length > 1 && options.output !== undefined) {
    throw errors.USAGE('--output names one file, but the manifest lists more than one format', 'add --to');
  }
  return entries.map((entry) => {
    const format = writable(entry.to);
    if (entry.opset !== undefined && !format.opsets) {
      throw errors.USAGE(
        `the manifest asks for opset ${entry.opset} of a ${format.title} file, which has none`,
      );
    }
    const name = `${project?.manifest.name ?? 'model'}${format.extensions[0] ?? ''}`;
    const path =
      options.output !== undefined
        ? resolve(context.cwd, options.output)
        : project
          ? projectPath(project, entry.output ?? name)
          : resolve(context.cwd, name);
    return {
      format,
      path,
      shown: shortPath(path, context),
      verify: options.verify ?? entry.verify ?? true,
      interface: interfaceOf(options, entry),
      reduction: reductionOf(options, entry, project, context),
      writing: writingOf(format, options.opset ?? entry.opset),
    };
  });
}

type Entry = NonNullable<Project['manifest']['convert']>[number];

/** A flag wins over `compress` of the entry. Errors: USAGE, CALIBRATION_MISSING. */
function reductionOf(
  options: ConvertOptions,
  { compress = {} }: Entry,
  project: Project | undefined,
  context: Context,
): Target['reduction'] {
  const { quantize, calibration, method, percentile, samples, keepFloat32, ioDtype } = compress;
  const path = project && calibration !== undefined ? projectPath(project, calibration) : undefined;
  const { signature, evaluate } = project?.manifest ?? {};
  return resolveReduction(
    {
      dtype: options.dtype ?? quantize,
      keepFloat32: options.keepFloat32 ?? keepFloat32,
      ioDtype: options.ioDtype ?? ioDtype,
      calibration: options.calibration ?? (path && shortPath(path, context)),
      calibrationMethod: options.calibrationMethod ?? method,
      calibrationPercentile: options.calibrationPercentile ?? percentile,
      calibrationSamples: options.calibrationSamples ?? samples,
      features: options.features,
      scale: options.scale,
      mean: options.mean,
      std: options.std,
    },
    {
      // The manifest's optional keys may be undefined, the signature's are absent.
      signature: signature && ({ inputs: {}, outputs: {}, ...signature } as Signature),
      target: evaluate?.target,
    },
  );
}

/** Of several formats, the opset counts for those whose files follow one. Errors: USAGE. */
function writingOf({ opsets }: WritableFormat, opset: number | undefined): Target['writing'] {
  if (opset === undefined || opsets === undefined) return {};
  const [oldest, newest] = opsets;
  if (opset < oldest || opset > newest)
    throw errors.USAGE(`mlctl writes opset ${oldest} to ${newest}, not ${opset}`);
  return { opset };
}

async function destination(
  format: WritableFormat,
  name: string,
  output: string | undefined,
  context: Context,
): Promise<Pick<Target, 'path' | 'shown'>> {
  if (output === '-') return { path: undefined, shown: '-' };
  const fileName = `${name}${format.extensions[0] ?? ''}`;
  if (output === undefined) return { path: resolve(context.cwd, fileName), shown: fileName };
  const path = resolve(context.cwd, output);
  const isInside = output.endsWith('/') || output.endsWith(sep) || (await isFolder(path));
  if (!isInside) return { path, shown: output };
  const target = join(path, fileName);
  return { path: target, shown: shortPath(target, context) };
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}

function stem(path: string): string {
  const name = basename(path);
  return name.slice(0, name.length - extname(name).length) || name;
}

function writable(name: string): WritableFormat {
  const found = writers().find((format) => format.name === name);
  if (found) return found;
  const isRead = (formats as readonly Format[]).some((format) => format.name === name);
  throw errors.USAGE(
    isRead
      ? `mlctl reads ${name}, but does not write it`
      : `${JSON.stringify(name)} is not a format mlctl writes`,
    isRead ? `it writes ${known().join(', ')}` : didYouMean(name, known()),
  );
}

function byExtension(output: string): WritableFormat | undefined {
  const extension = extname(output).toLowerCase();
  return writers().find((format) => format.extensions.includes(extension));
}

function known(): string[] {
  return writers().map(({ name }) => name);
}

function writers(): WritableFormat[] {
  return (formats as readonly Format[]).filter(
    (format): format is WritableFormat => format.write !== undefined,
  );
}

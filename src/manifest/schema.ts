// The shape of mlctl.yaml. Types are derived from it; defaults live in defaults.ts, where the code that needs one looks.
// Unknown keys are errors (strictObject), so that a typo never becomes a default.

import { z } from 'zod';
import { namePattern, nameRule } from './name.ts';

const numbers = z.union([z.number(), z.array(z.number())]);
const side = z.number().int().positive().max(65536);
const gate = z.strictObject({
  min: z.number().optional(),
  max: z.number().optional(),
  /** With `against`: how much worse than the baseline is still accepted. */
  maxDrop: z.number().optional(),
  maxRise: z.number().optional(),
  against: z.string().optional(),
});

const inputSignature = z.strictObject({
  columns: z.array(z.string()).optional(),
  image: z
    .strictObject({
      /** Height, width. */
      size: z.tuple([side, side]).optional(),
      scale: z.number().optional(),
      mean: numbers.optional(),
      std: numbers.optional(),
      channels: z.enum(['rgb', 'bgr']).optional(),
      fit: z.enum(['fill', 'cover']).optional(),
      interpolation: z.enum(['bilinear', 'nearest', 'bicubic', 'lanczos']).optional(),
    })
    .optional(),
  scale: z.number().optional(),
  mean: numbers.optional(),
  std: numbers.optional(),
});

const compress = z.strictObject({
  /** As --dtype: float16, int8 … */
  quantize: z.string().optional(),
  /** Data file; what ranges are chosen by. */
  calibration: z.string().optional(),
  method: z.string().optional(),
  percentile: z.number().gt(0).max(100).optional(),
  samples: z.number().int().positive().optional(),
  keepFloat32: z.array(z.string().min(1)).optional(),
  /** Of inputs and outputs, as --io-dtype: float32, int8 … */
  ioDtype: z.string().optional(),
});

const convertTarget = z.strictObject({
  to: z.string(),
  output: z.string().optional(),
  verify: z.boolean().optional(),
  compress: compress.optional(),
  opset: z.number().int().positive().optional(),
  /** The rest: inputs and outputs of the artifact (docs/convert.md). */
  stateAsIo: z.literal(true).optional(),
  outputs: z.array(z.string().min(1)).min(1).optional(),
  batch: z
    .union([z.number().int().positive(), z.string().regex(/^[A-Za-z_]\w*$/, 'a number above 0, or a word')])
    .optional(),
  inputsAsNchw: z
    .union([z.literal('all'), z.array(z.string().min(1)).min(1)], 'all, or a list of inputs')
    .optional(),
  inputsAsNhwc: z
    .union([z.literal('all'), z.array(z.string().min(1)).min(1)], 'all, or a list of inputs')
    .optional(),
  rename: z.record(z.string(), z.string().min(1)).optional(),
});

export const manifestSchema = z.strictObject({
  apiVersion: z.literal('mlctl/v1'),
  name: z.string().regex(namePattern, nameRule),
  model: z.string(),
  /** The weights, where `model` is an architecture without. */
  weights: z.string().optional(),
  signature: z
    .strictObject({
      /** Which one, of a file with several. */
      name: z.string().min(1).optional(),
      inputs: z.record(z.string(), inputSignature).optional(),
      outputs: z.record(z.string(), z.strictObject({ labels: z.array(z.string()).optional() })).optional(),
    })
    .optional(),
  convert: z.array(convertTarget).optional(),
  evaluate: z
    .strictObject({
      data: z.string().optional(),
      target: z.string().optional(),
      task: z.string().optional(),
      metrics: z.array(z.string()).optional(),
      batch: z.number().int().positive().optional(),
      gates: z.record(z.string(), gate).optional(),
    })
    .optional(),
  serve: z
    .strictObject({
      host: z.string().optional(),
      port: z.number().int().min(0).max(65535).optional(),
      maxBodyBytes: z.number().int().positive().optional(),
      timeoutMs: z.number().int().positive().optional(),
      log: z
        .strictObject({
          folder: z.string().optional(),
          maxBytes: z.number().int().positive().optional(),
          segmentBytes: z.number().int().positive().optional(),
        })
        .optional(),
    })
    .optional(),
  deploy: z
    .strictObject({
      target: z.string().optional(),
      host: z.string().optional(),
      port: z.number().int().min(0).max(65535).optional(),
      keep: z.number().int().positive().optional(),
    })
    .optional(),
  monitor: z
    .strictObject({
      reference: z.string().optional(),
      log: z.string().optional(),
      drift: z
        .strictObject({
          method: z.string().optional(),
          threshold: z.number().positive().optional(),
          minRows: z.number().int().positive().optional(),
        })
        .optional(),
      alerts: z
        .array(
          z.strictObject({
            when: z.enum(['drift', 'errors', 'latency', 'missing', 'out-of-range', 'anomaly']),
            above: z.number().optional(),
          }),
        )
        .optional(),
    })
    .optional(),
});

export type Manifest = z.infer<typeof manifestSchema>;
export type Gate = z.infer<typeof gate>;

/** The keys allowed at a path of the manifest, for "did you mean". */
export function knownKeys(path: readonly PropertyKey[]): string[] {
  let schema: unknown = manifestSchema;
  for (const key of path) {
    schema = unwrap(schema);
    const { shape, element, valueType } = schema as {
      shape?: Record<PropertyKey, unknown>;
      element?: unknown;
      valueType?: unknown;
    };
    schema = shape?.[key] ?? element ?? valueType;
  }
  const { shape } = unwrap(schema) as { shape?: Record<string, unknown> };
  return Object.keys(shape ?? {});
}

function unwrap(schema: unknown): object {
  return schema instanceof z.ZodOptional ? unwrap(schema.unwrap()) : (schema as object);
}

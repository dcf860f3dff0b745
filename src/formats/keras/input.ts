// The shape and dtype of a model input, however a Keras version spells them.

import { type DType, dtypes } from '../../graph/dtype.ts';
import type { Dim } from '../../graph/model.ts';
import { type Fail, isRecord, spell } from './json-shape.ts';
import type { Dialect, InputSpec } from './spec.ts';

const MOST_AXES = 32;

/** undefined when the configuration has no shape. Unknown axes stay null; lowering gives them symbols. */
export function readInput(
  config: Readonly<Record<string, unknown>>,
  _dialect: Dialect,
  fail: Fail,
): InputSpec | undefined {
  const shape = firstShape(config);
  if (shape === undefined) return undefined;
  if (shape.length > MOST_AXES) fail(`an input has ${shape.length} axes`);
  const dims = shape.map((dim): Dim => {
    if (dim === null) return null;
    return Number.isSafeInteger(dim) && (dim as number) >= 0
      ? (dim as number)
      : fail(`an input shape has the axis ${spell(dim)}`);
  });
  return { shape: dims, dtype: inputDType(config.input_dtype ?? config.dtype) };
}

function firstShape(config: Readonly<Record<string, unknown>>): readonly unknown[] | undefined {
  for (const key of ['batch_shape', 'batch_input_shape']) {
    const value = config[key];
    if (Array.isArray(value)) return value;
    // Keras 2 may write a tuple as {"class_name": "__tuple__", "items": […]}.
    if (isRecord(value) && Array.isArray(value.items)) return value.items;
  }
  for (const key of ['input_shape', 'shape']) {
    if (Array.isArray(config[key])) return [null, ...(config[key] as unknown[])];
  }
  return undefined;
}

function inputDType(value: unknown): DType {
  const name = policyName(value);
  if (name === 'float16' || name === 'float64') return name;
  const isPlain = name !== undefined && name in dtypes;
  return isPlain ? (name as DType) : 'float32';
}

/** The name of a dtype or of a dtype policy, which Keras 2 and 3 write as an object. */
export function policyName(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (!isRecord(value)) return undefined;
  return isRecord(value.config) && typeof value.config.name === 'string' ? value.config.name : undefined;
}

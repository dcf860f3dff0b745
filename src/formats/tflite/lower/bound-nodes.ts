// The nodes that stand for one operator while it is lowered: their names, their constants, and where they go.

import { int } from '../../../graph/attribute.ts';
import type { DType } from '../../../graph/dtype.ts';
import { int64, type Tensor } from '../../../graph/tensor.ts';
import type { Subgraph } from '../records.ts';
import { castNumber } from './cast-to.ts';
import type { EmitOptions, NodeMaker } from './definition.ts';
import type { Program } from './program.ts';
import type { Scope } from './scope.ts';
import { tensorOf } from './tensors.ts';
import { BoundView, type ViewOptions } from './view.ts';

export type OperatorOptions = ViewOptions & {
  readonly scope: Scope;
  readonly label: string;
  readonly program: Program;
  /** In front of every suffix: set inside a graph of a node. */
  readonly prefix?: string;
};

export class BoundNodes extends BoundView implements NodeMaker {
  protected readonly options: OperatorOptions;
  protected readonly scope: Scope;

  constructor(options: OperatorOptions) {
    super(options);
    this.options = options;
    this.scope = options.scope;
  }

  emit(opType: string, inputs: readonly string[], options?: EmitOptions): string {
    return this.emitAll(opType, inputs, 1, options)[0] ?? '';
  }

  emitAll(
    opType: string,
    inputs: readonly string[],
    count: number,
    { suffix = '', domain = '', attributes = {} }: EmitOptions = {},
  ): readonly string[] {
    const path = this.path(suffix);
    const { names } = this.options.program.options;
    const outputs = Array.from({ length: count }, (_, index) =>
      names.claim(index === 0 ? path : `${path}:${index}`),
    );
    return this.scope.builder.addAll(opType, inputs, count, { name: path, domain, attributes, outputs });
  }

  cast(value: string, dtype: DType, suffix = 'cast'): string {
    const to = castNumber(dtype) ?? this.refuse(`its values become ${dtype}, which ONNX cannot cast to`);
    return this.emit('Cast', [value], { suffix, attributes: { to: int(to) } });
  }

  ints(suffix: string, values: readonly number[]): string {
    if (!values.every(Number.isInteger)) this.fail(`its ${suffix} are not whole numbers`);
    return this.make(suffix, int64(values));
  }

  numbers(suffix: string, dtype: DType, values: readonly number[], dims?: readonly number[]): string {
    const own = values.length === 1 ? [] : [values.length];
    return this.make(suffix, tensorOf(dtype, dims ?? own, values));
  }

  make(suffix: string, tensor: Tensor): string {
    const { names } = this.options.program.options;
    return this.scope.builder.constant(names.claim(this.path(suffix)), tensor);
  }

  shapeOf(value: string, suffix = 'shape'): string {
    return this.emit('Shape', [value], { suffix });
  }

  subgraphAt(index: number): Subgraph {
    return this.options.program.subgraphAt(index);
  }

  get isNested(): boolean {
    return this.scope.isNested;
  }

  note(code: string, message: string): void {
    this.options.program.options.note(this.options.label, code, message);
  }

  refuse(reason: string): never {
    return this.options.program.options.refuse(this.opcode, reason, this.options.label);
  }

  protected path(suffix: string): string {
    const { label, prefix = '' } = this.options;
    const path = prefix + suffix;
    return path === '' ? label : `${label}/${path}`;
  }
}

// Lowers the subgraphs of a file, operator by operator, into one graph.

import type { Subgraph, TfliteFile } from '../records.ts';
import { BoundOperator } from './bound-operator.ts';
import type { GraphOutput, OperatorFamily } from './definition.ts';
import type { ValueNames } from './names.ts';
import { isSame, quantizationOf } from './quantization.ts';
import type { Scope, Slot } from './scope.ts';
import type { State } from './state.ts';
import { dtypeOf, spelled } from './view.ts';

/** Subgraphs called inside one another, and operators lowered in all; bodies that call each other could go on for ever. */
const DEEPEST = 24;
const MOST_OPERATORS = 1_000_000;

export type ProgramOptions = {
  readonly file: TfliteFile;
  readonly names: ValueNames;
  /** Where state comes from and goes to; absent: every run starts from its initial state. */
  readonly state: State | undefined;
  readonly familyOf: (opcode: string) => OperatorFamily | undefined;
  readonly fail: (problem: string, operator?: string) => never;
  readonly refuse: (opType: string, reason: string, operator: string) => never;
  readonly note: (operator: string, code: string, message: string) => void;
};

/** Where a subgraph goes. */
export type Place = Pick<Scope, 'builder' | 'depth' | 'isNested'>;

export class Program {
  readonly options: ProgramOptions;
  /** What the resource variables of the file hold, by name: the value they were last assigned in this run. */
  readonly variables = new Map<string, Slot>();
  #count = 0;

  constructor(options: ProgramOptions) {
    this.options = options;
  }

  /** Lowers a subgraph and returns the values its outputs are stored as. */
  run(index: number, { builder, depth, isNested }: Place, inputs: readonly (string | Slot)[]): GraphOutput[] {
    const { fail, familyOf } = this.options;
    const subgraph = this.subgraphAt(index);
    if (depth > DEEPEST) fail(`its subgraphs call one another more than ${DEEPEST} deep`);
    if (inputs.length !== subgraph.inputs.length) {
      fail(`subgraph ${index} is called with ${inputs.length} tensors and takes ${subgraph.inputs.length}`);
    }
    const scope: Scope = { builder, subgraph, slots: new Map(), depth, isNested };
    subgraph.inputs.forEach((tensor, position) => {
      scope.slots.set(tensor, slotOf(scope, tensor, inputs[position] ?? '', fail));
    });
    subgraph.operators.forEach((operator, position) => {
      if (++this.#count > MOST_OPERATORS) fail(`it runs more than ${MOST_OPERATORS} operators`);
      const label = labelOf(scope, operator.outputs[0]) ?? `${operator.opcode}_${position}`;
      const opcode = spelled(operator);
      const where = `${opcode} operator ${label}`;
      const family = familyOf(opcode) ?? fail(`${opcode} is not supported`, label);
      const op = new BoundOperator({
        operator,
        subgraph,
        scope,
        label,
        program: this,
        fail: (problem) => fail(`${where}: ${problem}`, label),
      });
      family.lower(op);
    });
    if (depth === 0 && !isNested) this.#remember(scope);
    const reader = new BoundOperator({
      operator: { opcode: 'OUTPUT', version: 1, inputs: subgraph.outputs, outputs: [], options: {} },
      subgraph,
      scope,
      label: subgraph.name,
      program: this,
      fail: (problem) => fail(`an output of subgraph ${index}: ${problem}`),
    });
    return subgraph.outputs.map((_, position) => ({
      value: reader.stored(position),
      dtype: reader.storedDType(position),
    }));
  }

  subgraphAt(index: number): Subgraph {
    const { file, fail } = this.options;
    return file.subgraphs[index] ?? fail(`it calls subgraph ${index}, which is not there`);
  }

  /** Which values the tensors of the main subgraph have become, under the names the file has for them. */
  #remember(scope: Scope): void {
    for (const operator of scope.subgraph.operators) {
      for (const tensor of operator.outputs) {
        const slot = scope.slots.get(tensor);
        const value = slot?.real ?? slot?.stored;
        const label = labelOf(scope, tensor);
        if (value !== undefined && label !== undefined)
          scope.builder.layer(label, spelled(operator), [value]);
      }
    }
  }
}

function slotOf(scope: Scope, index: number, given: string | Slot, fail: (problem: string) => never): Slot {
  const tensor = scope.subgraph.tensors[index] ?? fail(`input tensor ${index} is not there`);
  // What is stored is handed on, whatever scale it had: that of the tensor counts.
  const quantization = quantizationOf(tensor, fail);
  if (typeof given === 'string') return { stored: given, dtype: dtypeOf(tensor.type), quantization };
  const real = isSame(given.quantization, quantization) ? given.real : undefined;
  return { ...given, quantization, real };
}

function labelOf({ subgraph }: Scope, index: number | undefined): string | undefined {
  const name = index === undefined ? undefined : subgraph.tensors[index]?.name;
  return name === '' ? undefined : name;
}

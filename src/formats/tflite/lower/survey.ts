// Looks at every operator a model runs before anything is lowered, and finds all that cannot be converted.

import type { Unsupported } from '../../definition.ts';
import type { Operator, Subgraph, TfliteFile } from '../records.ts';
import type { OperatorFamily, OperatorView } from './definition.ts';
import { operators } from './operators/index.ts';
import { BoundView, spelled } from './view.ts';
import { whyNot } from './why-not.ts';

const families = new Map<string, OperatorFamily>(
  operators.flatMap((family) => family.opcodes.map((opcode) => [opcode, family] as const)),
);

export function familyOf(opcode: string): OperatorFamily | undefined {
  return families.get(opcode);
}

export type Fail = (problem: string, operator?: string) => never;

/** Every operator reached from these subgraphs that has no meaning in ONNX, with the reason. */
export function survey(file: TfliteFile, roots: readonly number[], fail: Fail): Unsupported[] {
  const found = new Map<string, { opType: string; reason: string; where: string[] }>();
  const open = [...roots];
  const seen = new Set<number>();
  for (let index = open.pop(); index !== undefined; index = open.pop()) {
    if (seen.has(index)) continue;
    seen.add(index);
    const subgraph = file.subgraphs[index] ?? fail(`it has no subgraph ${index}`);
    subgraph.operators.forEach((operator, position) => {
      const opType = spelled(operator);
      const where = labelOf(subgraph, operator, position);
      const view = new BoundView({
        operator,
        subgraph,
        fail: (problem) => fail(`${opType} operator ${where}: ${problem}`, where),
      });
      const family = familyOf(opType);
      open.push(...(family?.subgraphs?.(view) ?? []));
      const reason =
        family === undefined
          ? whyNot(opType)
          : ((family.takesLists ? undefined : typeProblem(view)) ?? family.problem?.(view));
      if (reason === undefined) return;
      const key = `${opType}\n${reason}`;
      const entry = found.get(key) ?? { opType, reason, where: [] };
      entry.where.push(where);
      found.set(key, entry);
    });
  }
  return [...found.values()];
}

export function labelOf(subgraph: Subgraph, operator: Operator, position: number): string {
  const name = subgraph.tensors[operator.outputs[0] ?? -1]?.name ?? '';
  return name === '' ? `${spelled(operator)}_${position}` : name;
}

/** Types no operator of ONNX takes. */
function typeProblem(view: OperatorView): string | undefined {
  for (let index = 0; index < view.inputCount; index++) {
    if (view.hasInput(index) && view.input(index).type === 'variant') return 'it takes a list of tensors';
  }
  return undefined;
}

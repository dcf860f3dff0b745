// Turns a float32 graph into one that computes in half precision, given which nodes do.
//
//   Given   x ─▶ Conv(w) ─▶ Exp ─▶ y                     Exp stays in float32
//   Result  x ─▶ Cast ─▶ Conv(w as float16) ─▶ Cast ─▶ Exp ─▶ y
//
//   1. A value has the type its maker computes in. Inputs and outputs of the model stay float32.
//   2. Who needs a value in the other type reads a Cast of it, or a second copy when it is constant; there is one per
//      value, next to where the value is made, however many read it and in whatever sub-graph.
//   3. What a node passes into and out of its sub-graphs has the type of that node; inside, each node has its own.

import { int } from '../../graph/attribute.ts';
import { type Model, type Node, tensorType, type ValueType } from '../../graph/model.ts';
import { sortNodes } from '../../graph/order.ts';
import { elementType } from '../../ops/element-type.ts';
import { Names } from '../names.ts';
import { nestedGraphs } from '../nested.ts';
import { type HalfRule, halfRule } from './float16-rules.ts';
import { toHalf } from './half.ts';
import {
  constantIn,
  enter,
  isPlain,
  isSingle,
  type Level,
  ownerOf,
  touchesSingle,
  typeIn,
  type Width,
} from './levels.ts';

/** Whether a node computes in half precision, asked in graph order of each that touches float32. Not `isPossible`: it cannot. */
export type ChooseHalf = (node: Node, level: Level, isPossible: boolean) => boolean;

/** Changes the model in place, and returns the nodes that compute in half precision. Linear in nodes and edges. */
export function computeInHalf(model: Model, choose: ChooseHalf): string[] {
  const { levels, rules } = decide(model, choose);
  new Rewrite(levels, rules, new Names(model)).apply();
  return [...rules].flatMap(([{ name }, { shapeOnly }]) => (shapeOnly ? [] : [name]));
}

/** The rule of each node that computes in half precision. */
type Rules = Map<Node, Exclude<HalfRule, 'float32'>>;

function decide(model: Model, choose: ChooseHalf): { levels: Level[]; rules: Rules } {
  const rules: Rules = new Map();
  const levels: Level[] = [];
  const visit = (level: Level): void => {
    levels.push(level);
    for (const node of level.graph.nodes) {
      const rule = halfRule(node);
      const isFloat = touchesSingle(level, node);
      const isPossible = rule !== 'float32' && isPlain(level, node);
      const isHalf =
        isFloat &&
        !follows(level, node, rule) &&
        (shapeOnly(rule) || choose(node, level, isPossible)) &&
        isPossible;
      if (isHalf) {
        rules.set(node, rule);
        for (const [index, output] of node.outputs.entries()) {
          if (isSingle(level, output) && !rule.outputs?.includes(index)) level.half.add(output);
        }
      }
      for (const graph of nestedGraphs(node)) {
        const inner = enter(graph, level, isHalf ? 'float16' : 'float32');
        for (const input of graph.inputs) if (isHalf && isSingle(inner, input)) inner.half.add(input);
        visit(inner);
      }
    }
  };
  visit(enter(model.graph, undefined, 'float32'));
  return { levels, rules };
}

/** A node that moves what stays float32 stays float32, too, and some always do. */
function follows(level: Level, node: Node, rule: HalfRule): boolean {
  const [moved = ''] = node.inputs;
  if (rule !== 'float32' && rule.moves === 'float32') return true;
  if (rule === 'float32' || !rule.moves || !isSingle(level, moved) || constantIn(level, moved)) return false;
  return !ownerOf(level, moved)?.half.has(moved);
}

function shapeOnly(rule: HalfRule): boolean {
  return rule !== 'float32' && rule.shapeOnly !== undefined;
}

type Reading = (level: Level, value: string, width: Width, set: (name: string) => void) => void;

class Rewrite {
  readonly #levels: readonly Level[];
  readonly #rules: Rules;
  readonly #names: Names;

  constructor(levels: readonly Level[], rules: Rules, names: Names) {
    this.#levels = levels;
    this.#rules = rules;
    this.#names = names;
  }

  apply(): void {
    for (const level of this.#levels) if (!level.outer) this.#keepOutputs(level);
    this.#convertConstants();
    // Types are those of the graph as it was until every reading is settled; then all changes at once.
    const changes: (() => void)[] = [];
    this.#eachReading((level, value, width, set) => {
      const name = this.#inWidth(level, value, width);
      if (name !== value) changes.push(() => set(name));
    });
    for (const change of changes) change();
    for (const [node, { retype }] of this.#rules) retype?.(node);
    for (const { graph, half, casts, constants } of this.#levels) {
      for (const [name, tensor] of constants) graph.initializers.set(name, tensor);
      for (const value of [...half, ...constants.keys()]) {
        const type = graph.types.get(value);
        if (type?.kind === 'tensor') graph.types.set(value, tensorType('float16', type.shape));
      }
      if (casts.length > 0) graph.nodes = sortNodes([...graph.nodes, ...casts]);
    }
  }

  /** Outputs of the model keep name and type: their makers write to a new name, and a Cast gives the old one. */
  #keepOutputs(level: Level): void {
    const { graph, half, own, others, casts } = level;
    const makers = new Map(graph.nodes.flatMap((node) => node.outputs.map((output) => [output, node])));
    for (const output of new Set(graph.outputs)) {
      const maker = makers.get(output);
      if (!maker || !half.has(output)) continue;
      const made = this.#names.value(`${output}/float16`);
      maker.outputs[maker.outputs.indexOf(output)] = made;
      graph.types.set(made, graph.types.get(output) as ValueType);
      half.delete(output);
      half.add(made);
      own.add(made);
      others.set(output, made);
      casts.push(this.#cast(made, output, 'float32'));
    }
  }

  /** A constant read only in half precision changes; one read in both types gets a copy. */
  #convertConstants(): void {
    const wanted = new Map<Level, Map<string, Set<Width>>>();
    this.#eachReading((level, value, width) => {
      const owner = ownerOf(level, value);
      if (!owner || !constantIn(owner, value)) return;
      const ofOwner = wanted.get(owner) ?? new Map<string, Set<Width>>();
      wanted.set(owner, ofOwner.set(value, (ofOwner.get(value) ?? new Set()).add(width)));
    });
    for (const [level, values] of wanted) {
      for (const [value, widths] of values) {
        const tensor = level.graph.initializers.get(value);
        if (!tensor || !widths.has('float16')) continue;
        const name = widths.has('float32') ? this.#names.value(`${value}/float16`) : value;
        if (name === value) level.half.add(value);
        else level.others.set(value, name);
        level.constants.set(name, toHalf(tensor));
        level.graph.types.set(name, tensorType('float32', tensor.dims));
      }
    }
  }

  #inWidth(level: Level, value: string, width: Width): string {
    const owner = ownerOf(level, value);
    if (!owner || (owner.half.has(value) ? 'float16' : 'float32') === width) return value;
    const known = owner.others.get(value);
    if (known !== undefined) return known;
    const name = this.#names.value(`${value}/${width}`);
    owner.others.set(value, name);
    owner.casts.push(this.#cast(value, name, width));
    const type = typeIn(owner, value);
    if (type?.kind === 'tensor') owner.graph.types.set(name, tensorType(width, type.shape));
    return name;
  }

  #cast(from: string, to: string, width: Width): Node {
    return {
      name: this.#names.node(`${from}/cast`),
      opType: 'Cast',
      domain: '',
      inputs: [from],
      outputs: [to],
      attributes: new Map([['to', int(elementType(width))]]),
    };
  }

  /** Every place where a value that was float32 is read, with the type it is to be read in. */
  #eachReading(visit: Reading): void {
    for (const level of this.#levels) {
      for (const node of level.graph.nodes) {
        const rule = this.#rules.get(node);
        for (const [index, value] of node.inputs.entries()) {
          if (!isSingle(level, value) || rule?.shapeOnly?.includes(index)) continue;
          const width = rule && !rule.inputs?.includes(index) ? 'float16' : 'float32';
          visit(level, value, width, (name) => {
            node.inputs[index] = name;
          });
        }
      }
      if (!level.outer) continue;
      for (const [index, value] of level.graph.outputs.entries()) {
        if (!isSingle(level, value)) continue;
        visit(level, value, level.outputs, (name) => {
          level.graph.outputs[index] = name;
        });
      }
    }
  }
}

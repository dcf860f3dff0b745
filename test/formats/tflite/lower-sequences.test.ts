// Recurrent TFLite operators, branches, loops, variables, transforms and detection as graphs.

import { describe, expect, it } from 'vitest';
import { quietContext } from '../../../src/context.ts';
import type { Diagnostic } from '../../../src/diagnostics.ts';
import { decodeTflite } from '../../../src/formats/tflite/decode.ts';
import { encodeTfliteBytes } from '../../../src/formats/tflite/encode.ts';
import { lowerTflite } from '../../../src/formats/tflite/read.ts';
import type { Subgraph, TfliteFile } from '../../../src/formats/tflite/records.ts';
import { elementCount, type Tensor } from '../../../src/graph/tensor.ts';
import { validate } from '../../../src/graph/validate.ts';
import { optimize } from '../../../src/lifecycle/optimize.ts';
import { openGraph } from '../../../src/runtimes/onnxruntime.ts';
import { openClassic } from '../../runtimes/tflite-classic.ts';
import {
  type Case,
  fileOf as caseFile,
  expectNumbers,
  fixed,
  float,
  list,
  numbers,
  runClassicCase,
  runRead,
  tensorRecord,
  type Value,
} from './lower-build.ts';

const state = (shape: readonly number[]): Value => ({ shape, isVariable: true });
const small = (shape: readonly number[], seed: number) => {
  const value = fixed(shape, seed);
  return { ...value, constant: value.constant?.map((number) => number * 0.4) ?? [] };
};

/** Inputs of a direction: weights of 3 units over 4 features, projected to 3. */
function gates(
  seed: number,
  { peephole = false, projection = false, coupled = false } = {},
): (Value | null)[] {
  const four = (make: (at: number) => Value) =>
    [0, 1, 2, 3].map((at) => (coupled && at === 0 ? null : make(at)));
  return [
    ...four((at) => small([3, 4], seed + at)),
    ...four((at) => small([3, projection ? 2 : 3], seed + 4 + at)),
    ...[0, 1, 2].map((at) => (peephole && !(coupled && at === 0) ? small([3], seed + 8 + at) : null)),
    ...four((at) => small([3], seed + 12 + at)),
    projection ? small([2, 3], seed + 16) : null,
    projection ? small([2], seed + 17) : null,
  ];
}

const options = { fusedActivationFunction: 'TANH', cellClip: 0, projClip: 0 };
const sequence = (extra: Partial<Case> & { kind?: Parameters<typeof gates>[1] }): Case => {
  const units = extra.kind?.projection ? 2 : 3;
  const out = extra.options?.timeMajor ? [5, 2, units] : [2, 5, units];
  return {
    opcode: 'UNIDIRECTIONAL_SEQUENCE_LSTM',
    inputs: [
      float(extra.options?.timeMajor ? [5, 2, 4] : [2, 5, 4]),
      ...gates(3, extra.kind),
      state([2, units]),
      state([2, 3]),
    ],
    outputs: [{ shape: out }],
    ...extra,
    options: { ...options, timeMajor: false, ...extra.options },
  };
};

const cases: Readonly<Record<string, Case>> = {
  'a plain LSTM': sequence({}),
  'an LSTM with time first': sequence({ options: { timeMajor: true } }),
  'an LSTM with peepholes': sequence({ kind: { peephole: true } }),
  'an LSTM with a projection and clips': sequence({
    kind: { projection: true, peephole: true },
    options: { cellClip: 0.2, projClip: 0.1 },
  }),
  'an LSTM with coupled gates': sequence({ kind: { coupled: true } }),
  'a bidirectional LSTM, merged': {
    opcode: 'BIDIRECTIONAL_SEQUENCE_LSTM',
    options: { ...options, timeMajor: true, mergeOutputs: true },
    inputs: [
      float([5, 2, 4]),
      ...gates(3),
      ...gates(40),
      state([2, 3]),
      state([2, 3]),
      state([2, 3]),
      state([2, 3]),
      ...new Array<null>(9).fill(null),
    ],
    outputs: [{ shape: [5, 2, 6] }],
  },
  'a sequence RNN': {
    opcode: 'UNIDIRECTIONAL_SEQUENCE_RNN',
    options: { timeMajor: false, fusedActivationFunction: 'TANH' },
    inputs: [float([2, 5, 4]), small([3, 4], 2), small([3, 3], 3), small([3], 4), state([2, 3])],
    outputs: [{ shape: [2, 5, 3] }],
  },
  'a bidirectional RNN': {
    opcode: 'BIDIRECTIONAL_SEQUENCE_RNN',
    // With time first, the interpreter gives the right numbers in a shape that says otherwise.
    options: { timeMajor: false, fusedActivationFunction: 'RELU', mergeOutputs: false },
    inputs: [
      float([2, 5, 4]),
      ...[2, 12].flatMap((seed) => [
        small([3, 4], seed),
        small([3, 3], seed + 1),
        small([3], seed + 2),
        state([2, 3]),
      ]),
      null,
      null,
      null,
    ],
    outputs: [{ shape: [2, 5, 3] }, { shape: [2, 5, 3] }],
  },
  'one step of an RNN': {
    opcode: 'RNN',
    options: { fusedActivationFunction: 'RELU' },
    inputs: [float([2, 4]), small([3, 4], 2), small([3, 3], 3), small([3], 4), state([2, 3])],
    outputs: [{ shape: [2, 3] }],
  },
  'SVDF of rank 2': {
    opcode: 'SVDF',
    options: { rank: 2, fusedActivationFunction: 'NONE' },
    inputs: [float([2, 4]), fixed([6, 4], 2), fixed([6, 5], 3), fixed([3], 4), state([2, 30])],
    outputs: [{ shape: [2, 3] }],
  },
};

describe('recurrent TFLite operators, beside the classic interpreter', () => {
  it.each(Object.keys(cases))('%s', async (name) => {
    const one = cases[name] as Case;
    const expected = await runClassicCase(one);
    const { plain, optimized } = await runRead(one);
    for (const results of [plain, optimized])
      for (const [index, want] of expected.entries()) {
        expect(results[index]?.dims).toEqual(want.dims);
        expectNumbers(list(results[index]), list(want), 2e-6);
      }
  });
});

/** State fed back to a graph that has it as inputs and outputs; `start` is what all of it begins as. */
async function keeping(file: TfliteFile, start = 0) {
  const model = lowerTflite(file, 'case.tflite', quietContext(), { stateAsIo: true });
  validate(model);
  await optimize(model, quietContext());
  const session = await openGraph(model);
  let state: Record<string, Tensor> = {};
  for (const name of model.graph.inputs) {
    if (!model.graph.outputs.includes(`${name}_next`)) continue;
    const type = model.graph.types.get(name);
    const dims = type?.kind === 'tensor' ? (type.shape ?? []).map(Number) : [];
    state[name] = { dtype: 'float32', dims, data: new Float32Array(elementCount(dims)).fill(start) };
  }
  return {
    states: Object.keys(state),
    async run(feed: Tensor): Promise<Tensor[]> {
      const [x = ''] = model.graph.inputs;
      const results = await session.run({ [x]: feed, ...state });
      state = Object.fromEntries(Object.keys(state).map((name) => [name, results[`${name}_next`] as Tensor]));
      return model.graph.outputs
        .filter((name) => !name.endsWith('_next'))
        .map((name) => results[name] as Tensor);
    },
    release: () => session.release(),
  };
}

describe('state as inputs and outputs, five runs beside the classic interpreter, which keeps its own', () => {
  it.each(Object.keys(cases))('%s', async (name) => {
    const file = caseFile(cases[name] as Case);
    const classic = await openClassic(encodeTfliteBytes(file));
    const graph = await keeping(decodeTflite(encodeTfliteBytes(file), 'case.tflite'));
    expect(graph.states).toHaveLength(
      file.subgraphs[0]?.tensors.filter((each) => each.isVariable).length ?? 0,
    );
    const dims = file.subgraphs[0]?.tensors[0]?.shape ?? [];
    const first: number[][] = [];
    try {
      for (let step = 1; step <= 5; step++) {
        // The same every time: what differs comes from the state.
        const feed: Tensor = { dtype: 'float32', dims, data: Float32Array.from(numbers(elementCount(dims))) };
        const expected = classic.run([feed]);
        const results = await graph.run(feed);
        for (const [index, want] of expected.entries()) {
          expectNumbers(list(results[index]), list(want), 1e-5);
          if (step > 1) expect(list(want)).not.toEqual(first[index]);
          first[index] ??= list(want);
        }
      }
    } finally {
      classic.release();
      await graph.release();
    }
  });
});

const scalar = (name: string, type: Value['type'] = 'float32') =>
  tensorRecord(name, { type, shape: [] } as Value);
const constant = (name: string, value: number) => tensorRecord(name, { shape: [], constant: [value] });

function binary(name: string, opcode: string, value: number, result: Value['type'] = 'float32'): Subgraph {
  return {
    name,
    tensors: [scalar('x'), constant('c', value), scalar('y', result)],
    inputs: [0],
    outputs: [2],
    operators: [
      { opcode, version: 1, inputs: [0, 1], outputs: [2], options: { fusedActivationFunction: 'NONE' } },
    ],
  };
}

function fileOf(...subgraphs: readonly Subgraph[]): TfliteFile {
  return { version: 3, description: '', subgraphs, metadata: [], signatures: [] };
}

async function run(file: TfliteFile, ...feeds: readonly (number | boolean)[]): Promise<number[]> {
  const model = lowerTflite(file, 'case.tflite', quietContext());
  const session = await openGraph(model);
  const named = model.graph.inputs.map((name, at) => {
    const feed = feeds[at] ?? 0;
    if (typeof feed === 'boolean')
      return [name, { dtype: 'bool', dims: [], data: Uint8Array.of(Number(feed)) }] as const;
    return [name, { dtype: 'float32', dims: [], data: Float32Array.of(feed) }] as const;
  });
  const outputs = await session.run(Object.fromEntries(named));
  await session.release();
  return model.graph.outputs.flatMap((name) => list(outputs[name]));
}

describe('control flow of TFLite files', () => {
  it('IF runs one of two subgraphs', async () => {
    const main: Subgraph = {
      name: 'main',
      tensors: [scalar('c', 'bool'), scalar('x'), scalar('y')],
      inputs: [0, 1],
      outputs: [2],
      operators: [
        {
          opcode: 'IF',
          version: 1,
          inputs: [0, 1],
          outputs: [2],
          options: { thenSubgraphIndex: 1, elseSubgraphIndex: 2 },
        },
      ],
    };
    const file = fileOf(main, binary('then', 'ADD', 10), binary('else', 'MUL', 3));
    expect(await run(file, true, 4)).toEqual([14]);
    expect(await run(file, false, 4)).toEqual([12]);
  });

  it('WHILE runs its body as long as the condition holds, also not at all', async () => {
    const main: Subgraph = {
      name: 'main',
      tensors: [scalar('x'), scalar('y')],
      inputs: [0],
      outputs: [1],
      operators: [
        {
          opcode: 'WHILE',
          version: 1,
          inputs: [0],
          outputs: [1],
          options: { condSubgraphIndex: 1, bodySubgraphIndex: 2 },
        },
      ],
    };
    const file = fileOf(main, binary('cond', 'LESS', 100, 'bool'), binary('body', 'MUL', 3));
    expect(await run(file, 2)).toEqual([162]);
    expect(await run(file, 500)).toEqual([500]);
  });

  it('subgraphs that call themselves are refused', () => {
    const loop: Subgraph = {
      name: 'main',
      tensors: [scalar('x'), scalar('y')],
      inputs: [0],
      outputs: [1],
      operators: [
        {
          opcode: 'STABLEHLO_COMPOSITE',
          version: 1,
          inputs: [0],
          outputs: [1],
          options: { decompositionSubgraphIndex: 0 },
        },
      ],
    };
    expect(() => lowerTflite(fileOf(loop), 'case.tflite', quietContext())).toThrow(
      /call one another more than/,
    );
  });

  it('variables start from what CALL_ONCE assigns, and reads see earlier assignments', async () => {
    const handle = { name: 'v', type: 'resource', shape: [] } as const;
    const operator = (opcode: string, inputs: number[], outputs: number[], extra = {}) => ({
      opcode,
      version: 1,
      inputs,
      outputs,
      options: extra,
    });
    const main: Subgraph = {
      name: 'main',
      tensors: [scalar('x'), handle, scalar('before'), scalar('sum'), scalar('after')],
      inputs: [0],
      outputs: [2, 4],
      operators: [
        operator('CALL_ONCE', [], [], { initSubgraphIndex: 1 }),
        operator('VAR_HANDLE', [], [1], { container: '', sharedName: 'v' }),
        operator('READ_VARIABLE', [1], [2]),
        operator('ADD', [0, 2], [3], { fusedActivationFunction: 'NONE' }),
        operator('ASSIGN_VARIABLE', [1, 3], []),
        operator('READ_VARIABLE', [1], [4]),
      ],
    };
    const init: Subgraph = {
      name: 'init',
      tensors: [handle, constant('seven', 7)],
      inputs: [],
      outputs: [],
      operators: [
        operator('VAR_HANDLE', [], [0], { container: '', sharedName: 'v' }),
        operator('ASSIGN_VARIABLE', [0, 1], []),
      ],
    };
    const notes: string[] = [];
    const file = fileOf(main, init);
    lowerTflite(file, 'case.tflite', quietContext({ diagnose: ({ code }) => notes.push(code) }));
    expect(notes).toEqual(['TFLITE_STATE_RESET']);
    expect(await run(file, 5)).toEqual([7, 12]);
    expect(await run(file, 5)).toEqual([7, 12]);

    const five: Tensor = { dtype: 'float32', dims: [], data: Float32Array.of(5) };
    const said: Diagnostic[] = [];
    const context = quietContext({ diagnose: (note) => said.push(note) });
    lowerTflite(file, 'case.tflite', context, { stateAsIo: true });
    expect(said.map(({ code, args }) => [code, args])).toEqual([
      ['TFLITE_STATE_AS_IO', { states: [{ input: 'v', output: 'v_next', start: 7 }] }],
    ]);
    const graph = await keeping(file, 7);
    for (const held of [7, 12, 17]) expect((await graph.run(five)).flatMap(list)).toEqual([held, held + 5]);
    await graph.release();
  });

  it('a file without state has none to show', () => {
    const file = fileOf(binary('main', 'ADD', 1));
    expect(() => lowerTflite(file, 'case.tflite', quietContext(), { stateAsIo: true })).toThrow(
      'case.tflite keeps no state from run to run',
    );
  });
});

describe('RFFT2D', () => {
  it('gives the length of each frequency', async () => {
    const values = numbers(16);
    const main: Subgraph = {
      name: 'main',
      tensors: [
        tensorRecord('x', { shape: [4, 4] }),
        tensorRecord('length', { type: 'int32', shape: [2], constant: [4, 4] }),
        { name: 'f', type: 'complex64', shape: [4, 3] },
        tensorRecord('y', { shape: [4, 3] }),
      ],
      inputs: [0],
      outputs: [3],
      operators: [
        { opcode: 'RFFT2D', version: 1, inputs: [0, 1], outputs: [2], options: {} },
        { opcode: 'COMPLEX_ABS', version: 1, inputs: [2], outputs: [3], options: {} },
      ],
    };
    const model = lowerTflite(fileOf(main), 'case.tflite', quietContext());
    const session = await openGraph(model);
    const feed = { dtype: 'float32', dims: [4, 4], data: Float32Array.from(values) } as const;
    const outputs = await session.run({ x: feed });
    await session.release();
    const expected = Array.from({ length: 12 }, (_, place) => {
      const [u, v] = [Math.floor(place / 3), place % 3];
      let [real, imaginary] = [0, 0];
      values.forEach((value, at) => {
        const angle = -2 * Math.PI * ((u * Math.floor(at / 4)) / 4 + (v * (at % 4)) / 4);
        real += value * Math.cos(angle);
        imaginary += value * Math.sin(angle);
      });
      return Math.hypot(real, imaginary);
    });
    expectNumbers(list(outputs.y), expected, 1e-5);
  });
});

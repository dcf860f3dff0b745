// `mlctl convert`: writes a model in another format and says how close the copy is.

import { errors } from '../../errors.ts';
import type { Command } from '../command.ts';
import { feeding } from '../data-options.ts';
import { model, positiveInteger, positiveNumber, sameConfig, shared } from '../options.ts';

const numbers = 'Numbers';

const command = {
  name: 'convert',
  stage: 'Model',
  summary: 'Write a model in another format, checked against the source',
  description:
    'The model as read and the file as written are run on the same seeded inputs, each in its own runtime. ' +
    'Out of tolerance, nothing is written, and the first layer that differs is named.',
  argument: model,
  options: [
    {
      flags: '--to <format>',
      description: 'format to write: onnx, tflite',
      defaultValue: "the manifest's convert list",
      choices: writableFormats,
      repeatable: true,
    },
    {
      flags: '-o, --output <file>',
      description: 'file, folder, or - for stdout',
      defaultValue: 'named after the model',
    },
    shared.force,
    shared.dryRun,
    shared.from,
    shared.weights,
    shared.signature,
    shared.config,
    { flags: '--no-verify', description: 'do not compare', group: 'Check' },
    {
      flags: '--samples <n>',
      description: 'rows to compare on, at least',
      defaultValue: 16,
      parse: positiveInteger,
      group: 'Check',
    },
    {
      flags: '--tolerance <x>',
      description: "largest difference, relative to an output's largest value",
      defaultValue: '1e-4; more for smaller numbers',
      parse: positiveNumber,
      group: 'Check',
    },
    { ...shared.seed, group: 'Check' },
    {
      flags: '--dtype <dtype>',
      description: 'numbers to write: float32, float16, int8, int16x8, dynamic-int8',
      defaultValue: "the model's",
      choices: async () => (await import('../../lifecycle/convert/reduction.ts')).dtypeChoices,
      group: numbers,
    },
    {
      flags: '--keep-float32 <names>',
      description: 'nodes or layers that keep float32, a,b,c',
      repeatable: true,
      group: numbers,
    },
    {
      flags: '--io-dtype <dtype>',
      description: 'of inputs and outputs of int8 and int16x8: float32, int8, uint8, int16',
      defaultValue: 'float32',
      choices: async () => (await import('../../lifecycle/convert/reduction.ts')).ioDtypeChoices,
      group: numbers,
    },
    {
      flags: '--calibration <path>',
      description:
        'data like the model will get: CSV, NPZ, images …, as for evaluate; what ranges are chosen by',
      group: numbers,
    },
    {
      flags: '--calibration-method <name>',
      description: 'how: minmax, percentile or entropy',
      defaultValue: 'minmax',
      choices: async () =>
        (await import('../../passes/quantize/calibration/index.ts')).calibrationMethods.map(
          ({ name }) => name,
        ),
      group: numbers,
    },
    {
      flags: '--calibration-percentile <x>',
      description: 'share of the values to hold, for percentile',
      defaultValue: 99.99,
      parse: percent,
      group: numbers,
    },
    {
      flags: '--calibration-samples <n>',
      description: 'rows to take, from the whole file',
      defaultValue: 512,
      parse: positiveInteger,
      group: numbers,
    },
    // How its rows are fed: the same words as for evaluate.
    ...feeding
      .filter(({ flags }) => /^--(features|scale|mean|std) /.test(flags))
      .map((option) => ({ ...option, group: numbers })),
    { flags: '--no-optimize', description: 'write the graph as it was read', group: 'Graph' },
    {
      flags: '--opset <n>',
      description: 'ONNX operator set of the file, 9 to 26',
      defaultValue: '18, or what the operators need',
      parse: positiveInteger,
      group: 'Graph',
    },
    {
      flags: '--state-as-io',
      description: 'what a TFLite model keeps from run to run becomes inputs and outputs',
      group: 'Graph',
    },
    {
      flags: '--outputs <names>',
      description: 'cut the graph: these values, nodes or layers become its outputs',
      repeatable: true,
      group: 'Graph',
    },
    {
      flags: '--batch <n>',
      description: "fix the inputs' open first axis, or give it a name",
      parse: batch,
      ownVariable: true,
      group: 'Graph',
    },
    {
      flags: '--inputs-as-nchw <names>',
      description: 'take these channels-last inputs channels-first; all: every image',
      repeatable: true,
      group: 'Graph',
    },
    {
      flags: '--inputs-as-nhwc <names>',
      description: 'take these channels-first inputs channels-last; all: every image',
      repeatable: true,
      group: 'Graph',
    },
    {
      flags: '--rename <old=new>',
      description: 'name inputs and outputs anew',
      repeatable: true,
      group: 'Graph',
    },
  ],
  examples: [
    { comment: 'a Keras model to ONNX', command: 'mlctl convert fixtures/demo/iris.h5 --to onnx' },
    {
      comment: 'to a place of your choice; the name says the format',
      command: 'mlctl convert fixtures/demo/digits.h5 -o /tmp/digits.onnx --force',
    },
    {
      comment: 'for an older runtime that wants one image at a time, channels first',
      command:
        'mlctl convert fixtures/demo/digits.h5 -o /tmp/digits-13.onnx -f --opset 13 --batch 1 --inputs-as-nchw all',
    },
    {
      comment: 'how close is the copy?',
      command: "mlctl convert fixtures/demo/energy.h5 --to onnx --dry-run --json | jq '.artifacts[].parity'",
    },
    {
      comment: 'into a pipe, unchecked',
      command: 'mlctl convert fixtures/demo/iris.h5 --to onnx --no-verify -o - | sha256sum',
    },
  ],
  no: 'an artifact is out of tolerance; it was not written',
  async run({ args, options, json, quiet }, context, terminal) {
    const [{ convert }, { renderConvert, detail }] = await Promise.all([
      import('../../lifecycle/convert.ts'),
      import('../render/convert.ts'),
    ]);
    if (options.output === '-' && json)
      throw errors.USAGE('standard output cannot be both the artifact and --json');
    if (options.output === '-' && terminal.stdout.isTTY) {
      throw errors.USAGE('an artifact is not for a terminal', 'name a file with --output, or pipe it on');
    }
    const { result, output } = await convert(
      { ...options, ...(args[0] === undefined ? {} : { model: args[0] }) },
      context,
    );
    const { passed, artifacts } = result;
    if (output) {
      // Standard output is the artifact: what is to be said goes to stderr.
      for (const chunk of output) terminal.stdout.write(chunk);
      if (!quiet) terminal.stderr.write(`${renderConvert(result, terminal.stderr)}\n`);
      return { passed };
    }
    if (!json) for (const line of detail(result)) context.diagnose(line);
    // The manifest says what to evaluate on; a bare file does not.
    const isBare = args[0] !== undefined && options.config === undefined;
    const judged = isBare ? ' --data <file> --target <column>' : sameConfig(options);
    const written = artifacts.find(({ state }) => state === 'written' || state === 'same');
    return {
      result,
      passed,
      text: renderConvert(result, terminal.stdout),
      essential: artifacts
        .filter(({ state }) => state !== 'rejected')
        .map(({ path }) => path)
        .join('\n'),
      ...(passed && written ? { next: `mlctl evaluate ${written.path}${judged}` } : {}),
    };
  },
} satisfies Command;

export default command;

function batch(text: string, flag: string): number | string {
  return /^[A-Za-z_]\w*$/.test(text) ? text : positiveInteger(text, flag);
}

async function writableFormats(): Promise<string[]> {
  const { formats } = await import('../../formats/index.ts');
  return formats.flatMap((format) => ('write' in format ? [format.name] : []));
}

function percent(text: string, flag: string): number {
  const value = positiveNumber(text, flag);
  if (value > 100) throw errors.USAGE(`${flag} takes a share of at most 100, got ${text}`);
  return value;
}

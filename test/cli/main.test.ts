// The command line as a whole: help, usage mistakes, streams, exit codes, JSON. One test covers every command at once.

import { describe, expect, it } from 'vitest';
import { commands } from '../../src/cli/commands/index.ts';
import { everywhere, model } from '../../src/cli/options.ts';
import { naming } from '../../src/cli/parse.ts';
import { topics } from '../../src/cli/topics.ts';
import { formats } from '../../src/formats/index.ts';
import { run } from './run.ts';

const shown = commands.filter((command) => !command.hidden);

describe('help', () => {
  it('mlctl alone shows the commands by stage and exits 0', async () => {
    const { code, stdout, stderr } = await run();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const { name } of shown) expect(stdout).toContain(`\n  ${name} `);
  });

  for (const { name } of shown) {
    it(`${name}: -h, --help and help ${name} are the same page, on stdout, within 80 columns`, async () => {
      const long = await run(name, '--help');
      expect(long.code).toBe(0);
      expect(long.stderr).toBe('');
      expect(await run(name, '-h')).toEqual(long);
      expect(await run('help', name)).toEqual(long);
      const code = /^ {2}(#|\S*.*\bmlctl) /;
      expect(long.stdout.split('\n').filter((line) => line.length > 80 && !code.test(line))).toEqual([]);
    });

    it(`${name}: the help text is pinned`, async () => {
      await expect((await run(name, '--help')).stdout).toMatchFileSnapshot(`help/${name}.golden.txt`);
    });
  }

  it('the root help is pinned', async () => {
    await expect((await run()).stdout).toMatchFileSnapshot('help/mlctl.golden.txt');
  });

  for (const topic of Object.keys(topics)) {
    it(`help ${topic} prints a page`, async () => {
      const { code, stdout } = await run('help', topic);
      expect(code).toBe(0);
      expect(stdout.split('\n').length).toBeGreaterThan(3);
      // The manifest's template is a file, wider than a page.
      if (topic !== 'manifest') expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
    });
  }
});

describe('definitions', () => {
  it.each(shown.map((command) => [command.name, command] as const))(
    '%s has three examples that name it',
    (name, command) => {
      expect(command.examples.length).toBeGreaterThanOrEqual(3);
      const names = [name, ...(command.aliases ?? [])];
      for (const example of command.examples) {
        expect(
          names.some((word) => example.command.includes(`mlctl ${word}`)),
          example.command,
        ).toBe(true);
      }
    },
  );

  it.each(shown.map((command) => [command.name, command] as const))(
    '%s: summary is one line without a full stop',
    (_, command) => {
      expect(command.summary).toMatch(/^[A-Z].*[^.]$/);
      expect(command.summary.length).toBeLessThanOrEqual(64);
    },
  );

  it('completion offers the files of every format', () => {
    expect([...model.extensions]).toEqual(
      [...new Set(formats.flatMap(({ extensions }) => extensions))].sort(),
    );
  });

  it('an option whose values come from a registry names them all', async () => {
    for (const { flags, description, choices } of commands.flatMap((command) => command.options)) {
      const values = typeof choices === 'function' ? await choices() : [];
      for (const value of values) expect(description, flags).toContain(value);
    }
  });

  it('no option is defined twice in a command', () => {
    for (const command of commands) {
      const flags = [...command.options, ...everywhere].flatMap(
        ({ flags }) => flags.match(/--?[a-z][a-z-]*/g) ?? [],
      );
      expect(
        flags.filter((flag, index) => flags.indexOf(flag) !== index),
        command.name,
      ).toEqual([]);
    }
  });

  it('one flag means the same everywhere: it takes a value in all commands or in none', () => {
    const takes = new Map<string, boolean>();
    for (const option of commands.flatMap((command) => command.options)) {
      const { flag, takesValue } = naming(option);
      expect(takes.get(flag) ?? takesValue, flag).toBe(takesValue);
      takes.set(flag, takesValue);
    }
  });
});

describe('mistakes', () => {
  it.each([
    [['convrt'], 'convrt is not a command', 'did you mean mlctl convert?'],
    [['inspect', '--jsn'], '--jsn is not an option of mlctl inspect', 'did you mean --json?'],
    [['--model', 'x'], '--model comes before a command', 'mlctl <command> [options]'],
    [['init'], '<model> is missing', 'mlctl init --help'],
    [['inspect', 'a', 'b'], 'too many arguments: mlctl inspect takes one [model]', 'mlctl inspect --help'],
    [['convert', 'a', '--to'], '--to <format> needs its value', 'mlctl convert --help'],
    [['inspect', 'a', '--quiet=1'], '--quiet takes no value', 'mlctl inspect --help'],
    [
      ['inspect', 'a', '--from', 'kers'],
      '--from takes keras, onnx or tflite, got "kers"',
      'did you mean keras?',
    ],
    [['help', 'formts'], 'formts is neither a command nor a topic', 'did you mean mlctl help formats?'],
    [['hlep'], 'hlep is not a command', 'did you mean mlctl help?'],
  ])('%j is a usage error: exit 2, nothing on stdout', async (argv, message, hint) => {
    const { code, stdout, stderr } = await run(...argv);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(`error: USAGE  ${message}`);
    expect(stderr).toContain(`hint: ${hint}`);
  });

  for (const { name } of shown) {
    it(`${name} --json: a failure is one JSON document with code, message and hint`, async () => {
      const { code, stdout, stderr } = await run(name, '--no-such-option', '--json');
      expect(code).toBe(2);
      expect(stderr).toBe('');
      const { error } = JSON.parse(stdout);
      expect(error).toMatchObject({ code: 'USAGE', message: expect.any(String), hint: expect.any(String) });
    });
  }

  it('a variable is named in the error about its value', async () => {
    const { code, stderr } = await run('inspect', 'missing.onnx', { env: { MLCTL_FROM: 'nonsense' } });
    expect(code).toBe(2);
    expect(stderr).toContain('MLCTL_FROM takes keras, onnx or tflite, got "nonsense"');
  });
});

describe('environment', () => {
  const missing = ['convert', 'missing.h5', '--to', 'onnx'];

  it.each([
    [{ MLCTL_JSON: '1' }, true],
    [{ MLCTL_JSON: 'yes' }, true],
    [{ MLCTL_JSON: '0' }, false],
    [{}, false],
  ])('%j: JSON %s', async (env: Record<string, string>, isJson) => {
    for (const argv of [missing, ['convrt'], ['inspect', '--jsn']]) {
      expect((await run(...argv, { env })).stdout.startsWith('{')).toBe(isJson);
    }
  });

  it.each([
    [[], { MLCTL_NO_VERIFY: '1' }, 'not checked'],
    [[], { MLCTL_VERIFY: '0' }, 'not checked'],
    [[], { MLCTL_NO_VERIFY: '0' }, 'over 16 samples'],
    [[], { MLCTL_SAMPLES: '3' }, 'over 3 samples'],
    [['--samples', '8'], { MLCTL_SAMPLES: '3' }, 'over 8 samples'],
  ])('%j with %j: %s', async (flags, env: Record<string, string>, words) => {
    const argv = ['convert', 'fixtures/demo/iris.h5', '-o', '/tmp/never-written.onnx', '--dry-run', ...flags];
    expect((await run(...argv, { env })).stdout).toContain(words);
  });

  it('a variable of one command counts before the general one', async () => {
    const env = { MLCTL_SAMPLES: '3', MLCTL_CONVERT_SAMPLES: '8' };
    const argv = ['convert', 'fixtures/demo/iris.h5', '-o', '/tmp/never-written.onnx', '--dry-run'];
    expect((await run(...argv, { env })).stdout).toContain('over 8 samples');
  });

  it('where an option means something else, the general variable is not read', async () => {
    const argv = ['inspect', 'fixtures/demo/iris.h5', '--quiet'];
    expect((await run(...argv, { env: { MLCTL_TARGET: 'species' } })).stdout).toBe('keras\n');
    expect((await run(...argv, { env: { MLCTL_INSPECT_TARGET: 'onnx' } })).stdout).toBe('onnx yes\n');
    const deploy = ['deploy', 'fixtures/demo/iris.h5', '--dry-run', '--quiet'];
    expect((await run(...deploy, { env: { MLCTL_TARGET: 'species' } })).code).toBe(0);
    expect((await run(...deploy, { env: { MLCTL_DEPLOY_TARGET: 'species' } })).code).toBe(2);
  });

  it('every variable means one thing', () => {
    const meanings = new Map<string, string>();
    // The columns of evaluate and predict, and the one of init.
    const word = (flags: string) => /<(.*)>/.exec(flags)?.[1]?.replace(/^columns$/, 'column') ?? '';
    for (const { options } of commands) {
      for (const option of options) {
        if (option.ownVariable) continue;
        const { flag } = naming(option);
        expect(meanings.get(flag) ?? word(option.flags), flag).toBe(word(option.flags));
        meanings.set(flag, word(option.flags));
      }
    }
    const own = commands.flatMap(({ name, options }) =>
      options.flatMap((option) => (option.ownVariable ? [`${name} ${naming(option).flag}`] : [])),
    );
    for (const name of ['deploy --target', 'inspect --target', 'monitor --threshold', 'rollback --to'])
      expect(own).toContain(name);
  });

  it('--verbose says where a value came from', async () => {
    const { stderr } = await run('inspect', '-v', { env: { MLCTL_CONFIG: 'fixtures/demo/mlctl.yaml' } });
    expect(stderr).toContain('--config comes from MLCTL_CONFIG');
    expect(stderr).toContain('comes from fixtures/demo/mlctl.yaml');
  });

  it('a value that is neither on nor off is refused', async () => {
    const { code, stderr } = await run(...missing, { env: { MLCTL_FORCE: 'maybe' } });
    expect([code, stderr]).toEqual([2, 'error: USAGE  MLCTL_FORCE takes 1 or 0, got "maybe"\n']);
  });
});

describe('version', () => {
  it('mlctl --version and mlctl version --quiet print one line', async () => {
    const { stdout } = await run('version', '--quiet');
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('mlctl --version --json is the document of mlctl version', async () => {
    expect(JSON.parse((await run('--version', '--json')).stdout).schema).toBe('mlctl/version@1');
  });

  it('mlctl version --json names runtimes and formats', async () => {
    const { code, stdout } = await run('version', '--json');
    expect(code).toBe(0);
    const document = JSON.parse(stdout);
    expect(document.schema).toBe('mlctl/version@1');
    expect(document.runtimes.map(({ name }: { name: string }) => name)).toContain('onnxruntime');
    expect(document.formats).toContain('onnx');
  });
});

describe('colour', () => {
  it.each([
    [{ isTTY: true }, [], true],
    [{ isTTY: true, env: { NO_COLOR: '1' } }, [], false],
    [{ isTTY: true, env: { TERM: 'dumb' } }, [], false],
    [{ isTTY: true }, ['--no-color'], false],
    [{ isTTY: false }, [], false],
    [{ isTTY: false, env: { FORCE_COLOR: '1' } }, [], true],
    [{ isTTY: false, env: { NO_COLOR: '1' } }, ['--color'], true],
  ])('%j %j → %s', async (options, flags, isColored) => {
    const { stderr } = await run('inspect', 'no-such-file.onnx', ...flags, options);
    expect(stderr.includes('\u001b[')).toBe(isColored);
  });
});

// What `mlctl doctor` finds: one damaged file per check, and that sound files have no problems.

import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeKerasArchive } from '../../fixtures/formats/keras/archive.ts';
import { numbers, writeKerasHdf5 } from '../../fixtures/formats/keras/make.ts';
import { quietContext } from '../../src/context.ts';
import { checks } from '../../src/lifecycle/doctor/checks/index.ts';
import { type DoctorResult, doctor } from '../../src/lifecycle/doctor.ts';
import { run } from '../cli/run.ts';

const cwd = mkdtempSync(join(tmpdir(), 'mlctl-doctor-'));
const at = (name: string) => join(cwd, name);
const nodeVersion = process.version;
const examine = (model: string, options: object = {}) =>
  doctor({ model, nodeVersion, ...options }, quietContext({ cwd }));

const input = {
  class_name: 'InputLayer',
  config: { name: 'x', batch_input_shape: [null, 3], dtype: 'float32' },
};
const dense = (name = 'dense', config: object = {}) => ({
  class_name: 'Dense',
  config: { name, units: 2, activation: 'linear', ...config },
});
const kernel = (data = numbers(6, 1)) => ({ name: 'dense/kernel:0', dims: [3, 2], data });
const bias = { name: 'dense/bias:0', dims: [2], data: numbers(2, 2) };
const sequential = (...layers: readonly object[]) => ({
  class_name: 'Sequential',
  config: { name: 'net', layers: [input, ...layers] },
});
const sound = {
  version: '2.11.0',
  backend: 'tensorflow',
  config: sequential(dense()),
  weights: { dense: [kernel(), bias] },
};

beforeAll(async () => {
  copyFileSync('fixtures/demo/iris.h5', at('iris.h5'));
  const whole = readFileSync(at('iris.h5'));
  writeFileSync(at('cut.h5'), whole.subarray(0, 5000));
  writeFileSync(at('stub.h5'), whole.subarray(0, 20));
  writeFileSync(at('longer.h5'), Buffer.concat([whole, Buffer.from('tail')]));
  writeFileSync(at('iris.h5.gz'), gzipSync(whole));
  copyFileSync(at('iris.h5'), at('named.onnx'));
  copyFileSync(at('iris.h5'), at('named.keras'));
  const onnx = readFileSync('fixtures/monitor/load.onnx');
  writeFileSync(at('net.onnx'), onnx);
  writeFileSync(at('cut.onnx'), onnx.subarray(0, onnx.length - 200));
  for (const name of ['missing', 'inside', 'parent'])
    copyFileSync(`fixtures/formats/onnx/external/${name}.onnx`, at(`${name}.onnx`));
  copyFileSync('fixtures/formats/onnx/external/weights.bin', at('weights.bin'));
  writeFileSync(at('page.h5'), '<!DOCTYPE html><html></html>');
  writeFileSync(at('pointer.h5'), 'version https://git-lfs.github.com/spec/v1\noid sha256:0\n');
  writeFileSync(at('net.pkl'), '\x80\x04\x95\0\0csklearn.linear_model', 'latin1');
  writeFileSync(at('net.tflite.bin'), Uint8Array.of(1, 200, 3, 250));
  mkdirSync(at('saved'));
  writeFileSync(at('saved/saved_model.pb'), Uint8Array.of(8, 1));

  await writeKerasHdf5(at('sound.h5'), sound);
  await writeKerasHdf5(at('nan.h5'), {
    ...sound,
    weights: { dense: [kernel(Float32Array.of(1, Number.NaN, 3, 4, 5, 6)), bias] },
  });
  const wide = sequential(dense('dense', { units: 8 }));
  await writeKerasHdf5(at('zeros.h5'), {
    ...sound,
    config: wide,
    weights: {
      dense: [
        { ...kernel(new Float32Array(24)), dims: [3, 8] },
        { ...bias, dims: [8], data: numbers(8, 1) },
      ],
    },
  });
  await writeKerasHdf5(at('no-bias.h5'), { ...sound, weights: { dense: [kernel()] } });
  await writeKerasHdf5(at('left.h5'), { ...sound, weights: { dense: [kernel(), bias], other: [bias] } });
  await writeKerasHdf5(at('weights.h5'), { ...sound, isWeightsOnly: true });
  await writeKerasHdf5(at('lambda.h5'), {
    ...sound,
    config: sequential({ class_name: 'Lambda', config: { name: 'scale' } }, dense()),
  });
  const convolution = {
    class_name: 'Convolution1D',
    config: {
      name: 'conv',
      nb_filter: 2,
      filter_length: 2,
      batch_input_shape: [null, 4, 1],
      activation: 'linear',
    },
  };
  await writeKerasHdf5(at('theano.h5'), {
    version: '1.2.2',
    config: { class_name: 'Sequential', config: [convolution] },
    weights: {
      conv: [
        { name: 'conv_W', dims: [2, 1, 1, 2], data: numbers(4, 1) },
        { name: 'conv_b', dims: [2], data: numbers(2, 1) },
      ],
    },
  });
  await writeKerasArchive(at('sound.keras'), {
    config: sequential(dense()),
    objects: {
      'layers/dense': [
        { dims: [3, 2], data: numbers(6, 1) },
        { dims: [2], data: numbers(2, 2) },
      ],
    },
  });
  const archive = readFileSync(at('sound.keras'));
  writeFileSync(at('cut.keras'), archive.subarray(0, archive.length - 100));
  // The directory calls the file by another name.
  const renamed = Buffer.from(archive);
  renamed.write('model.weights.h6', archive.lastIndexOf('model.weights.h5'), 'latin1');
  writeFileSync(at('renamed.keras'), renamed);
});
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

const said = (result: DoctorResult, check: string, severity: string) =>
  result.findings
    .filter((finding) => finding.check === check && finding.severity === severity)
    .map(({ message, remediation }) => `${message} → ${remediation}`)
    .join('\n');

/** File, check, severity, words. */
const cases: readonly (readonly [string, string, 'ok' | 'warning' | 'problem', RegExp])[] = [
  ['iris.h5', 'recognized', 'ok', /it is Keras .* as its name says/],
  ['named.onnx', 'recognized', 'warning', /its name says ONNX .*renamed to \.h5/s],
  ['named.keras', 'keras-container', 'warning', /it is HDF5 inside.*rename it to \.h5/s],
  ['page.h5', 'recognized', 'problem', /page\.h5.* a web page/],
  ['pointer.h5', 'recognized', 'problem', /Git LFS pointer.*git lfs pull/],
  ['net.pkl', 'recognized', 'problem', /scikit-learn.*skl2onnx/],
  ['saved', 'recognized', 'problem', /SavedModel.*tf2onnx/],
  ['iris.h5.gz', 'recognized', 'problem', /gzip.*gunzip -k iris\.h5\.gz; inside is an HDF5 file/],
  ['net.tflite.bin', 'recognized', 'problem', /its first bytes fit none/],
  ['cut.h5', 'hdf5-end', 'problem', /cut off: 5000 of 13271 bytes are there \(37 %\)/],
  ['stub.h5', 'hdf5-end', 'problem', /cut off inside its first block/],
  ['longer.h5', 'hdf5-end', 'warning', /4 bytes follow after its end/],
  ['iris.h5', 'hdf5-end', 'ok', /as long as it says, 13271 bytes/],
  ['sound.keras', 'zip-end', 'ok', /whole, with 3 files/],
  ['cut.keras', 'zip-end', 'problem', /cut off/],
  ['renamed.keras', 'zip-end', 'problem', /no model\.weights\.h5 in it/],
  ['sound.keras', 'keras-version', 'ok', /Keras 3\.4\.1 wrote it, on 2024-08-08/],
  ['cut.onnx', 'protobuf-end', 'problem', /cut off: its graph goes on to byte \d+/],
  ['net.onnx', 'protobuf-end', 'ok', /end where the file ends/],
  ['missing.onnx', 'external-data', 'problem', /missing\.onnx keeps weights in nowhere\.bin/],
  ['parent.onnx', 'external-data', 'problem', /outside its own folder/],
  ['inside.onnx', 'external-data', 'ok', /weights are beside it: weights\.bin/],
  ['weights.h5', 'described', 'problem', /holds only weights.*--weights/],
  ['iris.h5', 'keras-version', 'ok', /Keras 2\.11\.0 wrote it, in 2022 or later/],
  ['theano.h5', 'keras-version', 'warning', /Keras 1\.2\.2 wrote it.*no current Keras opens it/],
  ['theano.h5', 'kernel-order', 'warning', /as Theano has them.*turned by 180 degrees/],
  ['iris.h5', 'optimizer-state', 'ok', /takes 1056 bytes, 8 % of the file/],
  ['sound.h5', 'optimizer-state', 'ok', /no optimizer state/],
  ['no-bias.h5', 'layer-weights', 'problem', /layer dense \(Dense\) has 1 of its 2 weights: bias is missing/],
  ['left.h5', 'layer-weights', 'warning', /no layer of the architecture has/],
  ['lambda.h5', 'unsupported-layers', 'problem', /Lambda cannot be converted.*built-in layers/],
  ['nan.h5', 'weights-finite', 'problem', /not numbers: dense/],
  ['zeros.h5', 'weights-finite', 'warning', /nothing but zeros: dense/],
  ['iris.h5', 'reads', 'ok', /graph of 7 operators/],
  ['iris.h5', 'runs', 'ok', /it runs/],
];

describe('doctor model', () => {
  it.each(cases)('%s: %s says %s', async (file, check, severity, words) => {
    const result = await examine(file);
    expect(said(result, check, severity)).toMatch(words);
    if (severity === 'problem') expect(result.problems).toBeGreaterThan(0);
  });

  it.each(['iris.h5', 'sound.h5', 'sound.keras', 'net.onnx', 'inside.onnx'])(
    '%s: no problems, no warnings',
    async (file) => {
      const { problems, warnings, findings } = await examine(file);
      expect({ problems, warnings }, JSON.stringify(findings)).toEqual({ problems: 0, warnings: 0 });
    },
  );

  it('an architecture and its weights are examined together', async () => {
    writeFileSync(at('net.json'), JSON.stringify(sequential(dense())));
    expect(said(await examine('net.json'), 'described', 'problem')).toMatch(/without weights.*--weights/);
    expect(await examine('net.json', { weights: 'weights.h5' })).toMatchObject({ problems: 0 });
  });

  it('every warning and problem says what to do, and no path is longer than people type', async () => {
    for (const file of readdirSync(cwd)) {
      for (const { severity, remediation, message } of (await examine(file)).findings) {
        if (severity !== 'ok') expect(remediation, message).not.toBeNull();
        expect(message).not.toContain(cwd);
      }
    }
  });

  it('has a case for every check of a file', () => {
    const tested = new Set(cases.map(([, check]) => check));
    const missing = checks.filter(({ name, stage }) => stage !== 'installation' && !tested.has(name));
    expect(missing.map(({ name }) => name)).toEqual([]);
  });

  it('exits with 1 on problems, 0 without, 2 when there is no such file', async () => {
    expect((await run('doctor', 'cut.h5', { cwd })).code).toBe(1);
    expect((await run('doctor', 'longer.h5', { cwd })).code).toBe(0);
    const gone = await run('doctor', 'gone.h5', { cwd });
    expect([gone.code, gone.stdout]).toEqual([2, '']);
    expect(gone.stderr).toContain('error: FILE_NOT_FOUND');
    const quiet = await run('doctor', 'cut.h5', '--quiet', { cwd });
    expect(quiet.stdout).toBe('it is cut off: 5000 of 13271 bytes are there (37 %)\n');
  });

  it.skipIf(!process.env.MLCTL_CORPUS)('says something about every file of the corpus', async () => {
    const root = process.env.MLCTL_CORPUS ?? '';
    for (const group of ['tflite', 'coreml', 'tfjs', 'frozen-pb', 'savedmodel']) {
      for (const name of readdirSync(join(root, group), { recursive: true }).map(String)) {
        if (name.includes('LICENSE') || name.endsWith('.md')) continue;
        const { findings } = await examine(join(root, group, name));
        expect(findings.length, name).toBeGreaterThan(0);
      }
    }
  });
});

describe('doctor without a model', () => {
  const installation = (options: object = {}) =>
    doctor({ nodeVersion, ...options }, quietContext({ cwd: at('project') }));

  beforeAll(() => mkdirSync(at('project')));

  it('looks at Node, runtimes, libraries, disk, port, store and manifest', async () => {
    const result = await installation();
    expect(result.problems).toBe(0);
    expect([...new Set(result.findings.map(({ check }) => check))].sort()).toEqual(
      checks.filter(({ stage }) => stage === 'installation').map(({ name }) => name),
    );
    expect(said(result, 'runtimes', 'ok')).toMatch(/onnxruntime \d/);
    expect(said(result, 'libraries', 'ok')).toMatch(/h5wasm loads[\s\S]*DuckDB loads/);
    expect(said(result, 'store', 'ok')).toMatch(/not there yet/);
  });

  it('a Node that is too old', async () => {
    expect(said(await installation({ nodeVersion: 'v18.20.0' }), 'node-version', 'problem')).toMatch(
      /20\.19/,
    );
  });

  it('a manifest with a mistake, and one that names what is not there', async () => {
    const path = at('project/mlctl.yaml');
    writeFileSync(path, 'apiVersion: mlctl/v1\nname: net\nmodel: net.h5\nevalute: {}\n');
    expect(said(await installation(), 'manifest', 'problem')).toMatch(/did you mean evaluate\?/);
    writeFileSync(path, 'apiVersion: mlctl/v1\nname: net\nmodel: net.h5\n');
    expect(said(await installation(), 'manifest', 'problem')).toMatch(/not there: net\.h5/);
    writeFileSync(at('project/net.h5'), '');
    expect(said(await installation(), 'manifest', 'ok')).toMatch(/mlctl\.yaml is valid/);
    rmSync(path);
  });

  it('a port that is taken', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    writeFileSync(at('project/net.h5'), '');
    writeFileSync(
      at('project/mlctl.yaml'),
      `apiVersion: mlctl/v1\nname: net\nmodel: net.h5\nserve: { port: ${port} }\n`,
    );
    expect(said(await installation(), 'port', 'warning')).toMatch(new RegExp(`${port} .* in use.*--port 0`));
    rmSync(at('project/mlctl.yaml'));
    await new Promise((resolve) => server.close(resolve));
  });

  it('a stored version that was changed', async () => {
    const folder = at('project/.mlctl/models/net/1');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'model.onnx'), 'changed');
    const files = [{ name: 'model.onnx', digest: '0'.repeat(64), bytes: 7 }];
    writeFileSync(
      join(folder, 'version.json'),
      JSON.stringify({ version: '1', digest: '0'.repeat(64), files }),
    );
    expect(said(await installation(), 'store', 'problem')).toMatch(/is not what was stored.*deploy/);
  });
});

// Which Keras wrote the file, when, and who can still open it.

import { openZip } from '../../../encoding/zip.ts';
import { MlctlError } from '../../../errors.ts';
import { readDialect } from '../../../formats/keras/dialect.ts';
import { type KerasFile, readKerasFile } from '../../../formats/keras/file.ts';
import type { Check, Finding } from '../definition.ts';

const check = {
  name: 'keras-version',
  stage: 'content',
  async run({ format, path, reading }, context): Promise<readonly Finding[]> {
    if (format?.name !== 'keras') return [];
    let file: KerasFile;
    try {
      file = await readKerasFile(path, context, reading);
    } catch (cause) {
      if (cause instanceof MlctlError) return [];
      throw cause;
    }
    try {
      const names = [...file.weights.values()].flatMap((weights) => weights.map(({ name }) => name));
      const { kerasVersion: version, backend, config } = file;
      const dialect = readDialect({ version, backend, config, weightNames: names });
      const said =
        dialect.version === ''
          ? `Keras ${dialect.major} (it does not say which)`
          : `Keras ${dialect.version}`;
      const when = (await savedAt(file)) ?? released(dialect.version);
      const message = `${said} wrote it${when === undefined ? '' : `, ${when}`}`;
      if (dialect.major >= 2) return [{ severity: 'ok', message }];
      return [
        {
          severity: 'warning',
          message: `${message}; no current Keras opens it`,
          remediation: 'mlctl does; convert it to ONNX and keep both: mlctl convert FILE --to onnx',
        },
      ];
    } finally {
      file.close();
    }
  },
} satisfies Check;

export default check;

/** Archives say when they were saved. */
async function savedAt({ container, path }: KerasFile): Promise<string | undefined> {
  if (container !== 'archive') return undefined;
  const zip = openZip(path);
  try {
    const source = await zip.open('metadata.json', 1 << 16);
    const bytes = new Uint8Array(source.bytes);
    source.read(bytes, 0);
    const found = /"date_saved"\s*:\s*"(\d{4}-\d\d-\d\d)@/.exec(new TextDecoder().decode(bytes));
    return found ? `on ${found[1]}` : undefined;
  } catch {
    return undefined;
  } finally {
    zip.close();
  }
}

/** Years in which releases came out: a file is not older than that. */
const years: readonly (readonly [version: RegExp, year: string])[] = [
  [/^1\./, '2016 or early 2017'],
  [/^2\.[01]\./, '2017 or 2018'],
  [/^2\.2\.[0-4](?!-tf)/, '2018 or 2019'],
  [/^2\.2\.4-tf/, '2019 or later (TensorFlow 1.13 to 2.1)'],
  [/^2\.3\.0-tf/, '2020 (TensorFlow 2.2)'],
  [/^2\.3\./, '2019 or 2020'],
  [/^2\.4\./, '2020 or later'],
  [/^2\.[5-7]\./, '2021 or later'],
  [/^2\.([89]|10|11)\./, '2022 or later'],
  [/^2\.1[2-5]\./, '2023 or later'],
  [/^3\.0\./, 'end of 2023 or later'],
  [/^3\.[1-7]\./, '2024 or later'],
  [/^3\./, '2025 or later'],
];

function released(version: string): string | undefined {
  const found = years.find(([pattern]) => pattern.test(version));
  return found && `in ${found[1]}`;
}

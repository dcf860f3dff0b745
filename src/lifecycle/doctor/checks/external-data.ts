// Whether the files that hold an ONNX model's weights are beside it, every one of them.

import { statSync } from 'node:fs';
import { MlctlError } from '../../../errors.ts';
import { decodeModelProto } from '../../../formats/onnx/decode.ts';
import { externalLocations } from '../../../formats/onnx/describe.ts';
import { resolveInside } from '../../../formats/onnx/external-data.ts';
import { readModelFile } from '../../../formats/onnx/file.ts';
import type { Check, Finding } from '../definition.ts';

const check = {
  name: 'external-data',
  stage: 'content',
  async run({ format, path, describe }): Promise<readonly Finding[]> {
    if (format?.name !== 'onnx' || (await describe()) instanceof Error) return [];
    const locations = externalLocations(await decodeModelProto(await readModelFile(path), path));
    if (locations.length === 0) return [];
    const problems: Finding[] = [];
    let bytes = 0;
    for (const location of locations) {
      try {
        bytes += statSync(resolveInside(path, location)).size;
      } catch (cause) {
        if (!(cause instanceof MlctlError)) throw cause;
        const { message, hint } = cause;
        const remediation = hint ?? 'copy that file into the folder of the model';
        problems.push({ severity: 'problem', message, remediation, where: [location] });
      }
    }
    if (problems.length > 0) return problems;
    const files = locations.length === 1 ? locations[0] : `${locations.length} files`;
    return [
      { severity: 'ok', message: `its weights are beside it: ${files}, ${bytes} bytes`, where: locations },
    ];
  },
} satisfies Check;

export default check;

// Whether a zip archive is whole: its directory stands at its end, so a copy that was cut off has none.

import { openZip } from '../../../encoding/zip.ts';
import { MlctlError } from '../../../errors.ts';
import type { Check, Finding } from '../definition.ts';

/** What a `.keras` archive cannot do without. */
const required = ['config.json', 'model.weights.h5'];

const check = {
  name: 'zip-end',
  stage: 'file',
  run({ start: { head }, path, format }): readonly Finding[] {
    if (!(head[0] === 0x50 && head[1] === 0x4b && head[2] === 3 && head[3] === 4)) return [];
    try {
      const zip = openZip(path);
      const { names } = zip;
      zip.close();
      const missing = format === undefined ? [] : required.filter((name) => !names.includes(name));
      if (missing.length === 0)
        return [{ severity: 'ok', message: `the archive is whole, with ${names.length} files in it` }];
      return [
        {
          severity: 'problem',
          message: `the archive has no ${missing.join(' and no ')} in it`,
          remediation: 'save the model again with model.save("model.keras")',
          where: missing,
        },
      ];
    } catch (cause) {
      if (!(cause instanceof MlctlError)) throw cause;
      return [
        { severity: 'problem', message: cause.message, remediation: cause.hint ?? 'copy the file again' },
      ];
    }
  },
} satisfies Check;

export default check;

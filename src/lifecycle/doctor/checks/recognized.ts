// What the file is by its content, and whether its name says the same.

import type { Format } from '../../../formats/definition.ts';
import { formats } from '../../../formats/index.ts';
import { refusal } from '../../foreign-file.ts';
import type { Check, Finding } from '../definition.ts';
import { insideOf } from '../packed.ts';

const check = {
  name: 'recognized',
  stage: 'identity',
  async run({ format, start, shown }) {
    const known: readonly Format[] = formats;
    if (!format) {
      const { message, hint } = await refusal(start, shown, known);
      const inside = await insideOf(start);
      const remediation = inside ?? hint ?? 'name the model this one was made from';
      return [{ severity: 'problem', message, remediation } satisfies Finding];
    }
    const named = known.find(({ extensions }) => extensions.includes(start.extension));
    if (named === undefined || named === format) {
      const words = named === undefined ? 'whatever its name says' : 'as its name says';
      return [{ severity: 'ok', message: `it is ${format.title} by its content, ${words}` }];
    }
    return [
      {
        severity: 'warning',
        message: `it is ${format.title} by its content, and its name says ${named.title}`,
        remediation: `mlctl reads it all the same; other programs need it renamed to ${format.extensions[0]}`,
      },
    ];
  },
} satisfies Check;

export default check;

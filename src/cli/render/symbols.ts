// Signs that help the eye, and what stands for them where the locale cannot show them.

import type { Stream } from '../terminal.ts';

const unicodeSigns = {
  yes: '✓ ',
  no: '✗ ',
  arrow: '→',
  times: '×',
  dash: '–',
  minus: '−',
  about: '±',
  on: '●',
  off: '○',
  delta: 'max |Δ|',
};
const plainSigns: typeof unicodeSigns = {
  yes: '',
  no: '',
  arrow: '->',
  times: 'x',
  dash: '-',
  minus: '-',
  about: '+-',
  on: '*',
  off: '-',
  delta: 'max difference',
};

export function symbols({ unicode }: Pick<Stream, 'unicode'>): typeof unicodeSigns {
  return unicode ? unicodeSigns : plainSigns;
}

// Names in model and data files come from strangers: a terminal must not obey what is written in them.

/**
 * The text with control characters made visible, except line ends, tabs and the colours we add ourselves.
 *
 * @example printable('conv\u001b]0;title\u0007') // 'conv�]0;title�'
 */
export function printable(text: string): string {
  return text.replace(unsafe, '\ufffd');
}

const ESCAPE = String.fromCharCode(27);

// Control characters but for \t, \n and colours; and direction overrides, which could reorder a line.
const unsafe = new RegExp(`(?![\\t\\n]|${ESCAPE}\\[[\\d;]*m)[\\p{Cc}\\u202a-\\u202e\\u2066-\\u2069]`, 'gu');

// Names in model and data files come from strangers: a terminal must not obey what is written in them.

/**
 * The text with control characters made visible, except line ends, tabs and the colours we add ourselves.
 *
 * @example printable('conv\u001b]0;title\u0007') // 'conv�]0;title�'
 */
export function printable(text: string): string {
  return text.replace(unsafe, '\ufffd');
}

// C0 without \t and \n, DEL, C1, and escapes that are not colours; direction overrides that could reorder a line.
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is for
const unsafe =
  /\u001b(?!\[[\d;]*m)|[\u0000-\u0008\u000b-\u001a\u001c-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

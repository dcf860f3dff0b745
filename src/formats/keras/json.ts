// Parses the JSON Python writes: strict JSON plus the bare words NaN, Infinity and -Infinity.

const DEEPEST = 2000;
// A string no configuration holds: it starts with a private-use character.
const MARK = '\u{f8ff}number:';

/** Throws SyntaxError with a plain sentence. Nesting is limited, so that walking the result cannot overflow the stack. */
export function parsePythonJson(text: string): unknown {
  const { source, hasWords } = replaceWords(text);
  if (!hasWords) return JSON.parse(source);
  return JSON.parse(source, (_, value) =>
    typeof value === 'string' && value.startsWith(MARK) ? Number(value.slice(MARK.length)) : value,
  );
}

function replaceWords(text: string): { source: string; hasWords: boolean } {
  let source = '';
  let copied = 0;
  let depth = 0;
  const pattern = /"(?:[^"\\]|\\.)*"|[[\]{}]|-?\b(?:NaN|Infinity)\b/gs;
  for (const found of text.matchAll(pattern)) {
    const [token] = found;
    if (token === '[' || token === '{') depth++;
    else if (token === ']' || token === '}') depth--;
    else if (!token.startsWith('"')) {
      source += `${text.slice(copied, found.index)}"${MARK}${token}"`;
      copied = found.index + token.length;
    }
    if (depth > DEEPEST) throw new SyntaxError(`it is nested more than ${DEEPEST} levels deep`);
  }
  return { source: source + text.slice(copied), hasWords: copied > 0 };
}

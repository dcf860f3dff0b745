import { describe, expect, it } from 'vitest';
import { JsonError, parseJson } from '../../src/server/json.ts';

describe('parseJson', () => {
  it('keeps integers exact when asked to', () => {
    const text =
      '{"a":[9007199254740993,-9007199254740993,1e30,1234567890123456.5,42],"b":"1234567890123456789"}';
    expect(parseJson(text, true)).toEqual({
      a: [9007199254740993n, -9007199254740993n, 1e30, 1234567890123456.5, 42],
      b: '1234567890123456789',
    });
    expect(parseJson(text, false)).toEqual(JSON.parse(text));
  });

  it('reads what JSON.parse reads', () => {
    const text =
      ' { "a" : [ true , false , null , "\\u00e9\\n\\"\u007f" , -0.5e-3 , [ ] , { } ] , "__proto__" : 1 , "n": 1234567890123456789 }\n';
    const slow = parseJson(text, true) as Record<string, unknown>;
    expect({ ...slow, n: 0 }).toEqual({ ...JSON.parse(text), n: 0 });
    expect(Object.keys(slow)).toEqual(['a', '__proto__', 'n']);
  });

  it.each([
    ['', 'expected a value, found the end at line 1 column 1'],
    ['{"a":1,}', 'expected a key in double quotes, found "}" at line 1 column 8'],
    ['{"a":1\n "b":2}', 'expected "," or "}", found "\\"" at line 2 column 2'],
    ['[1,2', 'expected "," or "]", found the end at line 1 column 5'],
    ['[1,02]', 'expected "," or "]", found "2" at line 1 column 5'],
    ['[nul]', 'expected a value, found "n" at line 1 column 2'],
    ['["abc', 'a string that does not end at line 1 column 2'],
    ['["a\nb"]', 'a string with a control character in it at line 1 column 2'],
    ['["\\x"]', 'a string with an escape that JSON does not have at line 1 column 2'],
    ['["\\', 'a string that does not end at line 1 column 2'],
    ['[1] 2', 'expected the end, found "2" at line 1 column 5'],
    [`${'['.repeat(100_000)}`, 'nested deeper than 64 levels at line 1 column 66'],
  ])('says where %j goes wrong', (text, message) => {
    expect(() => parseJson(text, false)).toThrow(JsonError);
    expect(() => parseJson(text, false)).toThrow(message);
  });
});

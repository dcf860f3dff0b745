// Backend tests that shape inference cannot answer as exactly as they declare it, each with its reason.

type Exceptions = Readonly<Record<string, string>>;

/** Operators whose output shape depends on the values they are given. */
export const dataDependent: Exceptions = {
  ImageDecoder: 'the size of the picture is in its bytes',
  NonMaxSuppression: 'how many boxes are left depends on their scores',
  NonZero: 'how many elements are not zero',
  StringNormalizer: 'how many words are left when stopwords are gone',
  StringSplit: 'the longest list of parts',
  Unique: 'how many values differ',
};

export const excluded: Exceptions = {
  test_loop11: 'how often a loop runs depends on its condition',
};

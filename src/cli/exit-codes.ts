// Exit codes: the family of diff, grep, ESLint. `mlctl help exit-codes` prints this table.

export const exitCodes = {
  passed: { code: 0, meaning: 'did it; and if it was a check, it passed' },
  no: {
    code: 1,
    meaning: 'it ran, and the answer is no: a gate failed, drift was found, parity is out of tolerance',
  },
  failed: {
    code: 2,
    meaning: 'it could not run: usage, manifest, file, unsupported operator, runtime, a bug',
  },
  interrupted: { code: 130, meaning: 'interrupted with Ctrl-C (SIGINT)' },
  terminated: { code: 143, meaning: 'ended by SIGTERM' },
} as const;

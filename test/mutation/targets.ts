/**
 * The guards that are mutated, each with the tests that are to notice, the likeliest first. A mutant is alive when all of
 * them pass.
 */
export interface Target {
  file: string;
  tests: readonly string[];
}

const CHECKER = [
  'test/checker/check.test.ts',
  'test/checker/acks-1.test.ts',
  'test/checker/incomplete.test.ts',
  'test/checker/readers.test.ts',
  'test/checker/dense.test.ts',
  'test/checker/oracle.test.ts',
];

export const TARGETS: readonly Target[] = [
  { file: 'src/checker/findings/judgement.ts', tests: CHECKER },
  { file: 'src/checker/verdict.ts', tests: CHECKER },
];

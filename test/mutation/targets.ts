/**
 * The guards that are mutated, each with the tests that are to notice, the likeliest first. A mutant is alive when all of
 * them pass.
 */
export interface Target {
  file: string;
  tests: readonly string[];
}

const CHECKER = [
  'test/checker/judgement.test.ts',
  'test/checker/rulings.test.ts',
  'test/checker/verdict.test.ts',
  'test/checker/check.test.ts',
  'test/checker/acks-1.test.ts',
  'test/checker/incomplete.test.ts',
  'test/checker/readers.test.ts',
  'test/checker/dense.test.ts',
  'test/checker/committed.test.ts',
  'test/checker/power-loss.test.ts',
  'test/checker/producer-order.test.ts',
  'test/checker/oracle.test.ts',
];

const NEMESIS = [
  'test/nemesis/cluster-nemesis.test.ts',
  'test/nemesis/campaign.test.ts',
  'test/nemesis/nemesis.test.ts',
];

export const TARGETS: readonly Target[] = [
  { file: 'src/checker/findings/judgement.ts', tests: CHECKER },
  { file: 'src/checker/verdict.ts', tests: CHECKER },
  {
    file: 'src/checker/questions/faults.ts',
    tests: ['test/checker/faults.test.ts', 'test/checker/check.test.ts'],
  },
  { file: 'src/checker/facts/unwatched.ts', tests: ['test/checker/unwatched.test.ts'] },
  { file: 'src/runner/settle.ts', tests: ['test/runner/settle.test.ts'] },
  { file: 'src/runner/scan.ts', tests: ['test/runner/scan.test.ts'] },
  { file: 'src/runner/read-back.ts', tests: ['test/runner/read-back.test.ts'] },
  { file: 'src/runner/watch.ts', tests: ['test/runner/watch.test.ts'] },
  { file: 'src/runner/consumers.ts', tests: ['test/runner/consumers.test.ts'] },
  { file: 'src/nemesis/campaign.ts', tests: NEMESIS },
  { file: 'src/nemesis/cluster-nemesis.ts', tests: NEMESIS },
  { file: 'src/nemesis/link-faults.ts', tests: NEMESIS },
  { file: 'src/nemesis/process-faults.ts', tests: NEMESIS },
];

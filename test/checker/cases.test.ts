import { join } from 'node:path';
import test from 'ava';
import { check } from '../../src/checker/check.ts';
import type { FindingKind, Verdict } from '../../src/checker/result.ts';
import { readInterchange } from '../../src/history/interchange/read.ts';

/** Small whole histories in test/cases, each with the verdict on Kafka's contract and the finding that it must get. */
const CASES: [file: string, verdict: Verdict, finding: FindingKind | null][] = [
  ['dirty-min.ndjson', 'invalid', 'lost-after-read'],
  ['dirty-min-ok.ndjson', 'invalid', 'lost-after-read'],
  ['dirty-min-fail.ndjson', 'invalid', 'lost-after-read'],
  ['dirty-read-hole.ndjson', 'invalid', 'lost-after-read'],
  ['dirty-read-sent.ndjson', 'invalid', 'lost-after-read'],
  ['dirty-sim-1483.ndjson', 'invalid', 'lost-after-read'],
  ['acks1-seen-lost.ndjson', 'invalid', 'lost-after-read'],
  ['acks1-seen-lost-notmore.ndjson', 'invalid', 'lost-after-read'],
  ['session-min.ndjson', 'invalid', 'producer-order'],
  ['session-info.ndjson', 'invalid', 'producer-order'],
  ['first-batch-behind.ndjson', 'invalid', 'producer-order'],
  ['dup2-noidem.ndjson', 'valid', 'duplicate'],
  ['dup2-noidem-eo.ndjson', 'valid', 'duplicate'],
  ['dup2-default.ndjson', 'invalid', 'duplicate'],
  ['batch-base.ndjson', 'valid', 'misplaced'],
];

for (const [file, verdict, finding] of CASES) {
  test(`${file}: ${verdict}`, (t) => {
    const run = readInterchange(join(import.meta.dirname, '../cases', file));
    const result = check(run, { claim: 'contract' });
    t.is(result.verdict, verdict, result.reasons.join(' '));
    if (finding !== null) t.true(result.counts[finding] > 0);
  });
}

import test from 'ava';
import type { Finding, FindingKind } from '../../src/checker/result.ts';
import { trySeed } from '../../src/search/sweep.ts';
import { BUG_NAMES, BUGS, type Bug } from '../../src/sim/bugs.ts';

/**
 * The checker is tested against bugs whose truth is known: each is found within so many seeds, under its right name
 * and with the blame where it belongs. The correct model under the same seeds is never accused.
 */
const SEEDS_MAX = 500;

const FOUND_AS: Record<Bug, { kind: FindingKind; blame: Finding['blame'] }> = {
  'truncate-to-high-watermark': { kind: 'lost', blame: 'broker' },
  'ack-before-replication': { kind: 'lost', blame: 'broker' },
  'high-watermark-early': { kind: 'lost', blame: 'broker' },
  'unfenced-zombie': { kind: 'lost', blame: 'broker' },
  'out-of-sync-election': { kind: 'lost', blame: 'broker' },
  'torn-tail': { kind: 'lost', blame: 'broker' },
  // A client that gives a repetition another number looks the same from outside.
  'duplicate-on-retry': { kind: 'duplicate', blame: 'unknown' },
  'sequence-rollback': { kind: 'lost', blame: 'client' },
  'resolved-without-sending': { kind: 'lost', blame: 'client' },
  // A client that reports a failure it cannot know looks the same from outside.
  'failed-but-appended': { kind: 'aborted-read', blame: 'unknown' },
  'offset-reset': { kind: 'misplaced', blame: 'broker' },
  // One scan cannot tell a record that is not there from one that was not handed over.
  'reader-skips': { kind: 'lost', blame: 'broker' },
  // Kafka's own clients have done this as well as brokers could (KAFKA-19012).
  'wrong-topic': { kind: 'phantom', blame: 'unknown' },
  'flipped-byte': { kind: 'phantom', blame: 'broker' },
  'stale-end-offset': { kind: 'end-regressed', blame: 'broker' },
  'out-of-order-append': { kind: 'misplaced', blame: 'broker' },
};

for (const bug of BUG_NAMES) {
  test(`${bug}: ${BUGS[bug]}`, async (t) => {
    t.timeout(180_000);
    const { kind, blame } = FOUND_AS[bug];
    for (let seed = 1; seed <= SEEDS_MAX; seed++) {
      const { verdict, accusations, reason } = await trySeed(seed, { bug, claim: 'contract' });
      t.not(verdict, 'crashed', reason);
      const found = accusations.filter((finding) => finding.kind === kind);
      if (found.length === 0) continue;
      t.true(
        found.some((finding) => finding.blame === blame),
        `seed ${seed} blames ${found.map((finding) => finding.blame).join(', ')}`,
      );
      const correct = await trySeed(seed, { bug: null, claim: 'contract' });
      t.not(correct.verdict, 'invalid', `seed ${seed} without the bug: ${correct.reason}`);
      t.log(`${kind}, ${blame}, by seed ${seed}`);
      return;
    }
    t.fail(`not found by ${SEEDS_MAX} seeds`);
  });
}

test('the correct model is never accused', async (t) => {
  t.timeout(180_000);
  for (let seed = 1; seed <= 300; seed++) {
    const { verdict, reason } = await trySeed(seed, { bug: null, claim: 'contract' });
    t.true(verdict === 'valid' || verdict === 'inconclusive', `seed ${seed} is ${verdict}: ${reason}`);
  }
});

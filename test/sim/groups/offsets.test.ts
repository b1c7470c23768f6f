import test from 'ava';
import { fc, testProp } from '@fast-check/ava';
import { GroupOffsets, type Pending } from '../../../src/sim/groups/offsets.ts';

/** What a group has committed, as its coordinator has it in its memory. */
test('what stands last in the log counts, in whatever order it is heard of', (t) => {
  const offsets = new GroupOffsets();
  t.is(offsets.of(0), -1);
  offsets.commit({ partition: 0, offset: 9 }, 4);
  offsets.commit({ partition: 0, offset: 5 }, 3);
  t.is(offsets.of(0), 9);
  offsets.commit({ partition: 0, offset: 2 }, 5);
  t.is(offsets.of(0), 2);
});

test('offsets of a transaction are undecided from their sending to their end', (t) => {
  const offsets = new GroupOffsets();
  const pending: Pending[] = [{ partition: 0, offset: 7, at: null }];
  offsets.begin(1, pending);
  t.true(offsets.isUndecided(0));
  t.false(offsets.isUndecided(1));
  // Its marker was of the transaction before: this one is not in the log yet.
  offsets.end(1, true);
  t.deepEqual([offsets.of(0), offsets.isUndecided(0)], [-1, true]);
  pending[0]!.at = 3;
  offsets.end(2, true);
  t.is(offsets.of(0), -1, 'another producer');
  offsets.end(1, true);
  t.deepEqual([offsets.of(0), offsets.isUndecided(0)], [7, false]);
});

test('what is withdrawn or aborted is not committed', (t) => {
  const offsets = new GroupOffsets();
  const pending: Pending[] = [{ partition: 0, offset: 7, at: null }];
  offsets.begin(1, pending);
  offsets.withdraw(1, pending);
  t.false(offsets.isUndecided(0));
  offsets.begin(1, [{ partition: 0, offset: 8, at: 1 }]);
  offsets.end(1, false);
  t.deepEqual([offsets.of(0), offsets.isUndecided(0)], [-1, false]);
});

const entries = fc.array(
  fc.oneof(
    fc.record({ what: fc.constant('plain' as const), partition: fc.nat(1), offset: fc.nat(9) }),
    fc.record({
      what: fc.constant('pending' as const),
      producer: fc.nat(1),
      partition: fc.nat(1),
      offset: fc.nat(9),
    }),
    fc.record({ what: fc.constantFrom('commit' as const, 'abort' as const), producer: fc.nat(1) }),
  ),
  { maxLength: 12 },
);

testProp('a log tells what its last entry does that was committed', [entries], (t, log) => {
  const offsets = new GroupOffsets();
  for (const [at, entry] of log.entries()) {
    if (entry.what === 'plain') offsets.commit(entry, at);
    else if (entry.what === 'pending') offsets.begin(entry.producer, [{ ...entry, at }]);
    else offsets.end(entry.producer, entry.what === 'commit');
  }
  const endOf = (producer: number, at: number) =>
    log.find(
      (entry, index) =>
        index > at &&
        (entry.what === 'commit' || entry.what === 'abort') &&
        'producer' in entry &&
        entry.producer === producer,
    )?.what;
  for (const partition of [0, 1]) {
    const counting = log.filter(
      (entry, at) =>
        'partition' in entry &&
        entry.partition === partition &&
        (entry.what === 'plain' || endOf(entry.producer, at) === 'commit'),
    );
    const last = counting.at(-1);
    t.is(offsets.of(partition), last !== undefined && 'offset' in last ? last.offset : -1);
    const isOpen = log.some(
      (entry, at) =>
        entry.what === 'pending' && entry.partition === partition && endOf(entry.producer, at) === undefined,
    );
    t.is(offsets.isUndecided(partition), isOpen);
  }
});

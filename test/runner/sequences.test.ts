import test from 'ava';
import { fc } from '@fast-check/ava';
import type { Fetched } from '../../src/client/client.ts';
import { SequenceWatch } from '../../src/runner/sequences.ts';
import { holds } from '../holds.ts';

/** Batches as a scan returns them, one record each, in the order of the log. */
function repeatedIn(batches: readonly { producer: number; epoch?: number; sequence: number }[]): number[] {
  const watch = new SequenceWatch();
  return batches.flatMap(({ producer, epoch = 0, sequence }, offset) => {
    const batch = { producerId: producer, epoch, sequence };
    return watch.goesBack({ partition: 0, offset, value: null, batch }) === null ? [] : [offset];
  });
}

test('a log that a broker kept in order repeats no number', (t) => {
  t.deepEqual(repeatedIn([0, 1, 2].map((sequence) => ({ producer: 1, sequence }))), []);
  t.deepEqual(repeatedIn([0, 0, 1, 1].map((sequence, index) => ({ producer: index % 2, sequence }))), []);
});

test('the second batch with one number is a repetition, at once or later', (t) => {
  t.deepEqual(repeatedIn([0, 1, 1, 2].map((sequence) => ({ producer: 1, sequence }))), [2]);
  t.deepEqual(repeatedIn([0, 1, 2, 0].map((sequence) => ({ producer: 1, sequence }))), [3]);
});

test('what goes back goes back behind the highest number so far', (t) => {
  const watch = new SequenceWatch();
  const told = [3, 5, 4, 5].map((sequence, offset) =>
    watch.goesBack({ partition: 0, offset, value: null, batch: { producerId: 1, epoch: 0, sequence } }),
  );
  t.deepEqual(told, [null, null, 5, 5]);
});

test('a new epoch counts from zero again, and so do numbers after the last', (t) => {
  t.deepEqual(
    repeatedIn([
      { producer: 1, sequence: 5 },
      { producer: 1, epoch: 1, sequence: 0 },
    ]),
    [],
  );
  t.deepEqual(repeatedIn([2 ** 31 - 1, 0, 1].map((sequence) => ({ producer: 1, sequence }))), []);
});

test('records of one batch count once, and those of other producers not at all', (t) => {
  const watch = new SequenceWatch();
  const batch = { producerId: 1, epoch: 0, sequence: 0 };
  const records: Fetched[] = [0, 1, 2].map((offset) => ({ partition: 0, offset, value: null, batch }));
  t.true(records.every((record) => watch.goesBack(record) === null));
  t.is(watch.goesBack({ partition: 0, offset: 3, value: null }), null);
});

test('whatever is repeated after a correct log is noticed, and nothing else', (t) => {
  holds(
    t,
    fc.property(fc.array(fc.nat(3), { minLength: 1, maxLength: 30 }), fc.nat(), (producers, at) => {
      const next = new Map<number, number>();
      const log = producers.map((producer) => {
        const sequence = next.get(producer) ?? 0;
        next.set(producer, sequence + 1);
        return { producer, sequence };
      });
      t.deepEqual(repeatedIn([...log, log[at % log.length]!]), [log.length]);
    }),
  );
});

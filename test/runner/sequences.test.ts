import test from 'ava';
import { fc } from '@fast-check/ava';
import type { Fetched } from '../../src/client/client.ts';
import { SequenceWatch } from '../../src/runner/sequences.ts';
import { holds } from '../holds.ts';

/** Batches as a scan returns them, one record each, in the order of the log. */
function repeatedIn(batches: readonly { producer: number; epoch?: number; sequence: number }[]): number[] {
  const watch = new SequenceWatch();
  return batches.flatMap(({ producer, epoch = 0, sequence }, offset) => {
    const batch = { producerId: producer, epoch, sequence, baseOffset: offset };
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
    watch.goesBack({
      partition: 0,
      offset,
      value: null,
      batch: { producerId: 1, epoch: 0, sequence, baseOffset: offset },
    }),
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

test('the records of a batch count up, and those of producers that are not idempotent not at all', (t) => {
  const watch = new SequenceWatch();
  const batch = { producerId: 1, epoch: 0, sequence: 0, baseOffset: 0 };
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

test('a whole batch that is there twice is a repetition of each of its records', (t) => {
  const watch = new SequenceWatch();
  const told = [0, 3, 6].flatMap((baseOffset) =>
    [0, 1, 2].map((place) => {
      const batch = { producerId: 1, epoch: 0, sequence: baseOffset === 6 ? 0 : baseOffset, baseOffset };
      return watch.goesBack({ partition: 0, offset: baseOffset + place, value: null, batch });
    }),
  );
  t.deepEqual(told, [null, null, null, null, null, null, 5, 5, 5]);
});

test('a batch that begins inside the one before it repeats the records that both have', (t) => {
  const watch = new SequenceWatch();
  const record = (sequence: number, baseOffset: number, place: number) =>
    watch.goesBack({
      partition: 0,
      offset: baseOffset + place,
      value: null,
      batch: { producerId: 1, epoch: 0, sequence, baseOffset },
    });
  t.deepEqual([record(0, 0, 0), record(0, 0, 1), record(1, 2, 0), record(1, 2, 1)], [null, null, 1, null]);
});

test('whatever is in a log, a batch of records is watched as the same records in batches of one', (t) => {
  const batches = fc.array(
    fc.record({ producer: fc.nat(2), sequence: fc.nat(20), records: fc.integer({ min: 1, max: 4 }) }),
    { maxLength: 20 },
  );
  holds(
    t,
    fc.property(batches, (log) => {
      const [together, alone] = [new SequenceWatch(), new SequenceWatch()];
      let end = 0;
      for (const { producer, sequence, records } of log) {
        const batch = { producerId: producer, epoch: 0, sequence, baseOffset: end };
        for (let place = 0; place < records; place++) {
          const offset = end + place;
          const own = { producerId: producer, epoch: 0, sequence: sequence + place, baseOffset: offset };
          const record = { partition: 0, offset, value: null };
          t.is(together.goesBack({ ...record, batch }), alone.goesBack({ ...record, batch: own }));
        }
        end += records;
      }
    }),
  );
});

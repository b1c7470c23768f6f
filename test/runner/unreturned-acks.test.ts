import { fc } from '@fast-check/ava';
import test from 'ava';
import { UnreturnedAcks } from '../../src/runner/unreturned-acks.ts';
import { holds } from '../holds.ts';

test('what is missing is what was acknowledged and not returned, counted by partition', (t) => {
  const value = fc.record({
    worker: fc.nat(3),
    seq: fc.oneof(fc.nat(70), fc.constantFrom(31, 32, 2_047, 2_048, 100_000)),
  });
  holds(
    t,
    fc.property(
      fc.uniqueArray(value, { selector: JSON.stringify }),
      fc.array(value),
      fc.nat(),
      (acked, others, some) => {
        const returned = [...others, ...acked.filter((_, index) => ((some >> index) & 1) === 1)];
        const partitionOf = ({ worker, seq }: { worker: number; seq: number }) => (worker + seq) % 3;
        const unreturned = new UnreturnedAcks(3);
        const model = new Map<string, number>();
        for (const one of acked) {
          unreturned.acknowledged({ ...one, partition: partitionOf(one) });
          model.set(JSON.stringify(one), partitionOf(one));
        }
        for (const one of returned) {
          unreturned.returned({ ...one, partition: partitionOf(one) });
          model.delete(JSON.stringify(one));
        }
        const expected = [0, 1, 2].map(
          (partition) => [...model.values()].filter((p) => p === partition).length,
        );
        t.deepEqual(unreturned.missing, expected);
      },
    ),
  );
  t.pass();
});

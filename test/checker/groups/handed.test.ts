import { fc, testProp } from '@fast-check/ava';
import { Handed } from '../../../src/checker/groups/handed.ts';
import { skippedRecords } from '../../../src/checker/groups/skipped.ts';
import { effort } from '../../oracle/effort.ts';
import { duplicatesByDefinition, skippedByDefinition } from '../../oracle/group.ts';
import { finalScan, found, runOfStory } from '../story.ts';

/** What members were handed, held against the log: by one pass, and by the definitions. */
const PARTITIONS = [0, 1];
const partition = fc.constantFrom(...PARTITIONS);
/** Small ones, and ones on both sides of the words and pages in which offsets are kept. */
const offset = fc.oneof(fc.nat(8), fc.constantFrom(31, 32, 33, 65_535 * 32, 2 ** 32 + 1));
const handed = fc.array(fc.record({ life: fc.constantFrom(2, 3, 4), partition, offset }), { maxLength: 14 });
const log = fc.uniqueArray(fc.record({ partition, offset }), {
  selector: (each) => `${each.partition}/${each.offset}`,
  maxLength: 10,
});
const committed = fc.array(fc.integer({ min: -1, max: 40 }), { minLength: 1, maxLength: 2 });
/** A reader that is no member was given this. */
const others = fc.array(fc.record({ life: fc.constant(9), partition, offset }), { maxLength: 3 });

testProp(
  'what was skipped, and what was handed out again',
  [handed, log, committed, others],
  (t, given, inLog, offsets, byOthers) => {
    const records = inLog.map((place, seq) => ({ ...place, seq }));
    const run = runOfStory({
      reads: [
        ...[...given, ...byOthers].map(({ life, ...at }, seq) =>
          found(at.offset, `1:${seq}`, { scan: life, partition: at.partition, at: 5 }),
        ),
        ...records.map(({ seq, ...at }) => found(at.offset, `0:${seq}`, { partition: at.partition })),
      ],
      events: PARTITIONS.map((each) => finalScan(2 ** 33, { partition: each })),
      batchRows: 5,
    });
    const places = new Map(offsets.entries());
    const members = new Handed(run, new Set([2, 3, 4]));
    t.deepEqual(
      [...skippedRecords(run, places, members)].map(({ seq }) => seq),
      skippedByDefinition(records, places, given).map(({ seq }) => seq),
    );
    const { again, windowMax } = duplicatesByDefinition(given);
    t.deepEqual([members.count, members.again, members.windowMax], [given.length, again, windowMax]);
  },
  effort(500),
);

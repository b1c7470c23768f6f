import test from 'ava';
import { fc } from '@fast-check/ava';
import type { Event } from '../../src/history/event.ts';
import type { Contract } from '../../src/history/run.ts';
import { effort } from '../oracle/effort.ts';
import { outOfOrder } from '../oracle/producer-order.ts';
import {
  acked,
  anomalies,
  failed,
  FINAL,
  finalScan,
  found,
  isolated,
  judge,
  leads,
  only,
  S,
  sent,
  type Story,
  unknown,
} from './story.ts';
import { holds } from '../holds.ts';

/** One worker has two records under way, and the one that it sent first comes to stand behind the other. */
const IDEMPOTENT: Partial<Contract> = { idempotence: true };
const SWAPPED: Story = {
  writes: [acked('0:1', 0, { at: 1.1, until: 4 }), acked('0:0', 1, { at: 1, until: 4.1 })],
  reads: [found(0, '0:1'), found(1, '0:0')],
  events: [finalScan(2)],
  contract: IDEMPOTENT,
  claim: 'contract',
};

test('an idempotent producer’s record stands behind one that it sent later', (t) => {
  const result = judge(SWAPPED);
  t.deepEqual(
    anomalies(result),
    { 'producer-order': 1 },
    'real time is not contradicted: both were under way',
  );
  t.is(result.verdict, 'invalid');
  t.like(only(result, 'producer-order'), { judgement: 'violation', values: 'w0 0', offsets: [1, 1] });
  t.is(
    only(result, 'producer-order').examples[0]!.detail,
    'w0:0 was sent at 1.0 s and stands at offset 1; w0:1 was sent only at 1.1 s and stands at offset 0',
  );
});

test('without idempotence it is permitted and told, and breaks neither claim', (t) => {
  for (const contract of [{ idempotence: false }, { idempotence: true, acks: 1 as const }]) {
    const result = judge({ ...SWAPPED, contract });
    t.is(only(result, 'producer-order').judgement, 'permitted');
    t.is(result.verdict, 'valid');
    t.regex(result.reasons.join(' '), /1 record stands behind one that the same producer sent later/);
    t.is(judge({ ...SWAPPED, contract, claim: 'kept' }).verdict, 'valid');
  }
});

test('what may have cost the leader its memory of sequence numbers permits it', (t) => {
  const changed = [...SWAPPED.events!, leads(1, 1, 0), ...isolated('f1', 1, 3), leads(2, 2, 2)];
  const of = (more: Story) => judge({ ...SWAPPED, ...more });
  t.is(only(of({ events: changed }), 'producer-order').judgement, 'violation', 'a clean election keeps it');
  const unclean = { ...IDEMPOTENT, uncleanLeaderElection: true };
  t.is(only(of({ events: changed, contract: unclean }), 'producer-order').judgement, 'permitted');
  t.is(of({ contract: unclean }).verdict, 'inconclusive', 'it is unknown who led');
  const assumed = { ...IDEMPOTENT, assumed: ['acks' as const] };
  t.is(of({ contract: assumed }).verdict, 'inconclusive', 'it is unknown which acks there were');
});

test('only records of one session are compared, and only where the order in which they were sent is known', (t) => {
  const countOf = (more: Story) => judge({ ...SWAPPED, ...more }).counts['producer-order'];
  t.is(countOf({}), 1);
  const answers = (other: ReturnType<typeof acked>) => countOf({ writes: [other, ...SWAPPED.writes!] });
  t.is(answers(unknown('0:9', { at: 0.5, until: 1.05 })), 0, 'a fresh session began between them');
  t.is(answers(failed('0:9', { at: 0.5, until: 1.05 })), 0, 'or may have begun');
  t.is(answers(unknown('0:9', { at: 0.5, until: 0.9 })), 1, 'both are of the fresh session');
  t.is(answers(unknown('1:9', { at: 0.5, until: 1.05 })), 1, 'that is another producer');
  const [later, earlier] = SWAPPED.writes!;
  const open = [later!, { ...unknown('0:0', { at: 1 }), completeNs: null }];
  t.is(countOf({ writes: open }), 1, 'an answer that never came ends no session');
  t.is(countOf({ writes: [later!, { ...earlier!, invokeNs: later!.invokeNs }] }), 0, 'at one moment');
  t.is(countOf({ writes: [later!, sent('0:0', { at: 1, until: 4 })] }), 1);
  t.is(countOf({ info: { workerIsSession: false } }), 0);
  t.is(countOf({ info: { world: 'simulated' } }), 0, 'sessions of own runs are not recorded');
  const twice = [...SWAPPED.reads!, found(2, '0:0')];
  t.is(countOf({ reads: twice, events: [finalScan(3)] }), 0, 'a copy has no place of its own');
  const elsewhere = [later!, { ...earlier!, offset: 2 }];
  t.is(countOf({ writes: elsewhere }), 0, 'it is misplaced, and that is told');
  const jumped = [later!, { ...earlier!, completeNs: 0 }];
  t.is(judge({ ...SWAPPED, writes: jumped }).verdict, 'inconclusive', 'the clock did not run forwards');
});

/** Records in the order of the log: sent in any order, some of them without an answer, and some that failed. */
const record = fc.record({
  worker: fc.nat(2),
  invoke: fc.nat(12),
  took: fc.integer({ min: 1, max: 8 }),
  fate: fc.constantFrom('acked', 'acked', 'acked', 'unknown', 'open', 'failed'),
});

test('the sweep finds what the definition says, however many slots it takes at a time', (t) => {
  let broken = 0;
  const runs = effort(4_000);
  holds(
    t,
    fc.property(fc.array(record, { maxLength: 8 }), fc.boolean(), (records, onlyAcked) => {
      const log: ReturnType<typeof acked>[] = [];
      const writes = records.map(({ worker, invoke, took, fate }, index) => {
        const words = { at: invoke, until: invoke + took };
        const value = `${worker}:${index}`;
        if (!onlyAcked && fate === 'failed') return failed(value, words);
        const known = onlyAcked || fate === 'acked';
        const write = known ? acked(value, log.length, words) : unknown(value, words);
        if (!known && fate === 'open') write.completeNs = null;
        log.push(write);
        return write;
      });
      const { counts } = judge({
        writes: writes.toSorted((a, b) => (a.completeNs ?? Infinity) - (b.completeNs ?? Infinity)),
        reads: log.map(({ worker, seq }, offset) => found(offset, `${worker}:${seq}`)),
        events: [finalScan(log.length)],
        contract: IDEMPOTENT,
      });
      const expected = outOfOrder(writes, log).length;
      if (expected > 0) broken++;
      t.is(counts['producer-order'], expected);
    }),
    runs,
  );
  t.true(broken > runs.numRuns / 5 && broken < (runs.numRuns * 19) / 20, `${broken}`);
});

/** A run of this program's own: the final scan found number 4 of a producer behind number 5. */
const NUMBERED: Story = {
  ...SWAPPED,
  info: { world: 'real' },
  events: [
    {
      type: 'repetition',
      timeNs: 99 * S,
      scan: FINAL,
      partition: 0,
      offset: 1,
      producerId: 7,
      sequence: 4,
      highest: 5,
    },
    ...SWAPPED.events!,
  ],
};
const numberedAs = (more: { sequence?: number; highest?: number; scan?: number }): Story => ({
  ...NUMBERED,
  events: NUMBERED.events!.map((event) => (event.type === 'repetition' ? { ...event, ...more } : event)),
});

test('in an own run the numbers in the log tell that a record stands behind one that was sent later', (t) => {
  const result = judge(NUMBERED);
  t.deepEqual(anomalies(result), { 'producer-order': 1 });
  t.is(result.verdict, 'invalid');
  t.like(only(result, 'producer-order'), { judgement: 'violation', values: 'w0 0', offsets: [1, 1] });
  t.is(
    only(result, 'producer-order').examples[0]!.detail,
    'w0:0 has the number 4 of its producer and stands at offset 1, behind number 5',
  );
  t.deepEqual(
    anomalies(judge({ ...NUMBERED, events: SWAPPED.events! })),
    {},
    'times alone tell nothing there',
  );
});

test('numbers need no clock', (t) => {
  const writes = [acked('0:1', 0, { at: 3, until: 9 }), acked('0:0', 1, { at: 1, until: 2 })];
  t.is(anomalies(judge({ ...NUMBERED, writes }))['producer-order'], 1);
});

test('what may have cost the leader its memory of the numbers permits that they go back', (t) => {
  const events = [...NUMBERED.events!, leads(1, 1, 0), leads(2, 2, 2)];
  const contract = { ...IDEMPOTENT, uncleanLeaderElection: true };
  t.is(only(judge({ ...NUMBERED, events, contract }), 'producer-order').judgement, 'permitted');
});

test('a number that the log has had before is no matter of order, nor what another scan found', (t) => {
  const stories: [why: string, story: Story][] = [
    ['the same number', numberedAs({ sequence: 5 })],
    ['of an older version', { ...NUMBERED, events: numberedWithoutHighest() }],
    ['another scan', numberedAs({ scan: 1 })],
    ['an empty offset', { ...NUMBERED, reads: [found(0, '0:1'), found(1, null)] }],
  ];
  for (const [why, story] of stories) t.is(anomalies(judge(story))['producer-order'], undefined, why);
  const copy: Story = {
    ...NUMBERED,
    writes: [acked('0:0', 0, { at: 1 }), acked('0:1', 2, { at: 2 })],
    reads: [found(0, '0:0'), found(1, '0:0'), found(2, '0:1')],
    events: [...NUMBERED.events!.slice(0, 1), finalScan(3)],
  };
  t.deepEqual(anomalies(judge(copy)), { duplicate: 1 }, 'it stands there twice');
});

test('where rows may be missing, the other copy may be among them', (t) => {
  for (const file of ['reads.arrow', 'writes.arrow']) {
    const damage = [{ file, kind: 'corrupt', detail: 'a batch is gone' }] as const;
    t.is(anomalies(judge({ ...NUMBERED, damage: [...damage] }))['producer-order'], undefined, file);
  }
});

function numberedWithoutHighest(): Event[] {
  return NUMBERED.events!.map((event) => {
    if (event.type !== 'repetition') return event;
    const { highest: _, ...older } = event;
    return older;
  });
}

import test from 'ava';
import { Failure } from '../../../src/core/failure.ts';
import type { Event } from '../../../src/history/event.ts';
import { type Rows, runOf } from '../../../src/history/memory.ts';
import type { RunInfo } from '../../../src/history/run.ts';
import { explanationText } from '../../../src/report/explain/explanation-text.ts';
import type { Explanation, Life } from '../../../src/report/explain/life.ts';
import { explain, type Question } from '../../../src/report/explain/lives.ts';
import {
  acked,
  CONSUMER,
  CONTRACT,
  consumed,
  end,
  failed,
  FINAL,
  finalScan,
  found,
  isolated,
  leads,
  NODES,
  S,
  truncated,
  unknown,
} from '../../checker/story.ts';

/** The lives of records of tiny histories, in words. */
const reader: Event = {
  ...finalScan(3),
  scan: CONSUMER,
  name: 'audit',
  final: false,
  invokeNs: 2 * S,
  completeNs: 60 * S,
};

function told(rows: Rows, question: Question): { life: Life; text: string; all: Explanation } {
  const all = explain(runOf({ ...rows, info: { nodes: NODES, world: 'real', ...rows.info } }), question);
  return { all, life: all.records[0]!, text: explanationText(all, { columns: 80 }) };
}
const of = (value: string): Question => {
  const [worker, seq] = value.split(':').map(Number) as [number, number];
  return { value: { worker, seq } };
};

/** kafka1 acknowledges 0:1 while it is cut off, kafka2 takes over and gives its offset to 1:0. */
const LOST: Rows = {
  info: {
    contract: { ...CONTRACT, acks: 1, minInsyncReplicas: 1 },
  },
  writes: [
    acked('0:0', 0, { at: 1 }),
    acked('0:1', 1, { at: 5 }),
    acked('1:0', 1, { at: 9, broker: 2 }),
    acked('1:1', 2, { at: 9.5, broker: 2 }),
  ],
  reads: [
    consumed(0, '0:0', { at: 2 }),
    consumed(1, '1:0', { at: 11 }),
    consumed(2, '1:1', { at: 12 }),
    found(0, '0:0'),
    found(1, '1:0'),
    found(2, '1:1'),
  ],
  events: [
    leads(1, 0, 0.5),
    ...isolated('f1', 3, 8),
    leads(2, 1, 4, { startOffset: 1 }),
    truncated('kafka1', 1, 8.5),
    truncated('kafka3', 2, 8.6),
    end(1, 7, { broker: 1 }),
    end(2, 10, { broker: 2 }),
    reader,
    finalScan(3),
  ],
};

test('a lost record: who acknowledged it, who took over, which log was cut, who went past it', (t) => {
  const { text, life } = told(LOST, of('0:1'));
  t.is(life.standing.where, 'nowhere');
  t.is(
    text.slice(0, text.indexOf('\nFindings')),
    `Record w0:1: acknowledged, and not found in the end

    0.5 s  kafka1 is first seen to lead partition 0 in epoch 0
    3.0 s  fault “isolate leader from cluster” (kafka1) takes effect
    4.0 s  kafka2 is first seen to lead partition 0 in epoch 1, from offset 1
    5.0 s  due to be written to partition 0
    5.0 s  sent in one attempt, to kafka1
    5.1 s  acknowledged at offset 1 by kafka1 (leader epoch 0), 100 ms after it
           was sent
    7.0 s  kafka1 gives the end offset 1: the last one below the record (offset
           1)
    8.0 s  fault “isolate leader from cluster” is undone
    8.5 s  kafka1 cuts its log to offset 1
   10.0 s  kafka2 gives the end offset 2: the first one above it (offset 1)
   12.0 s  the reader “audit” goes past offset 1 without it: it is given offset
           2 (there it is given w1:0)
  101.0 s  the final scan “final” is over and was not given it: it read from
           offset 0 to the end 3

In the end
  The final scan read the partition, and did not find it.
  Offset 1 of partition 0 holds w1:0; acknowledged there: w0:1 at 5.1 s and w1:0
  at 9.1 s.
`,
  );
  t.regex(text, /Lost \(truncated\); .*Permitted: acks=1 promises survival/s);
  t.true(text.split('\n').every((line) => line.length <= 80));
});

test('a cut above its offset, or before it was sent, is no part of its life; nor is a fault that was over', (t) => {
  const rows = {
    ...LOST,
    events: [
      ...LOST.events!,
      truncated('kafka3', 0, 4.9),
      ...isolated('f0', 1, 2),
      ...isolated('f9', 100, null),
    ],
  };
  // It was due before the cut, and sent only after it.
  const late = rows.writes!.map((write) => ({ ...write, intendedNs: Math.min(write.intendedNs, 4 * S) }));
  const { life } = told({ ...rows, writes: late }, of('0:1'));
  t.deepEqual(
    life.steps.flatMap((step) => (step.what === 'cut' ? [`${step.node} ${step.timeNs / S}`] : [])),
    ['kafka1 8.5'],
  );
  t.deepEqual(
    life.steps.flatMap((step) => (step.what === 'fault-start' ? [step.id] : [])),
    ['f1'],
  );
});

test('a healthy record is found once, and what came later is not told', (t) => {
  const { text, life } = told(LOST, of('0:0'));
  t.is(life.standing.where, 'once');
  t.deepEqual(life.findings, []);
  t.regex(text, /^Record w0:0: acknowledged, and found once\n/);
  t.regex(text, /2\.0 s {2}the reader “audit” is given it at offset 0 of partition 0/);
  t.regex(text, /100\.0 s {2}the final scan “final” is given it at offset 0/);
  t.regex(text, /None is about this record/);
  t.notRegex(text, /isolate|cuts|kafka2 is first|goes past|not given/);
});

test('a record that took the place of another one: the finding is about its offset', (t) => {
  const { life, text } = told(LOST, of('1:0'));
  t.is(life.standing.where, 'once');
  t.deepEqual(
    life.findings.map(({ kind, about }) => [kind, about]),
    [['divergent', 'offset']],
  );
  t.regex(text, /Divergent, of its offset/);
  t.regex(text, /acknowledged at offset 1 by kafka2 \(leader epoch 1\)/);
});

test('a duplicated record stands at two places, and a misplaced one at another than it was told', (t) => {
  const rows: Rows = {
    writes: [acked('0:0', 0), acked('0:1', 1), acked('0:2', 3)],
    reads: [found(0, '0:0'), found(1, '0:1'), found(2, '0:1'), found(4, '0:2')],
    events: [finalScan(5)],
  };
  const duplicated = told(rows, of('0:1'));
  t.is(duplicated.life.standing.where, 'more-than-once');
  t.true(duplicated.life.findings.some(({ kind, about }) => kind === 'duplicate' && about === undefined));
  t.regex(
    duplicated.text,
    /The final scan found it 2 times: at offset 1 of partition 0 and offset 2 of\n {2}partition 0\./,
  );
  const misplaced = told(rows, of('0:2'));
  t.is(misplaced.life.standing.where, 'once');
  t.true(misplaced.life.findings.some(({ kind }) => kind === 'misplaced'));
  t.regex(misplaced.text, /acknowledged at offset 3 by kafka1/);
  t.regex(misplaced.text, /found it once, at offset 4 of partition 0/);
  t.regex(misplaced.text, /Offset 3 of partition 0 is empty: the final scan read beyond it/);
});

test('what the history does not tell is said to be not known', (t) => {
  const rows: Rows = {
    info: { leadershipFrom: 'metadata' },
    writes: [
      acked('0:0', null, { broker: null }),
      unknown('0:1', { attempts: 3 }),
      failed('0:2'),
      { ...unknown('0:3'), completeNs: null, error: null },
    ],
    reads: [found(0, '0:0'), consumed(0, '2:7')],
    events: [finalScan(2, { covered: false, reason: 'no answer' })],
  };
  t.deepEqual(told(rows, of('0:0')).life.notKnown, [
    'At which offset it was acknowledged.',
    'Which broker acknowledged it.',
    'Who led partition 0.',
    'What the end offset of partition 0 was while it was written.',
    'Which producer id and sequence number its batch had.',
  ]);
  const lost = told(rows, of('0:1'));
  t.is(lost.life.standing.where, 'not-known');
  t.regex(lost.text, /sent in 3 attempts, the last of them to kafka1/);
  t.regex(lost.text, /its outcome stays unknown \(REQUEST_TIMED_OUT\), 100 ms after/);
  t.regex(lost.text, /To which brokers the first 2 attempts went\./);
  t.regex(lost.text, /Whether any of its attempts was stored: no answer says it\./);
  t.regex(lost.text, /no final scan read all of its partition/);
  t.regex(lost.text, /end 2, of which it did not read all/);
  t.regex(
    told(rows, of('0:2')).text,
    /failed by kafka1 \(NOT_ENOUGH_REPLICAS\), 100 ms after it was sent: the\n/,
  );
  t.notRegex(told(rows, of('0:2')).text, /no request log/);
  const unsent = told({ ...rows, writes: [failed('0:2', { attempts: 0 })] }, of('0:2')).text;
  t.regex(unsent, /given to the client; no request with it reached a socket/);
  t.deepEqual(
    told({ ...rows, writes: [failed('0:2', { attempts: 0 })] }, of('0:2')).life.steps.flatMap((step) =>
      step.what === 'sent' ? [step.node] : [],
    ),
    [null],
  );
  t.regex(told(rows, of('0:3')).text, /What became of its write: the history ends before that/);
  const strange = told(rows, of('2:7'));
  t.regex(strange.text, /^Record w2:7: without a row of its write/);
  t.regex(strange.text.replaceAll(/\s+/g, ' '), /the history has no row of its write/);
});

test('a write of unknown outcome that was found was stored, so that this is known', (t) => {
  const rows: Rows = { writes: [unknown('0:0', { attempts: 1 })], events: [leads(1, 0, 0.5), finalScan(1)] };
  const stored = 'Whether any of its attempts was stored: no answer says it.';
  t.true(told(rows, of('0:0')).life.notKnown.includes(stored));
  t.false(told({ ...rows, reads: [found(0, '0:0')] }, of('0:0')).life.notKnown.includes(stored));
});

test('an epoch is told only where it is certain, and a leader that was seen late is told so', (t) => {
  const rows = (info: Partial<RunInfo>, events: Event[]): Rows => ({
    info,
    writes: [acked('0:0', 0, { at: 1 })],
    reads: [found(0, '0:0')],
    events: [...events, finalScan(1)],
  });
  t.regex(told(rows({}, [leads(1, 3, 0.5)]), of('0:0')).text, /by kafka1 \(leader epoch 3\), 100 ms/);
  t.regex(
    told(rows({}, [leads(1, 3, 1.5)]), of('0:0')).text.replaceAll(/\s+/g, ' '),
    /by kafka1 \(first seen to lead at 1\.5 s, in epoch 3\), 100 ms/,
  );
  const sampled = rows({ leadershipFrom: 'metadata' }, [
    leads(1, 3, 0.5),
    leads(2, 4, 0.7),
    leads(1, 5, 0.9),
  ]);
  t.regex(told(sampled, of('0:0')).text, /at offset 0 by kafka1, 100 ms/);
  t.regex(told(sampled, of('0:0')).text, /In which leader epoch it was acknowledged/);
});

test('the request log tells what brokers answered, with the numbers of the record itself', (t) => {
  const produced = (code: number, at: number, offset: number | null): Event => ({
    type: 'produced',
    timeNs: at * S,
    node: 'kafka1',
    partition: 0,
    values: [
      [0, 0],
      [0, 1],
    ],
    producerId: 7,
    epoch: 0,
    sequence: 4,
    code,
    offset,
  });
  const { text, life } = told(
    {
      info: { requestLog: true },
      writes: [acked('0:0', 0), acked('0:1', 1)],
      reads: [found(0, '0:0'), found(1, '0:1')],
      events: [produced(6, 1.02, 7), produced(0, 1.05, 0), finalScan(2)],
    },
    of('0:1'),
  );
  t.regex(text, /request log: kafka1 answers with error code 6 for partition 0/);
  // An offset beside an error is none.
  t.deepEqual(
    life.steps.flatMap((step) => (step.what === 'produced' ? [step.offset] : [])),
    [null, 1],
  );
  t.regex(
    text,
    /request log: kafka1 takes it at offset 1 for partition 0 \(producer 7,\n\s+epoch 0, sequence 5\)/,
  );
  t.notRegex(text, /no request log|Which producer id/);
});

test('by its offset every record is told that was given it, and what stands there now', (t) => {
  const { all, text } = told(LOST, { place: { partition: 0, offset: 1 } });
  t.deepEqual(
    all.records.map(({ value }) => value),
    ['w0:1', 'w1:0'],
  );
  t.regex(text, /^Offset 1 of partition 0 holds w1:0; acknowledged there: w0:1/);
  const empty = told(
    { writes: [acked('0:0', 2)], reads: [found(2, '0:0')], events: [finalScan(3)] },
    { place: { partition: 0, offset: 1 } },
  );
  t.deepEqual(empty.all.records, []);
  t.regex(empty.text, /^Offset 1 of partition 0 is empty.*No record of this run was acknowledged/s);
});

test('by the number of a finding its examples are told', (t) => {
  const { all, text } = told(LOST, { finding: 1 });
  t.deepEqual(
    all.records.map(({ value }) => value),
    ['w0:1'],
  );
  t.regex(text, /^Finding 1 of 2: 1 acknowledged record lost in partition 0\. Acknowledged by\n {2}kafka1/);
  t.regex(text, /during “isolate leader from cluster”/);
});

test('what is not there is refused in a sentence that says what is', (t) => {
  const refused = (question: Question) => {
    const { message, hint, exitStatus } = t.throws<Failure>(() => told(LOST, question), {
      instanceOf: Failure,
    });
    t.is(exitStatus, 64);
    return `${message}: ${hint}`;
  };
  t.is(refused(of('7:0')), 'no write and no read of w7:0 is in this history: its workers are 0 to 1');
  t.is(refused(of('0:9')), 'no write and no read of w0:9 is in this history: worker 0 wrote 0:0 to 0:1');
  t.regex(
    refused({ place: { partition: 0, offset: 3 } }),
    /at offset 3 of partition 0: the highest .* is 2$/,
  );
  t.regex(refused({ place: { partition: 4, offset: 0 } }), /no partition 4 .*: its only partition is 0$/);
  t.regex(refused({ finding: 3 }), /no finding 3 .*: it has 2 findings/);
});

test('a damaged history says that it may have had more', (t) => {
  const run = runOf(LOST);
  const damaged = {
    ...run,
    damage: () => [{ file: 'reads.arrow', kind: 'torn' as const, detail: 'It ends after 12 bytes.' }],
  };
  t.regex(
    explanationText(explain(damaged, of('0:1'))),
    /Damage\n {2}reads\.arrow is damaged: It ends after 12 bytes\.\n {2}What is missing there/,
  );
  const thrown = t.throws<Failure>(() => explain(damaged, of('0:9')), { instanceOf: Failure });
  t.regex(thrown.hint, /reads\.arrow is damaged, so it may have had it/);
});

test('a transaction: its begin, its end, and the marker behind the record', (t) => {
  const { life, text } = told(
    {
      info: { transactions: { ids: ['a'], version: 2, timeoutMs: 1_000, stateMinInsyncReplicas: 2 } },
      writes: [
        { ...acked('0:0', 0, { at: 2 }), transaction: 3 },
        { ...acked('0:1', 1, { at: 2.2 }), transaction: 3 },
      ],
      reads: [found(0, '0:0', { producerId: 9, epoch: 1 }), found(1, '0:1', { producerId: 9, epoch: 1 })],
      transactions: [
        {
          worker: 0,
          number: 3,
          producerId: 9,
          epoch: 1,
          endProducerId: 9,
          endEpoch: 2,
          beginNs: 1.5 * S,
          end: 'commit',
          endInvokeNs: 3 * S,
          endCompleteNs: 3.5 * S,
          outcome: 'committed',
          error: null,
          attempts: 1,
          answered: 1,
        },
      ],
      markers: [
        // Those of others, before and behind it, are none of its own.
        { ...MARKER, producerId: 8, offset: 2, kind: 'commit' },
        { ...MARKER, offset: 5, kind: 'commit' },
        { ...MARKER, offset: 3, kind: 'abort' },
        { ...MARKER, offset: 4, kind: 'commit' },
      ],
      events: [...isolated('f1', 3.2, 4), finalScan(6)],
    },
    of('0:0'),
  );
  const flat = text.replaceAll(/\s+/g, ' ');
  t.regex(flat, /^Record w0:0: acknowledged in a transaction that was committed, and found once/);
  t.regex(flat, /1\.5 s its transaction, number 3 of its worker, begins \(producer 9, epoch 1\) 2\.0 s due/);
  t.regex(flat, /3\.0 s the client asks to commit the transaction 3\.2 s fault “isolate/);
  t.regex(flat, /3\.5 s the client learns that the transaction is committed/);
  t.regex(
    flat,
    /in a batch of producer 9, epoch 1; the next marker of that producer is an abort at offset 3/,
  );
  t.true(life.findings.some(({ kind, about }) => kind === 'lost-committed' && about === 'transaction'));
});

const MARKER = {
  scan: FINAL,
  partition: 0,
  producerId: 9,
  epoch: 1,
  coordinatorEpoch: 0,
  timeNs: 100 * S,
} as const;

test('a loss of power is no change of leader', (t) => {
  const lost: Event[] = isolated('f1', 3, 4).map((event) =>
    event.type === 'fault-start' ? { ...event, fault: { kind: 'power-loss', target: 'kafka1' } } : event,
  );
  const { life } = told(
    {
      writes: [acked('0:0', 0, { at: 5 })],
      reads: [found(0, '0:0')],
      events: [leads(1, 0, 0.5), ...lost, finalScan(1)],
    },
    of('0:0'),
  );
  t.deepEqual(
    life.steps.flatMap((step) => (step.what === 'leader' ? [`${step.node} ${step.timeNs / S}`] : [])),
    ['kafka1 0.5'],
  );
});

test('while nothing was watched, no epoch is certain', (t) => {
  const gap: Event = {
    type: 'gap',
    watch: 'views',
    timeNs: 3 * S,
    fromNs: 0.9 * S,
    toNs: 3 * S,
    reason: 'no answer',
  };
  const { text } = told(
    { writes: [acked('0:0', 0)], reads: [found(0, '0:0')], events: [leads(1, 0, 0.5), gap, finalScan(1)] },
    of('0:0'),
  );
  t.notRegex(text, /leader epoch 0/);
  t.regex(text, /In which leader epoch it was acknowledged/);
  t.regex(text, /Whether the leader changed from 0\.9 s to 3\.0 s: nothing was observed then/);
});

test('what an imported history leaves out is not made up', (t) => {
  const { text } = told(
    {
      info: { world: 'imported' },
      writes: [acked('0:0', 0, { broker: null })],
      reads: [found(0, '0:0', { at: 0 })],
      events: [finalScan(1)],
    },
    of('0:0'),
  );
  const flat = text.replaceAll(/\s+/g, ' ');
  t.notRegex(flat, /due|attempt/);
  t.regex(flat, /1\.0 s sent, to whom is not known/);
  t.regex(
    flat,
    /101\.0 s the final scan “final” is given it at offset 0 of partition 0 \(when exactly is not told\)/,
  );
});

test('a group that has committed beyond it, and the copies that it made', (t) => {
  const commit = (at: number, offset: number, outcome: 'ok' | 'unknown'): Event => ({
    type: 'offset-commit',
    member: 1,
    scan: CONSUMER,
    generation: 1,
    offsets: [{ partition: 0, offset }],
    invokeNs: at * S,
    completeNs: at * S,
    outcome,
    error: null,
  });
  const { text } = told(
    {
      info: { copies: { partitions: 1 } },
      transactions: [],
      writes: [
        acked('0:0', 0),
        { ...acked('1:0', 4, { at: 6, partition: 1 }), copyOf: 0 },
        { ...acked('1:1', 5, { at: 7, partition: 1 }), copyOf: 1 },
      ],
      reads: [found(0, '0:0')],
      events: [
        commit(5, 0, 'ok'),
        commit(6, 1, 'unknown'),
        commit(8, 2, 'ok'),
        commit(9, 3, 'ok'),
        finalScan(1),
      ],
    },
    of('0:0'),
  );
  t.regex(text, /8\.0 s {2}member 1 of the group has committed 2, which is beyond offset 0/);
  t.regex(text, /6\.1 s {2}a copy of it, w1:0 to partition 1, is acknowledged at offset 4/);
  t.notRegex(text, /w1:1|committed [013]/);
});

test('a reader is told to have gone past only what it came to', (t) => {
  const passed = (events: Event[], reads: Rows['reads']) =>
    told(
      {
        ...LOST,
        reads: [...LOST.reads!.slice(3), ...reads!],
        events: [...LOST.events!.slice(0, -2), ...events, finalScan(3)],
      },
      of('0:1'),
    )
      .life.steps.filter(({ what }) => what === 'passed')
      .map(({ timeNs }) => timeNs / S);
  const behind = consumed(2, '1:1', { at: 12 });
  // Bounds that are told decide; without them it must have come from below.
  t.deepEqual(passed([reader], [behind]), [12]);
  t.deepEqual(passed([{ ...reader, from: 2 }], [behind]), []);
  // One that was led back to below the offset had gone past it all the same.
  t.deepEqual(passed([{ ...reader, end: 1 }], [behind]), [12]);
  t.deepEqual(passed([], [behind]), []);
  t.deepEqual(passed([], [consumed(0, '0:0', { at: 2 }), behind]), [12]);
  t.deepEqual(passed([reader], [consumed(1, '0:1', { at: 6 }), behind]), []);
});

test('an end below the offset after one above it is told', (t) => {
  const { life } = told(
    { ...LOST, events: [...LOST.events!, end(1, 11), end(1, 12), end(9, 13)] },
    of('0:1'),
  );
  t.deepEqual(
    life.steps.flatMap((step) =>
      step.what === 'end' ? [`${step.which} ${step.end} ${step.timeNs / S}`] : [],
    ),
    ['below 1 7', 'above 2 10', 'below-again 1 11'],
  );
});

test('of many steps of one kind the first are told, and how many are left out', (t) => {
  const cuts = Array.from({ length: 14 }, (_, index) => truncated('kafka3', 1, 20 + index));
  const { text, life } = told({ ...LOST, events: [...LOST.events!, ...cuts] }, of('0:1'));
  t.is(life.steps.filter(({ what }) => what === 'cut').length, 15);
  t.is(text.match(/cuts its log/g)!.length, 10);
  t.regex(text, /… and 5 more steps “cut” \(--json has all\)/);
});

test('what the checker took back is no finding about it', (t) => {
  // One worker's record stands behind one that it sent later; then an answer shows that the clock went back.
  const swapped: Rows = {
    info: { world: 'imported', contract: CONTRACT_OF_ONE_SESSION },
    writes: [acked('0:1', 0, { at: 1.1, until: 4 }), acked('0:0', 1, { at: 1, until: 4.1 })],
    reads: [found(0, '0:1'), found(1, '0:0'), found(2, '1:0')],
    events: [finalScan(3)],
  };
  const kinds = (writes: Rows['writes']) =>
    told({ ...swapped, writes: writes! }, of('0:0')).life.findings.map(({ kind }) => kind);
  const later = acked('1:0', 2, { at: 8, until: 9 });
  t.deepEqual(kinds([...swapped.writes!, later]), ['producer-order']);
  t.deepEqual(kinds([later, ...swapped.writes!]), []);
});

const CONTRACT_OF_ONE_SESSION = {
  acks: 'all' as const,
  minInsyncReplicas: 2,
  replicationFactor: 3,
  uncleanLeaderElection: false,
  idempotence: true,
  clientRetries: false,
};

import test from 'ava';
import { fc } from '@fast-check/ava';
import { RequestLog } from '../../src/checker/facts/request-log.ts';
import type { Event, ProducedEvent } from '../../src/history/event.ts';
import type { RunInfo } from '../../src/history/run.ts';
import { holds } from '../holds.ts';
import { saidOf } from '../oracle/request-log.ts';
import { acked, finalScan, found, judge, leads, only, S, type Story, unknown } from './story.ts';

/** What a proxy saw of requests and answers says what a client library's report is worth. */
const took = (
  values: string[],
  { at = 5, ...more }: Partial<ProducedEvent> & { at?: number } = {},
): ProducedEvent => ({
  type: 'produced',
  timeNs: at * S,
  node: 'kafka1',
  partition: 0,
  values: values.map((value) => value.split(':').map(Number) as [number, number]),
  code: 0,
  offset: 0,
  ...more,
});
const numbered = (sequence: number, offset: number) => ({ producerId: 7, epoch: 0, sequence, offset });

const BY_LIBRARY: Pick<Story, 'contract' | 'info'> = {
  contract: { acks: 'all', minInsyncReplicas: 2, clientRetries: true },
  info: { client: { library: 'some', version: '1.0', mode: 'application' }, requestLog: true },
};

/** Two records were acknowledged, and the log has the first one only. */
const lost = (events: Event[], more: Partial<Story> = {}): Story => ({
  ...BY_LIBRARY,
  writes: [acked('0:0', 0, { at: 4 }), acked('0:1', null, { at: 5 })],
  reads: [found(0, '0:0')],
  events: [leads(1, 4, 0), ...events, finalScan(1)],
  ...more,
});

test('a success that no broker gave is the library’s', (t) => {
  const finding = only(judge(lost([took(['0:0']), took(['0:1'], { code: 6, offset: null })])), 'lost');
  t.like(finding, { judgement: 'violation', blame: 'client', count: 1 });
  t.regex(finding.reason, /no broker had answered any request with this record without an error$/);
});

test('one that a broker gave is not', (t) => {
  for (const code of [0, 46]) {
    const finding = only(judge(lost([took(['0:0']), took(['0:1'], { code, offset: 1 })])), 'lost');
    t.notRegex(finding.reason, /no broker had answered/, `code ${code}`);
  }
});

test('a log with gaps proves nothing by what it does not say', (t) => {
  const unread = took([], { values: null });
  const noted = only(judge(lost([took(['0:0']), unread])), 'lost');
  t.notRegex(noted.reason, /no broker had answered/);
  const { requestLog: _, ...unsaid } = BY_LIBRARY.info!;
  const untold = only(judge(lost([took(['0:0'])], { info: unsaid })), 'lost');
  t.notRegex(untold.reason, /no broker had answered/, 'it is not said that there is such a log');
});

test('nor does one of which lines may be missing', (t) => {
  const damage = [{ file: 'events.ndjson', kind: 'torn' as const, detail: 'it ends in the middle' }];
  const { reason } = only(judge(lost([took(['0:0'])], { damage })), 'lost');
  t.notRegex(reason, /no broker had answered/);
});

const IDEMPOTENT: Partial<Story> = {
  contract: { ...BY_LIBRARY.contract, idempotence: true },
  writes: [unknown('0:0', { at: 4 }), acked('0:1', 0, { at: 5 })],
};

test('one sequence number for two records is the library’s doing', (t) => {
  const events = [took(['0:0'], numbered(0, 0)), took(['0:1'], { at: 6, ...numbered(0, 0) })];
  const finding = only(judge(lost(events, IDEMPOTENT)), 'lost');
  t.like(finding, { judgement: 'violation', blame: 'client' });
  t.regex(finding.reason, /^requests with different records bore one sequence number of one producer/);
});

const OTHERS: [what: string, second: ProducedEvent, first?: ProducedEvent][] = [
  ['another number', took(['0:1'], { at: 6, ...numbered(1, 0) })],
  ['another epoch', took(['0:1'], { at: 6, ...numbered(0, 0), epoch: 1 })],
  ['another offset: it was appended', took(['0:1'], { at: 6, ...numbered(0, 1) })],
  [
    'neither was given an offset',
    took(['0:1'], { at: 6, ...numbered(0, 0), offset: null }),
    took(['0:0'], { ...numbered(0, 0), offset: null }),
  ],
  ['no number', took(['0:1'], { at: 6, offset: 0 })],
  [
    'the other one was refused',
    took(['0:1'], { at: 6, ...numbered(0, 0) }),
    took(['0:0'], { ...numbered(0, 0), code: 19 }),
  ],
  [
    'it is the same request again',
    took(['0:1'], { at: 6, ...numbered(0, 0) }),
    took(['0:1'], numbered(0, 0)),
  ],
];
for (const [what, second, first = took(['0:0'], numbered(0, 0))] of OTHERS) {
  test(`it does not count as a number that was given twice: ${what}`, (t) => {
    const { reason } = only(judge(lost([first, second], IDEMPOTENT)), 'lost');
    t.notRegex(reason, /bore one sequence number/);
  });
}

test('a record that a broker was sent in another partition, too, is there twice, and no phantom', (t) => {
  const twice = (events: Event[]): Story => ({
    ...BY_LIBRARY,
    writes: [acked('0:0', null, { at: 4, partition: 1 })],
    reads: [found(0, '0:0'), found(0, '0:0', { partition: 1 })],
    events: [leads(1, 4, 0), ...events, finalScan(1), finalScan(1, { partition: 1 })],
  });
  const told = judge(twice([took(['0:0'], { partition: 1 }), took(['0:0'])]));
  t.like(only(told, 'duplicate'), { judgement: 'permitted', blame: 'client', partition: 0 });
  t.is(told.counts.phantom, 0);
  t.is(judge(twice([took(['0:0'], { partition: 1 })])).counts.phantom, 1, 'nobody knows how it came there');
});

const event: fc.Arbitrary<ProducedEvent> = fc
  .record({
    values: fc.option(
      fc.uniqueArray(fc.tuple(fc.constant(0), fc.nat(2)), { maxLength: 2, selector: ([, seq]) => seq }),
      { freq: 8 },
    ),
    partition: fc.constantFrom(0, 0, 0, 1),
    code: fc.constantFrom(0, 0, 0, 46, 6),
    offset: fc.constantFrom(null, 0, 0, 1),
    number: fc.option(
      fc.record({
        producerId: fc.constantFrom(7, 7, 7, 8),
        epoch: fc.constantFrom(0, 0, 0, 1),
        sequence: fc.constantFrom(0, 0, 0, 1),
      }),
      { freq: 6 },
    ),
  })
  .map(({ number, ...said }) => ({
    type: 'produced' as const,
    timeNs: 0,
    node: 'kafka1',
    ...said,
    ...number,
  }));

test('it says what the definitions say', (t) => {
  const info = { requestLog: true } as RunInfo;
  holds(
    t,
    fc.property(fc.array(event, { maxLength: 6 }), (events) => {
      const log = new RequestLog({ info, events }, false);
      for (const seq of [0, 1, 2])
        t.deepEqual(
          {
            // Where something could not be read, nothing follows from what is not there.
            ...(events.every(({ values }) => values !== null) && {
              wasNeverTaken: log.wasNeverTaken(0, seq),
            }),
            wasTakenForAnother: log.wasTakenForAnother(0, seq),
            takenIn: [0, 1].filter((partition) => log.wasTakenIn(0, seq, partition)),
          },
          definedFor(events, seq),
        );
    }),
  );
});

function definedFor(events: readonly ProducedEvent[], seq: number): Partial<ReturnType<typeof saidOf>> {
  const { wasNeverTaken, ...said } = saidOf(events, [0, seq]);
  return events.every(({ values }) => values !== null) ? { ...said, wasNeverTaken } : said;
}

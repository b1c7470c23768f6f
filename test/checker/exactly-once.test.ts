import test from 'ava';
import { fc } from '@fast-check/ava';
import { check } from '../../src/checker/check.ts';
import type { Anomaly } from '../../src/checker/findings/grouping.ts';
import type { Event, ScanEvent } from '../../src/history/event.ts';
import type { OffsetFetchEvent } from '../../src/history/group.ts';
import { runOf } from '../../src/history/memory.ts';
import type { Marker, Transaction } from '../../src/history/transaction.ts';
import type { Read, Write } from '../../src/history/write.ts';
import { holds } from '../holds.ts';
import { effort } from '../oracle/effort.ts';
import { exactlyOnceFindings } from '../oracle/exactly-once.ts';

/** Workers that copy partition 0 to partition 1: what the checker says of it is what the definitions say. */
const S = 1e9;
const COPIER = 1;
const PRODUCER = 7;
const LOADER = 100;

interface Drawn {
  /**
   * What the final scan found to be copied, and what a consumer was given at the same offset, where that is something else. What
   * was aborted and committed was written in a transaction.
   */
  from: ('kept' | 'changed' | 'unread' | 'gone' | 'foreign' | 'aborted' | 'committed')[];
  /** Of each copy: of which record, and of how many the history has no row. */
  copies: { source: number; isExplained: boolean }[];
  /** What stands in the log that is copied to: a copy, or a marker. */
  log: ({ copy: number; isPlain: boolean } | { kind: Marker['kind'] })[];
  /** Copies that a reader was given, which is none of the final scan. */
  given: number[];
  committed: number | null;
  isStable: boolean;
}

function historyOf({ from, copies, log, given, committed, isStable }: Drawn) {
  const write = (worker: number, seq: number, partition: number): Write => ({
    worker, seq, partition, intendedNs: S, invokeNs: S, completeNs: 2 * S, outcome: 'ok', error: null, offset: null,
    attempts: 1, broker: 1,
  }); // prettier-ignore
  const writes = [
    ...from.map((_, seq) => ({ ...write(0, seq, 0), offset: seq })),
    // What took the place of a record that a consumer had been given.
    ...from.map((_, seq) => write(2, seq, 0)),
    ...copies.map(({ source, isExplained }, seq) => ({
      ...write(COPIER, seq, 1),
      transaction: 0,
      ...(isExplained && { copyOf: source }),
    })),
  ];
  const reads: Read[] = [];
  const markers: Marker[] = [];
  const mark = (partition: number, offset: number, producerId: number, kind: Marker['kind']) =>
    markers.push({
      scan: 0, partition, offset, producerId, epoch: 0, kind, coordinatorEpoch: 0, timeNs: 60 * S,
    }); // prettier-ignore
  const read = (scan: number, partition: number, offset: number, [worker, seq]: [number, number]): Read => ({
    scan, partition, offset, worker, seq, timeNs: (scan === 0 ? 60 : 5) * S, integrity: 'valid',
  }); // prettier-ignore
  for (const [offset, state] of from.entries()) {
    if (state === 'foreign') {
      const foreign = { worker: null, seq: null, integrity: 'unreadable' as const };
      reads.push({ ...read(0, 0, offset, [0, offset]), ...foreign });
      continue;
    }
    const isTransactional = state === 'aborted' || state === 'committed';
    // Its marker stands behind everything.
    if (isTransactional)
      mark(0, from.length + offset, LOADER + offset, state === 'aborted' ? 'abort' : 'commit');
    if (state !== 'gone')
      reads.push({
        ...read(0, 0, offset, [state === 'changed' ? 2 : 0, offset]),
        ...(isTransactional && { producerId: LOADER + offset, epoch: 0 }),
      });
    if (state !== 'unread' && state !== 'gone') reads.push(read(1, 0, offset, [0, offset]));
  }
  for (const [offset, item] of log.entries()) {
    if ('kind' in item) mark(1, offset, PRODUCER, item.kind);
    else if (item.copy < copies.length)
      reads.push({
        ...read(0, 1, offset, [COPIER, item.copy]),
        ...(!item.isPlain && { producerId: PRODUCER, epoch: 0 }),
      });
  }
  for (const copy of given) if (copy < copies.length) reads.push(read(1, 1, copy, [COPIER, copy]));
  const transactions: Transaction[] = [
    {
      worker: COPIER, number: 0, producerId: PRODUCER, epoch: 0, endProducerId: null, endEpoch: null, beginNs: S, end: 'commit',
      endInvokeNs: 2 * S, endCompleteNs: null, outcome: 'unknown', error: null, attempts: 1, answered: 0,
    },
  ]; // prettier-ignore
  const scan = (partition: number, end: number): ScanEvent => ({
    type: 'scan', scan: 0, name: 'final', partition, from: 0, end, covered: true, final: true, invokeNs: 55 * S,
    completeNs: 61 * S, stable: end,
  }); // prettier-ignore
  const fetched: OffsetFetchEvent[] =
    committed === null
      ? []
      : [
          {
            type: 'offset-fetch', invokeNs: 53 * S, completeNs: 54 * S, final: true, error: null, stable: true,
            offsets: [{ partition: 0, offset: committed }],
          },
        ]; // prettier-ignore
  const events: Event[] = [
    scan(0, 2 * from.length),
    { ...scan(1, log.length), ...(!isStable && { stable: 0 }) },
    {
      type: 'scan', scan: 1, name: 'copier', partition: 0, from: 0, end: 0, covered: true, final: false, invokeNs: S,
      completeNs: 20 * S, isolation: 'read_committed', client: 'some-client 1.0',
    }, // prettier-ignore
    ...fetched,
  ];
  return { writes, reads, transactions, markers, events };
}

const INFO = {
  partitions: 2,
  workers: 3,
  transactions: { ids: ['', 't', ''], version: 2 as const, timeoutMs: 1_000, stateMinInsyncReplicas: 2 },
  copies: { partitions: 1 },
};

function findingsOf(history: ReturnType<typeof historyOf>): {
  found: Set<string>;
  doubts: readonly string[];
} {
  const found = new Set<string>();
  const onAnomaly = ({ kind, partition, offset }: Anomaly) => {
    if (kind.startsWith('eos-')) found.add(`${kind} ${partition}@${offset}`);
  };
  const { doubts = [] } = check(runOf({ ...history, info: INFO }, 3), { claim: 'kept', onAnomaly });
  return { found, doubts };
}

const drawnOf: fc.Arbitrary<Drawn> = fc.record({
  from: fc.array(
    fc.oneof(
      { weight: 8, arbitrary: fc.constant('kept' as const) },
      {
        weight: 1,
        arbitrary: fc.constantFrom(
          'changed' as const,
          'unread' as const,
          'gone' as const,
          'foreign' as const,
          'aborted' as const,
          'committed' as const,
        ),
      },
    ),
    { minLength: 1, maxLength: 5 },
  ),
  copies: fc.array(fc.record({ source: fc.nat(4), isExplained: fc.nat(9).map((drawn) => drawn > 0) }), {
    minLength: 1,
    maxLength: 6,
  }),
  log: fc.array(
    fc.oneof(
      { weight: 3, arbitrary: fc.record({ copy: fc.nat(5), isPlain: fc.boolean() }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('commit' as const, 'abort' as const) }) },
    ),
    { maxLength: 9 },
  ),
  given: fc.array(fc.nat(5), { maxLength: 2 }),
  committed: fc.option(fc.nat(5), { freq: 8 }),
  isStable: fc.nat(9).map((drawn) => drawn > 0),
});

test('what the definitions say is found, and nothing else', (t) => {
  const met = new Set<string>();
  holds(
    t,
    fc.property(drawnOf, (drawn) => {
      const history = historyOf(drawn);
      const expected = exactlyOnceFindings({ ...history, partitions: 1, committed: [drawn.committed] });
      for (const each of expected) met.add(each.split(' ')[0]!);
      t.deepEqual(findingsOf(history).found, expected);
    }),
    effort(3_000),
  );
  t.deepEqual([...met].toSorted(), ['eos-ahead', 'eos-duplicate', 'eos-missing', 'eos-reordered']);
});

/** Three records, each copied once, in their order, in one transaction that was committed. */
const WHOLE: Drawn = {
  from: ['kept', 'kept', 'kept'],
  copies: [0, 1, 2].map((source) => ({ source, isExplained: true })),
  log: [...[0, 1, 2].map((copy) => ({ copy, isPlain: false })), { kind: 'commit' }],
  given: [],
  committed: 3,
  isStable: true,
};
const found = (changed: Partial<Drawn>) => [...findingsOf(historyOf({ ...WHOLE, ...changed })).found];

test('each record has one copy: that is what was promised', (t) => {
  t.deepEqual(found({}), []);
});

test('a copy that is not committed is none', (t) => {
  const log = [...WHOLE.log.slice(0, 3), { kind: 'abort' as const }];
  t.deepEqual(found({ log }), ['eos-missing 0@0', 'eos-missing 0@1', 'eos-missing 0@2']);
  t.deepEqual(
    found({ log, committed: 0 }),
    [],
    'and none is missing where its offset was not committed either',
  );
});

test('what was not committed is not to be copied, and what was is', (t) => {
  const log = [...WHOLE.log.slice(0, 2), { kind: 'commit' as const }];
  t.deepEqual(found({ from: ['kept', 'kept', 'aborted'], log }), []);
  t.deepEqual(found({ from: ['kept', 'kept', 'committed'], log }), ['eos-missing 0@2']);
});

test('what was copied again is told, and what was copied without its offset', (t) => {
  const copies = [...WHOLE.copies, { source: 1, isExplained: true }];
  const log = [...WHOLE.log, { copy: 3, isPlain: false }, { kind: 'commit' as const }];
  t.deepEqual(found({ copies, log }), ['eos-duplicate 0@1']);
  t.deepEqual(found({ committed: 2 }), ['eos-ahead 0@2']);
});

test('where the log was cut off and written again, what was copied is not what is there: nobody is accused', (t) => {
  const changed = { ...WHOLE, from: ['kept', 'changed', 'kept'] as Drawn['from'], committed: 1 };
  const { found: accused, doubts } = findingsOf(historyOf(changed));
  t.deepEqual([...accused], ['eos-ahead 0@2']);
  t.true(doubts.some((doubt) => /1 offset of partition 0 was written again/.test(doubt)));
});

test('what cannot be known is a doubt', (t) => {
  const doubtsOf = (changed: Partial<Drawn>) =>
    findingsOf(historyOf({ ...WHOLE, ...changed })).doubts.join(' ');
  t.regex(doubtsOf({ isStable: false }), /judged in 0 of 1 partition/);
  t.regex(doubtsOf({ committed: null }), /committed offset/);
  const copies = WHOLE.copies.map((copy, index) => ({ ...copy, isExplained: index > 0 }));
  t.regex(doubtsOf({ copies }), /1 record of partition 1 is a copy|1 record of partition 1 is copies/);
  t.deepEqual(found({ copies }), [], 'what is not explained may be the copy that is missing');
});

test('only what the coordinator said when all was over counts, and only where it said something', (t) => {
  const { events, ...rows } = historyOf({ ...WHOLE, committed: null });
  const told = {
    type: 'offset-fetch' as const,
    invokeNs: S,
    completeNs: S,
    offsets: [{ partition: 0, offset: 0 }],
    stable: true,
  };
  const meanwhile: Event[] = [
    { ...told, error: null },
    { ...told, final: true, error: 'UNSTABLE_OFFSET_COMMIT' },
  ];
  const { found: accused, doubts } = findingsOf({ ...rows, events: [...events, ...meanwhile] });
  t.deepEqual([...accused], []);
  t.regex(doubts.join(' '), /The committed offset of partition 0 is not known/);
  const { found: ahead } = findingsOf({
    ...rows,
    events: [...events, { ...told, final: true, error: null }],
  });
  t.is(ahead.size, 3);
});

test('whose fault it is stays open: a library wrote the copies, whoever wrote what they are copies of', (t) => {
  const { findings } = check(
    runOf({
      ...historyOf({ ...WHOLE, committed: 2 }),
      info: { ...INFO, world: 'real', client: { library: 'kept', version: null, mode: 'audit' } },
    }),
    { claim: 'kept' },
  );
  const told = findings.filter(({ kind }) => kind.startsWith('eos-'));
  t.is(told.length, 1, findings.map(({ kind }) => kind).join());
  t.like(told[0], { kind: 'eos-ahead', judgement: 'violation', blame: 'unknown' });
});

import test from 'ava';
import { check } from '../../src/checker/check.ts';
import type { Event, ScanEvent } from '../../src/history/event.ts';
import { runOf, type Rows } from '../../src/history/memory.ts';
import type { RunInfo } from '../../src/history/run.ts';
import type { Marker, Transaction } from '../../src/history/transaction.ts';
import type { Read, Write } from '../../src/history/write.ts';

/** What is never held against anybody, one story each; and beside it what is. */
const S = 1e9;

/** A transaction of worker 0 with a record in partition 0, committed, as it should be; and what a story changes of it. */
function story(changed: {
  writes?: Partial<Write>[];
  reads?: Partial<Read>[];
  transaction?: Partial<Transaction>;
  markers?: Partial<Marker>[];
  scan?: Partial<ScanEvent>;
  events?: Event[];
  info?: Partial<NonNullable<Rows['info']>>;
}) {
  const writes = (changed.writes ?? [{}]).map((write, seq): Write => ({
    worker: 0, seq, partition: 0, intendedNs: S, invokeNs: S, completeNs: 2 * S, outcome: 'ok', error: null,
    offset: 2 * seq, attempts: 1, broker: 1, transaction: 0, ...write,
  })); // prettier-ignore
  const reads = (changed.reads ?? [{}]).map((read, seq): Read => ({
    scan: 0, partition: 0, offset: 2 * seq, worker: 0, seq, timeNs: 60 * S, integrity: 'valid', producerId: 7, epoch: 0,
    ...read,
  })); // prettier-ignore
  const transactions: Transaction[] = [
    {
      worker: 0, number: 0, producerId: 7, epoch: 0, endProducerId: null, endEpoch: null, beginNs: S / 2, end: 'commit',
      endInvokeNs: 3 * S, endCompleteNs: 4 * S, outcome: 'committed', error: null, attempts: 1, answered: 1,
      ...changed.transaction,
    },
  ]; // prettier-ignore
  const markers = (changed.markers ?? [{}]).map((marker, index): Marker => ({
    scan: 0, partition: 0, offset: 1 + 2 * index, producerId: 7, epoch: 0, kind: 'commit', coordinatorEpoch: 0, timeNs: 60 * S,
    ...marker,
  })); // prettier-ignore
  const end = 1 + Math.max(0, ...reads.map(({ offset }) => offset), ...markers.map(({ offset }) => offset));
  const scan: ScanEvent = {
    type: 'scan', scan: 0, name: 'final', partition: 0, from: 0, end, covered: true, final: true, invokeNs: 50 * S,
    completeNs: 61 * S, stable: end, ...changed.scan,
  }; // prettier-ignore
  const info = {
    world: 'real' as const,
    transactions: { ids: ['t', 't'], version: 1 as const, timeoutMs: 1_000, stateMinInsyncReplicas: 2 },
    ...changed.info,
  };
  return check(
    runOf({ info, writes, reads, transactions, markers, events: [scan, ...(changed.events ?? [])] }),
    {
      claim: 'kept',
    },
  );
}

const kindsOf = ({ findings }: ReturnType<typeof story>) => findings.map(({ kind }) => kind).toSorted();
const reader = (client: string): ScanEvent => ({
  type: 'scan', scan: 1, name: 'app', partition: 0, from: 0, end: 2, covered: true, final: false, isolation: 'read_committed',
  client, invokeNs: S, completeNs: 20 * S,
}); // prettier-ignore
const given = (timeNs: number): Partial<Read> => ({ scan: 1, offset: 0, seq: 0, timeNs });

test('a transaction that was committed, and is', (t) => {
  const result = story({});
  t.deepEqual([result.verdict, kindsOf(result)], ['valid', []]);
});

test('1: the answer comes before the markers, so a segment may be open for a while: a doubt, no accusation', (t) => {
  const early = story({ markers: [], scan: { invokeNs: 10 * S, stable: 0 } });
  t.deepEqual([early.verdict, kindsOf(early)], ['inconclusive', []]);
  t.true(early.doubts!.some((doubt) => doubt.includes('may still have been on their way to an end')));
  t.deepEqual(kindsOf(story({ markers: [] })), ['lost-committed']);
});

test('2: the last stable offset may lag as long as a transaction may be open', (t) => {
  const lagging = { markers: [], transaction: { outcome: 'unknown' as const, endCompleteNs: null } };
  t.deepEqual(kindsOf(story({ ...lagging, scan: { invokeNs: 10 * S, stable: 0 } })), []);
  const stuck = story({ ...lagging, scan: { stable: 0 } });
  t.deepEqual(kindsOf(stuck), ['lso-stuck']);
  t.regex(
    stuck.findings[0]!.examples[0]!.detail!,
    /the last stable offset is 0 and the end 1: a transaction by producer 7 has no end/,
  );
});

test('3: an acknowledgement promises nothing inside of a transaction that was not committed', (t) => {
  for (const outcome of ['aborted', 'unknown'] as const) {
    const gone = story({ reads: [], markers: [], transaction: { outcome }, scan: { end: 0, stable: 0 } });
    t.deepEqual(kindsOf(gone), [], outcome);
  }
  const lost = story({ reads: [], markers: [], scan: { end: 0, stable: 0 } });
  t.deepEqual(kindsOf(lost), ['lost'], 'of a committed one it does');
});

test('4: a reader that shows everything sees what was aborted', (t) => {
  const { isolation: _, ...plain } = reader('any');
  const aborted = {
    transaction: { end: 'abort' as const, outcome: 'aborted' as const },
    markers: [{ kind: 'abort' as const }],
  };
  t.deepEqual(kindsOf(story({ ...aborted, reads: [{}, given(9 * S)], events: [plain] })), []);
  const shown = story({ ...aborted, reads: [{}, given(9 * S)], events: [reader('some-client 1.0')] });
  t.deepEqual(kindsOf(shown), ['aborted-read']);
  t.like(shown.findings[0], { blame: 'client', judgement: 'violation', reader: 'some-client 1.0' });
});

test('7: a transaction that timed out is aborted without a word', (t) => {
  const timedOut = story({
    transaction: { end: 'open', endInvokeNs: null, endCompleteNs: null, outcome: 'unknown' },
    markers: [{ kind: 'abort' }],
  });
  t.deepEqual(kindsOf(timedOut), []);
});

test('8: markers take offsets, which are not empty', (t) => {
  t.deepEqual(
    kindsOf(story({ writes: [{}, { offset: 1 }], reads: [{}, { offset: 1 }], markers: [{ offset: 2 }] })),
    [],
  );
});

test('9: what is cut off below, or was compacted, is not judged', (t) => {
  const cut = story({ markers: [{ kind: 'abort' }], scan: { from: 1 } });
  t.deepEqual(kindsOf(cut), []);
  t.true(cut.doubts!.some((doubt) => doubt.startsWith('Transactions are not judged in partition 0')));
});

test('11: what brokers that lost power knew of transactions may be gone with it', (t) => {
  const torn = { writes: [{}, {}], reads: [{}, {}], markers: [{}, { kind: 'abort' as const }] };
  t.like(
    story(torn).findings.find(({ kind }) => kind === 'torn'),
    { judgement: 'violation', blame: 'protocol' },
  );
  const fault: Event[] = [
    {
      type: 'fault-start', id: 'f', fault: { kind: 'power-loss', target: 'leader' }, requestedNs: S, timeNs: S, targets: ['kafka1'],
      links: [], evidence: 'it is gone',
    },
    { type: 'fault-stop', id: 'f', requestedNs: 2 * S, timeNs: 2 * S, evidence: 'it runs' },
  ]; // prettier-ignore
  t.like(
    story({ ...torn, events: fault }).findings.find(({ kind }) => kind === 'torn'),
    { judgement: 'permitted' },
  );
  const version2 = {
    transactions: { ids: ['t'], version: 2 as const, timeoutMs: 1_000, stateMinInsyncReplicas: 2 },
  };
  t.like(
    story({ ...torn, info: version2 }).findings.find(({ kind }) => kind === 'torn'),
    { blame: 'broker' },
  );
});

test('12: a record that the client sent again under another producer id does not split its transaction', (t) => {
  const again = story({
    reads: [{}, { seq: 0, offset: 1, producerId: 8 }],
    markers: [{ offset: 2 }, { offset: 3, producerId: 8 }],
  });
  t.false(kindsOf(again).includes('split'));
  const twice = story({ reads: [{}, { seq: 0, offset: 2 }], markers: [{ offset: 1 }, { offset: 3 }] });
  t.true(kindsOf(twice).includes('split'));
});

test('a record that is read before its commit is asked for, on the same clock', (t) => {
  t.deepEqual(kindsOf(story({ reads: [{}, given(2.5 * S)], events: [reader('app')] })), ['dirty-read']);
  t.deepEqual(kindsOf(story({ reads: [{}, given(3 * S)], events: [reader('app')] })), []);
  const clocks = [{ host: 'elsewhere', workers: [0], uncertaintyNs: 10 }];
  t.deepEqual(kindsOf(story({ reads: [{}, given(2.5 * S)], events: [reader('app')], info: { clocks } })), []);
});

const FAULT: Event[] = [
  {
    type: 'fault-start', id: 'f', fault: { kind: 'kill', target: 'leader' }, requestedNs: S, timeNs: S, targets: ['kafka1'],
    links: [], evidence: 'it is gone',
  },
  { type: 'fault-stop', id: 'f', requestedNs: 2 * S, timeNs: 2 * S, evidence: 'it runs' },
]; // prettier-ignore
const transactions = { ids: ['t'], version: 1 as const, timeoutMs: 1_000, stateMinInsyncReplicas: 2 };
const tornOf = (result: ReturnType<typeof story>) => result.findings.find(({ kind }) => kind === 'torn');

test('what a coordinator with one copy of its log has forgotten is permitted, where brokers were struck', (t) => {
  const torn = { writes: [{}, {}], reads: [{}, {}], markers: [{}, { kind: 'abort' as const }] };
  const oneCopy = { transactions: { ...transactions, stateMinInsyncReplicas: 1 } };
  t.like(tornOf(story({ ...torn, info: oneCopy, events: FAULT })), { judgement: 'permitted' });
  t.like(tornOf(story({ ...torn, info: oneCopy })), { judgement: 'violation' }, 'nothing was struck');
  const unknown = { transactions: { ...transactions, stateMinInsyncReplicas: null } };
  t.like(tornOf(story({ ...torn, info: unknown, events: FAULT })), { judgement: 'permitted' });
  t.like(tornOf(story({ ...torn, events: FAULT })), { judgement: 'violation' }, 'it had two');
});

test('a part that is in no log is lost as any record is: that is no doing of the protocol', (t) => {
  const missing = { writes: [{}, {}], reads: [{}], markers: [{}] };
  t.like(tornOf(story(missing)), { judgement: 'violation', blame: 'broker' });
  const contract = { ...runOf({}).info.contract, minInsyncReplicas: 1 };
  t.like(tornOf(story({ ...missing, info: { transactions, contract }, events: FAULT })), {
    judgement: 'permitted',
  });
});

test('a marker is lost as any record is: where an unclean election may have cut it off, nothing is held against brokers', (t) => {
  // Its abort is gone, so that the end of the next transaction commits it.
  const cutOff = {
    transaction: { end: 'abort' as const, outcome: 'aborted' as const },
    reads: [{}],
    markers: [{ kind: 'commit' as const }],
  };
  const judged = (uncleanLeaderElection: boolean, events: Event[]) => {
    const contract = { ...runOf({}).info.contract, uncleanLeaderElection };
    const { findings } = story({ ...cutOff, info: { transactions, contract }, events });
    return findings.map(({ kind, judgement }) => `${kind} ${judgement}`);
  };
  t.deepEqual(judged(false, FAULT), ['aborted-read violation']);
  t.deepEqual(judged(true, FAULT), ['aborted-read permitted']);
  t.deepEqual(judged(true, []), ['aborted-read violation'], 'without a fault nobody is elected');
});

test('nor is a record that was shown too early, where the log or the coordinator may have lost something', (t) => {
  const judged = (more: Partial<RunInfo>, events: Event[]) => {
    const { findings } = story({
      reads: [{}, given(2.5 * S)],
      info: { transactions, ...more },
      events: [reader('app'), ...events],
    });
    return findings.map(({ kind, judgement }) => `${kind} ${judgement}`);
  };
  const contract = { ...runOf({}).info.contract, uncleanLeaderElection: true };
  t.deepEqual(judged({}, FAULT), ['dirty-read violation']);
  t.deepEqual(judged({ contract }, []), ['dirty-read violation']);
  t.deepEqual(judged({ contract }, FAULT), ['dirty-read permitted']);
  const forgetful = { ...transactions, stateMinInsyncReplicas: 1 };
  t.deepEqual(judged({ transactions: forgetful }, FAULT), ['dirty-read permitted']);
});

test('what was acknowledged after the scan had asked for the end may lie behind it', (t) => {
  const late = { writes: [{}, { completeNs: 55 * S }], reads: [{}], markers: [{}] };
  t.is(tornOf(story(late)), undefined);
});

test('a transaction that nothing ends is a known defect before Kafka 3.6', (t) => {
  const hanging = {
    markers: [],
    transaction: { outcome: 'unknown' as const, endCompleteNs: null },
    scan: { stable: 0 },
  };
  const of = (kafka: string) =>
    story({ ...hanging, info: { transactions, versions: { kept: '0', kafka } } }).findings[0];
  t.like(of('3.5.1'), { kind: 'lso-stuck', blame: 'protocol' });
  t.like(of('3.9.1'), { kind: 'lso-stuck', blame: 'broker' });
});

test('a reader goes past what was aborted, and leaves nothing out', (t) => {
  const aborted = {
    transaction: { end: 'abort' as const, outcome: 'aborted' as const },
    markers: [{ kind: 'abort' as const }],
  };
  t.deepEqual(kindsOf(story({ ...aborted, events: [reader('app')] })), []);
});

test('a log that was not returned in its order is not judged, and neither is what another scan says of markers', (t) => {
  const backwards = story({
    writes: [{}, {}],
    reads: [
      { offset: 2, epoch: 1 },
      { offset: 0, epoch: 0 },
    ],
    markers: [{ offset: 1, kind: 'abort' }],
  });
  t.deepEqual(
    kindsOf(backwards).filter(
      (kind) => kind !== 'misplaced' && kind !== 'divergent' && kind !== 'non-monotonic-read',
    ),
    [],
  );
  t.true(backwards.doubts!.some((doubt) => doubt.startsWith('Transactions are not judged in partition 0')));
  t.deepEqual(kindsOf(story({ markers: [{ offset: 1 }, { scan: 5, offset: 0.5, kind: 'abort' }] })), []);
});

test('markers may come in any order: their offsets tell theirs', (t) => {
  const swapped = story({
    writes: [{}, {}],
    reads: [{}, {}],
    markers: [
      { offset: 3, kind: 'abort' },
      { offset: 1, kind: 'commit' },
    ],
  });
  t.true(kindsOf(swapped).includes('torn'));
  t.regex(
    tornOf(swapped)!.examples[0]!.detail!,
    /w0:0 in partition 0 committed; w0:1 in partition 0 aborted/,
  );
});

test('where rows are missing transactions are not judged', (t) => {
  const rows = runOf({
    info: { transactions: { ids: ['t'], version: 1, timeoutMs: 1_000, stateMinInsyncReplicas: 2 } },
    transactions: [],
    markers: [],
  });
  const damage = [{ file: 'markers.arrow', kind: 'torn' as const, detail: 'It was cut.' }];
  const { doubts } = check({ ...rows, damage: () => damage }, { claim: 'kept' });
  t.true(doubts!.includes('Rows of the history are missing, so transactions are not judged.'));
});

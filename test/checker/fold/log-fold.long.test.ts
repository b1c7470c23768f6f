import test, { type ExecutionContext } from 'ava';
import { fc } from '@fast-check/ava';
import { check } from '../../../src/checker/check.ts';
import { beginLog, concludeLog, examineSegment } from '../../../src/checker/fold/log/log-fold.ts';
import type { LogState } from '../../../src/checker/fold/log/log-state.ts';
import { readLogState } from '../../../src/checker/fold/log/read-log-state.ts';
import { Failure } from '../../../src/core/failure.ts';
import { type Claim, FINDING_KINDS, type Result } from '../../../src/checker/result.ts';
import type { EndEvent } from '../../../src/history/event.ts';
import type { Damage, Run } from '../../../src/history/run.ts';
import { drawScenario } from '../../../src/scenario/swarm.ts';
import { tryOut } from '../../../src/search/trial.ts';
import { BUG_NAMES, type Bug } from '../../../src/sim/bugs.ts';
import { holds } from '../../holds.ts';
import { effort } from '../../oracle/effort.ts';
import { cutRun } from './cut-run.ts';
import {
  acked,
  failed,
  finalScan,
  found,
  isolated,
  leads,
  runOfStory,
  S,
  type Story,
  unknown,
} from '../story.ts';

function fold(segments: readonly Run[]): LogState {
  let state = beginLog(segments[0]!.info);
  for (const segment of segments) {
    state = examineSegment(state, segment);
    // As it is written to disk after each of them.
    state = readLogState(JSON.stringify(state), 'the test');
  }
  return state;
}

const rows = ({ writes, reads }: LogState) => writes.length + reads.length;

/** What is said of each kind, however neighbours are put into groups. */
function summary({ verdict, counts, findings }: Result) {
  const said = new Map<string, number>();
  for (const { kind, loss, partition, judgement, reason, blame, count } of findings) {
    const key = `${kind} ${loss} ${partition} ${judgement} ${blame} ${reason}`;
    said.set(key, (said.get(key) ?? 0) + count);
  }
  return { verdict, counts, findings: Object.fromEntries(said) };
}

async function simulated(seed: number, bug: Bug | null): Promise<Run> {
  return (await tryOut({ ...drawScenario(seed), seed, bug }, 'kept')).run;
}

const CUTS = fc
  .uniqueArray(fc.integer({ min: 1, max: 99 }), { minLength: 1, maxLength: 4 })
  .map((shares) => shares.toSorted((a, b) => a - b).map((share) => share / 100));

async function pool(): Promise<Run[]> {
  const runs: Run[] = [];
  for (const [at, bug] of [null, null, null, ...BUG_NAMES].entries()) {
    const run = await simulated(100 + at, bug);
    runs.push(run);
    const file = ['writes.arrow', 'reads.arrow', 'events.ndjson'][at % 3]!;
    const damage: Damage[] = [{ file, kind: 'torn', detail: 'It ends in the middle.' }];
    if (at % 2 === 0) runs.push({ ...run, damage: () => damage });
    // As another tool tells it: each worker is one session, and no offset may be empty.
    runs.push({ ...run, info: { ...run.info, workerIsSession: true, ...(at % 4 < 2 && { dense: true }) } });
  }
  return runs;
}

test('however a run is cut at settled scans, the fold says what one piece says, or less', async (t) => {
  t.timeout(600_000);
  const runs = await pool();
  let same = 0;
  let less = 0;
  let leftOut = 0;
  let eventsLeftOut = 0;
  for (const claim of ['kept', 'contract'] as const) {
    const whole = runs.map((run) => check(run, { claim }));
    holds(
      t,
      fc.property(fc.nat(runs.length - 1), CUTS, (index, cuts) => {
        const state = fold(cutRun(runs[index]!, cuts));
        const [folded, piece] = [concludeLog(state, claim), whole[index]!];
        leftOut += state.leftOut.writes;
        const { events } = runs[index]!;
        if (state.held.events.length + state.events.length < events.length) eventsLeftOut++;
        if (state.late === 0) {
          same++;
          t.deepEqual(summary(folded), summary(piece));
          return;
        }
        less++;
        for (const kind of FINDING_KINDS)
          if (kind !== 'unread') t.true(folded.counts[kind] <= piece.counts[kind], kind);
        if (folded.verdict === 'invalid') t.is(piece.verdict, 'invalid');
        else t.is(folded.verdict, 'inconclusive');
      }),
      effort(150),
    );
  }
  t.log(`${same} the same, ${less} said less, ${leftOut} writes left out, events ${eventsLeftOut} times`);
  t.true(same > 5 * less, `${same} the same, ${less} said less`);
  t.true(leftOut > 1_000);
  t.true(eventsLeftOut > 10);
});

test('what was observed before a cut still counts: ends of who did not lead, and the order of rows', async (t) => {
  const bug = 'stale-end-offset';
  const runs: [Run, number][] = [
    [await simulated(12_000, null), 0.9],
    [await simulated(3_003 + BUG_NAMES.indexOf(bug), bug), 0.01],
  ];
  for (const [run, cut] of runs) {
    const folded = concludeLog(fold(cutRun(run, [cut])), 'kept');
    t.deepEqual(summary(folded), summary(check(run, { claim: 'kept' })));
  }
});

/** One of several segments of a log: as many writes, all of them found by a scan that goes on where the last one ended. */
function segmentOf(number: number, writesEach: number): Story {
  const from = number * writesEach;
  const at = (index: number) => 10 * number + index / writesEach;
  const indexes = Array.from({ length: writesEach }, (_, index) => index);
  return {
    info: { world: 'simulated' },
    writes: indexes.map((index) => acked(`0:${from + index}`, from + index, { at: at(index) })),
    reads: indexes.map((index) => found(from + index, `0:${from + index}`, { at: 10 * number + 8 })),
    events: [
      finalScan(from + writesEach, {
        from,
        invokeNs: (10 * number + 7) * S,
        completeNs: (10 * number + 9) * S,
      }),
    ],
  };
}
const segment = (number: number, more: (story: Story) => Story = (story) => story): Run =>
  runOfStory(more(segmentOf(number, 10)));
const verdictOf = (state: LogState): Result => concludeLog(state, 'kept');

test('of a thousand clean segments only a few rows are kept, and all are counted', (t) => {
  t.timeout(120_000);
  const clean = runOfStory(segmentOf(0, 10)).info;
  let state = beginLog(clean);
  let most = 0;
  for (let number = 0; number < 1_000; number++) {
    state = examineSegment(state, segment(number));
    most = Math.max(most, JSON.stringify({ ...state, info: null }).length);
  }
  t.true(rows(state) <= 6, `${rows(state)} rows`);
  t.true(most < 4_000, `${most} bytes`);
  t.is(state.events.length, 1, 'scans that go on are one');
  const { verdict, counts, reasons } = verdictOf(state);
  t.is(verdict, 'valid');
  t.is(counts.ok, 10_000);
  t.is(reasons[0], 'Every one of 10,000 acknowledged records is there.');
});

/** A leader that is isolated for a while, and another one in the next epoch; nothing is lost. */
function eventfulSegment(number: number): Story {
  const story = segmentOf(number, 10);
  const at = 10 * number;
  const end = (offset: number, seconds: number): EndEvent => ({
    type: 'end',
    partition: 0,
    offset,
    invokeNs: seconds * S,
    completeNs: (seconds + 0.01) * S,
    broker: 1 + (number % 3),
  });
  const gap = { type: 'gap', watch: 'views', fromNs: (at + 4) * S, reason: 'nobody answered' } as const;
  const consumer = { scan: 100 + number, name: `reader ${number}`, final: false, invokeNs: at * S };
  return {
    ...story,
    writes: [
      ...story.writes!,
      unknown(`5:${number}`, { at: at + 2 }),
      unknown(`6:${number}`, { at: at + 3, partition: 0 }),
    ],
    reads: [
      ...story.reads!.map((read) => ({ ...read, offset: read.offset + number })),
      found(10 * number + number + 10, `6:${number}`, { at: at + 8 }),
      ...story.reads!.map((read) => ({
        ...read,
        offset: read.offset + number,
        scan: consumer.scan,
        timeNs: (at + 6) * S,
      })),
    ].toSorted((a, b) => a.scan - b.scan),
    events: [
      leads(1 + (number % 3), number, at, { startOffset: 11 * number }),
      ...isolated(`fault-${number}`, at + 1, at + 3.5, [`kafka${1 + ((number + 2) % 3)}`]),
      { ...gap, timeNs: (at + 4.5) * S, toNs: null },
      { ...gap, timeNs: (at + 5) * S, toNs: (at + 5) * S },
      { type: 'log', node: 'kafka1', timeNs: at * S, text: `election ${number}` },
      end(11 * number + 5, at + 0.5),
      end(11 * number + 10, at + 5.9),
      finalScan(11 * number + 10, { ...consumer, from: 11 * number, completeNs: (at + 6) * S }),
      finalScan(11 * number + 11, {
        from: 11 * number,
        invokeNs: (at + 7) * S,
        completeNs: (at + 9) * S,
      }),
    ],
  };
}

const eventful = (number: number): Story => {
  const story = eventfulSegment(number);
  const writes = story.writes!.map((write) =>
    write.offset === null ? write : { ...write, offset: write.offset + number, broker: 1 + (number % 3) },
  );
  return { ...story, writes };
};

test('of segments with faults, elections and readers, too, only what is open is kept', (t) => {
  const scenario = { name: 'x', title: 'X', faultsPlanned: 40 };
  const segments = Array.from({ length: 40 }, (_, number) => {
    const story = eventful(number);
    return runOfStory({ ...story, info: { ...story.info, scenario } });
  });
  const sizes: number[] = [];
  let state = beginLog(segments[0]!.info);
  for (const one of segments) {
    state = examineSegment(state, one);
    const { writes, info: _, ...others } = state;
    t.is(writes.filter(({ worker }) => worker === 5).length, sizes.length + 1, 'those that were not found');
    sizes.push(JSON.stringify(others).length);
  }
  t.deepEqual(state.held, { writes: [], reads: [], events: [] });
  t.true(sizes.at(-1)! < 1.3 * sizes[2]!, `${sizes.join(' ')} bytes`);
  const { verdict, counts } = verdictOf(state);
  t.is(verdict, 'valid');
  t.like(counts, { ok: 400, info: 80, 'info-found': 40, found: 440, attempted: 480 });
  t.like(state.leftOut.faults, { struck: 40, tested: true });
});

test('that too few faults took effect is known of all segments together', (t) => {
  const story = eventful(0);
  const scenario = { name: 'x', title: 'X', faultsPlanned: 3 };
  const of = (number: number) => runOfStory({ ...eventful(number), info: { ...story.info, scenario } });
  t.regex(verdictOf(fold([of(0)])).reasons.join(' '), /3 faults were planned and only 1 applied/);
  t.is(verdictOf(fold([of(0), of(1)])).verdict, 'inconclusive');
  t.is(verdictOf(fold([of(0), of(1), of(2)])).verdict, 'valid');
});

test('what is lost in a segment stays lost when the log goes on', (t) => {
  const lossy = segment(1, (story) => ({
    ...story,
    reads: story.reads!.filter(({ offset }) => offset !== 14),
  }));
  const before = fold([segment(0), lossy]);
  t.is(verdictOf(before).counts.lost, 1);
  const after = verdictOf(fold([segment(0), lossy, segment(2), segment(3)]));
  t.is(after.verdict, 'invalid');
  t.is(after.counts.lost, 1);
  t.like(after.findings[0], { kind: 'lost', loss: 'hole', offsets: [14, 14] });
});

test('a write of unknown outcome may turn up in a later segment', (t) => {
  const open = segment(0, (story) => ({ ...story, writes: [...story.writes!, unknown('5:0', { at: 0.5 })] }));
  const found2 = segment(1, (story) => ({
    ...story,
    reads: [...story.reads!, found(20, '5:0', { at: 18 })],
    events: [finalScan(21, { from: 10, invokeNs: 17 * S, completeNs: 19 * S })],
  }));
  t.is(verdictOf(fold([open])).counts['info-found'], 0);
  const { verdict, counts } = verdictOf(fold([open, found2]));
  t.is(verdict, 'valid');
  t.is(counts['info-found'], 1);
  t.is(counts.phantom, 0);
});

test('a write that failed in one segment and is in the log in the next one is found out', (t) => {
  const refused = segment(0, (story) => ({
    ...story,
    writes: [...story.writes!, failed('5:0', { at: 0.5 })],
  }));
  const stored = segment(1, (story) => ({
    ...story,
    reads: [...story.reads!, found(20, '5:0', { at: 18 })],
    events: [finalScan(21, { from: 10, invokeNs: 17 * S, completeNs: 19 * S })],
  }));
  t.is(verdictOf(fold([refused, stored])).counts['aborted-read'], 1);
});

test('a record that was settled and comes again is no phantom: nothing is said, and a doubt says so', (t) => {
  const again = segment(1, (story) => ({
    ...story,
    reads: [...story.reads!, found(20, '0:3', { at: 18 })],
    events: [finalScan(21, { from: 10, invokeNs: 17 * S, completeNs: 19 * S })],
  }));
  const { verdict, counts, findings, reasons } = verdictOf(fold([segment(0), again]));
  t.deepEqual(findings, []);
  t.is(counts.phantom, 0);
  t.is(verdict, 'inconclusive');
  t.regex(reasons[0]!, /^1 row came after what it says something about had been settled/);
});

test('an acknowledgement at an offset that was settled before accuses nobody', (t) => {
  const below = segment(1, (story) => ({
    ...story,
    writes: [...story.writes!, acked('5:0', 3, { at: 15 })],
  }));
  const { verdict, findings } = verdictOf(fold([segment(0), below]));
  t.deepEqual(findings, []);
  t.is(verdict, 'inconclusive');
});

test('a segment that was not settled leaves its rows to the next scan', (t) => {
  const unsettled = segment(1, (story) => ({ ...story, reads: [], events: [] }));
  const late = segment(2, (story) => ({
    ...story,
    reads: [...segmentOf(1, 10).reads!, ...story.reads!].map((read) => ({ ...read, timeNs: 28 * S })),
    events: [finalScan(30, { from: 10, invokeNs: 27 * S, completeNs: 29 * S })],
  }));
  const { verdict, counts } = verdictOf(fold([segment(0), unsettled, late]));
  t.is(verdict, 'valid');
  t.is(counts.ok, 30);
});

test('of what lies between two scans nothing is said', (t) => {
  const { verdict, counts } = verdictOf(fold([segment(0), segment(1)]));
  t.is(counts.lost, 0);
  t.is(verdict, 'valid');
  const skipping = segment(1, (story) => ({
    ...story,
    reads: story.reads!.slice(5),
    events: [finalScan(20, { from: 15, invokeNs: 17 * S, completeNs: 19 * S })],
  }));
  const open = verdictOf(fold([segment(0), skipping]));
  t.is(open.verdict, 'inconclusive');
  t.is(open.counts.lost, 0);
});

test('a damaged state of a log is refused in a sentence', (t) => {
  const text = JSON.stringify(fold([segment(0)]));
  const bad = text.replace('"settled":[{', '"settled":[{"x":1,');
  for (const wrong of [text.slice(0, 50), bad, '{"version":1}'])
    t.regex(
      t.throws(() => readLogState(wrong, 'log.json'), { name: 'Failure' }).message,
      /cannot be read from log\.json/,
    );
  t.is(
    t.throws(() => readLogState(text.replace('"version":1', '"version":2'), 'log.json')).message,
    'log.json is of version 2; this program reads version 1',
  );
});

/** Segments of one log in one piece: their scans are one. */
function inOnePiece(stories: readonly Story[]): Run {
  const scans = stories.flatMap(({ events = [] }) => events.filter(({ type }) => type === 'scan'));
  const others = stories.flatMap(({ events = [] }) => events.filter(({ type }) => type !== 'scan'));
  return runOfStory({
    ...stories[0]!,
    writes: stories.flatMap(({ writes = [] }) => writes),
    reads: stories.flatMap(({ reads = [] }) => reads),
    events: [...others, { ...(scans.at(-1) as ReturnType<typeof finalScan>), from: 0 }],
  });
}

function foldsAsOnePiece(t: ExecutionContext, stories: readonly Story[], claim: Claim = 'kept'): Result {
  const folded = concludeLog(fold(stories.map(runOfStory)), claim);
  t.deepEqual(summary(folded), summary(check(inOnePiece(stories), { claim })));
  return folded;
}

test('a log that contradicts real time in one segment still does when the log goes on', (t) => {
  // Offset 8 was sent long after offset 9 had been acknowledged, and offset 8 alone is as it should be.
  const first = segmentOf(0, 10);
  const writes = first.writes!.map((write) =>
    write.offset === 8 ? { ...write, invokeNs: 5 * S, completeNs: 5.1 * S } : write,
  );
  const result = foldsAsOnePiece(t, [
    { ...first, writes: writes.toSorted((a, b) => a.completeNs! - b.completeNs!) },
    segmentOf(1, 10),
    segmentOf(2, 10),
  ]);
  t.is(result.counts.reordered, 1);
});

test('what outlived a loss with acks=1 still speaks against its leader when the log goes on', (t) => {
  const contract = { acks: 1 as const, minInsyncReplicas: 1 };
  const first = segmentOf(0, 10);
  const writes = first.writes!.map((write) => ({ ...write, broker: write.offset! >= 7 ? 2 : 1 }));
  const reads = first.reads!.filter(({ offset }) => offset !== 4);
  const events = [
    leads(1, 0, 0, { startOffset: 0 }),
    leads(2, 1, 0.75, { startOffset: 7 }),
    ...first.events!,
  ];
  const stories = [{ ...first, contract, writes, reads, events }, segmentOf(1, 10), segmentOf(2, 10)];
  const result = foldsAsOnePiece(
    t,
    stories.map((story, at) => ({
      ...story,
      contract,
      writes: story.writes!.map((write) => (at === 0 ? write : { ...write, broker: 2 })),
    })),
    'contract',
  );
  t.like(result.findings[0], { kind: 'lost', judgement: 'violation', count: 1 });
});

test('that the clock went back is still known when the log goes on', (t) => {
  const first = segmentOf(0, 10);
  const back = first.writes!.map((write) =>
    write.offset! < 8
      ? write
      : { ...write, invokeNs: write.invokeNs - 0.7 * S, completeNs: write.completeNs! - 0.7 * S },
  );
  const result = foldsAsOnePiece(t, [{ ...first, writes: back }, segmentOf(1, 10), segmentOf(2, 10)]);
  t.is(result.verdict, 'inconclusive');
});

test('that writes were begun during a fault is still known when the log goes on', (t) => {
  const first = segmentOf(0, 10);
  const faulty = { ...first, events: [...isolated('fault-1', 0.25, 0.55), ...first.events!] };
  const result = foldsAsOnePiece(t, [faulty, segmentOf(1, 10), segmentOf(2, 10)]);
  t.is(result.verdict, 'valid');
});

test('segments whose workers had clocks of their own are refused, with what to do instead', (t) => {
  const run = runOfStory({ writes: [acked('0:0', 0)], reads: [found(0, '0:0')], events: [finalScan(1)] });
  const clocks = [{ host: 'client1', workers: [0], uncertaintyNs: 1_000 }];
  const failure = t.throws(
    () => examineSegment(beginLog(run.info), { ...run, info: { ...run.info, clocks } }),
    { instanceOf: Failure },
  );
  t.regex(
    failure.message,
    /times of one clock, and workers of this one had clocks of their own \(client1\)$/,
  );
  t.regex(failure.hint, /^leave --state out and check each segment by itself, .*--processes/);
  t.is(failure.exitStatus, 64);
});

import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import test from 'ava';
import { fc } from '@fast-check/ava';
import { check } from '../../src/checker/check.ts';
import type { Anomaly } from '../../src/checker/findings/grouping.ts';
import type { Event } from '../../src/history/event.ts';
import { readInterchange } from '../../src/history/interchange/read.ts';
import { formatInterchange } from '../../src/history/interchange/write.ts';
import type { Run } from '../../src/history/run.ts';
import { OUTCOMES, type Read, type Write } from '../../src/history/write.ts';
import { acked, failed, finalScan, found, GOOD, runOfStory, type Story } from '../checker/story.ts';
import { effort } from '../oracle/effort.ts';
import { temporaryDirectory } from './sample.ts';
import { holds } from '../holds.ts';

/** An export that lost lines, or that was changed: it proves nothing that the whole of it does not prove. */
const root = temporaryDirectory();
test.after.always(() => rmSync(root, { recursive: true }));

const file = join(root, 'export.ndjson');
const exported = (run: Run) => [...formatInterchange(run)].join('').trimEnd().split('\n');

function written(lines: readonly string[]): string {
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}

function judgeLines(lines: readonly string[]) {
  const anomalies: Anomaly[] = [];
  const run = readInterchange(written(lines));
  const { counts, verdict } = check(run, { claim: 'kept', onAnomaly: (anomaly) => anomalies.push(anomaly) });
  // What the whole calls divergent or a copy may only look lost in a part: it is about the same record or offset.
  const accused = anomalies
    // Where the clock did not run forwards, what was found is taken back.
    .filter(({ kind }) => kind !== 'unread' && kind !== 'sent-missing' && counts[kind] > 0)
    .map(({ kind, partition, offset, worker, seq }) => [
      ...(worker >= 0 ? [`${partition} w${worker}:${seq}`] : []),
      ...(offset >= 0 ? [`${partition} at ${offset}`] : []),
      // A reader that was given it where another one was given something else may be all that is known of it.
      ...(kind === 'lost-after-read' || kind === 'divergent' ? [`${partition} divergent`] : []),
    ]);
  return { verdict, counts, accused, strict: check(run, { claim: 'contract' }).verdict };
}

const small = (max: number) => fc.integer({ min: 0, max });
const anyWrites = fc.uniqueArray(
  fc
    .record({
      worker: small(1),
      seq: small(4),
      partition: fc.constantFrom(0, 0, 0, 1),
      invokeNs: small(20),
      tookNs: small(5),
      outcome: fc.constantFrom('ok' as const, 'ok' as const, ...OUTCOMES),
      offset: fc.option(small(7), { freq: 6 }),
      broker: fc.option(fc.integer({ min: 1, max: 2 })),
      attempts: fc.constantFrom(1, 1, 1, 2),
    })
    .map(({ tookNs, offset, ...write }): Write => {
      const completeNs = write.invokeNs + tookNs;
      const acknowledgedAt = write.outcome === 'ok' ? offset : null;
      return { ...write, intendedNs: 0, completeNs, error: null, offset: acknowledgedAt };
    }),
  { maxLength: 8, selector: ({ worker, seq }) => `${worker}:${seq}` },
);
const anyReads = fc
  .uniqueArray(
    fc.record<Read>({
      scan: fc.constantFrom(0, 0, 1, 2),
      partition: fc.constantFrom(0, 0, 0, 1),
      offset: small(5),
      worker: small(1),
      seq: small(4),
      timeNs: small(40),
      integrity: fc.constantFrom('valid', 'valid', 'valid', 'valid', 'mismatched', 'foreign-run'),
    }),
    {
      maxLength: 12,
      selector: (read) => `${read.scan}/${read.partition}/${read.offset}`,
    },
  )
  .map((all) => all.toSorted((one, other) => one.timeNs - other.timeNs));
const scan = (
  number: number,
  partition: number,
  more: { end: number; final: boolean; covered: boolean },
): Event => ({
  type: 'scan',
  scan: number,
  name: `scan ${number}`,
  partition,
  from: 0,
  invokeNs: number === 2 ? 5 : 30,
  completeNs: 41 + number,
  ...more,
  // Number 2 reads on while writes go on: it is a consumer.
  final: number !== 2 && more.final,
});
const bounds = fc.record({
  end: fc.constant(6),
  final: fc.constantFrom(true, true, false),
  covered: fc.constantFrom(true, true, false),
});
const events = fc
  .tuple(
    fc.uniqueArray(
      fc.tuple(small(2), small(1), bounds).map(([number, partition, more]) => scan(number, partition, more)),
      {
        maxLength: 5,
        selector: (event) => (event.type === 'scan' ? `${event.scan}/${event.partition}` : ''),
      },
    ),
    fc.array(
      fc.oneof(
        fc
          .record({ partition: small(1), offset: small(6), invokeNs: small(40), tookNs: small(5) })
          .map(({ tookNs, ...seen }): Event => ({
            type: 'end',
            broker: -1,
            completeNs: seen.invokeNs + tookNs,
            ...seen,
          })),
        fc
          .record({
            partition: small(1),
            leader: fc.integer({ min: 1, max: 2 }),
            epoch: fc.option(small(3)),
            timeNs: small(20),
          })
          .map((view): Event => ({ type: 'view', observer: 'kafka1', isr: [1, 2], ...view })),
        fc
          .record({ scan: small(2), partition: small(1), from: small(6), to: small(6), timeNs: small(40) })
          .map((reset): Event => ({ type: 'reset', reason: 'out of range', ...reset })),
      ),
      { maxLength: 4 },
    ),
  )
  .map(([scans, others]) => [...scans, ...others]);
const stories: fc.Arbitrary<Story> = fc.record({
  writes: anyWrites,
  reads: anyReads,
  events,
  contract: fc.record({
    acks: fc.constantFrom(0 as const, 1 as const, 'all' as const, 'all' as const),
    idempotence: fc.boolean(),
    clientRetries: fc.boolean(),
    uncleanLeaderElection: fc.constantFrom(false, false, true),
  }),
  info: fc.record({ world: fc.constantFrom('imported' as const, 'real' as const), dense: fc.boolean() }),
});

const runs = { ...effort(40), includeErrorInReport: true };

/** That the part accuses of nothing that the whole does not accuse of. */
function assertNoMore(whole: ReturnType<typeof judgeLines>, lines: readonly string[]) {
  const part = judgeLines(lines);
  const about = `${JSON.stringify(part.counts)}\nwhole: ${JSON.stringify(whole.counts)}\n${lines.slice(1).join('\n')}`;
  const known = new Set(whole.accused.flat());
  for (const record of part.accused)
    if (record.length > 0 && !record.some((name) => known.has(name)))
      throw new Error(`NEW ${record.join(', ')}: ${about}`);
  if (part.verdict === 'invalid' && whole.verdict !== 'invalid') throw new Error(`NEW INVALID: ${about}`);
  if (part.strict === 'invalid' && whole.strict !== 'invalid') throw new Error(`NEW VIOLATION: ${about}`);
  return part;
}

test('an export that is cut accuses of nothing that the whole does not, wherever it is cut', (t) => {
  let accusing = 0;
  holds(
    t,
    fc.property(stories, (story) => {
      const lines = exported(runOfStory(story));
      const whole = judgeLines(lines);
      if (whole.accused.length > 0) accusing++;
      for (let count = 1; count < lines.length; count++) {
        const result = assertNoMore(whole, lines.slice(0, count));
        t.not(result.verdict, 'valid');
      }
      for (let count = 1; count < lines.length - 1; count++) {
        const { verdict } = assertNoMore(whole, lines.toSpliced(count, 1));
        t.is(verdict, 'inconclusive');
        // As a file is that has no line with a checksum.
        assertNoMore(whole, lines.toSpliced(count, 1).slice(0, -1));
      }
    }),
    runs,
  );
  t.true(accusing > runs.numRuns / 3, `${accusing}`);
});

const RUN_OF_GOOD = () => runOfStory(GOOD);

test('an export ends with a line of counts and a checksum, and what was changed in it proves nothing', (t) => {
  const lines = exported(RUN_OF_GOOD());
  t.regex(lines.at(-1)!, /^\{"type":"counts","writes":3,"reads":3,"events":1,"crc32":\d+\}$/);
  t.is(judgeLines(lines).verdict, 'valid');
  const changed = lines.map((line) => line.replace('"offset":2,"worker":0', '"offset":1,"worker":0'));
  const { verdict, reasons, counts } = check(readInterchange(written(changed)), { claim: 'kept' });
  t.is(verdict, 'inconclusive');
  t.is(counts.misplaced + counts.divergent + counts.lost, 0);
  const text = reasons.join(' ');
  t.regex(
    text,
    /is corrupt\. Line 9, of type "counts", says that the checksum of the others is \d+, and it is \d+/,
  );
  t.regex(text, /Export the run again; if it was you who changed the file, remove line 9, and "lines" from/);
  t.regex(
    text,
    /The file was changed after it was written, so what is found in it proves nothing: 1 offset was/,
  );
  const freed = changed.slice(0, -1).map((line) => line.replace(/,"lines":\{[^}]*\}/, ''));
  t.is(judgeLines(freed).verdict, 'invalid', 'whoever changed it on purpose takes the promise out');
});

test('where the counts of writes do not agree, no record is lost and none is a phantom', (t) => {
  const writes = [...GOOD.writes, acked('1:1', 3, { at: 4 }), failed('2:0', { at: 5 })];
  const reads = [...GOOD.reads, found(4, '2:0'), found(5, '9:9', { integrity: 'foreign-run' as const })];
  const lossy = exported(runOfStory({ writes, reads, events: [finalScan(6)] }));
  const { counts, verdict } = judgeLines(lossy);
  t.deepEqual([counts.lost, counts.phantom, counts['aborted-read'], verdict], [1, 1, 1, 'invalid']);
  const first = lossy.findIndex((line) => line.startsWith('{"type":"write"'));
  const cut = lossy.toSpliced(first, 1).slice(0, -1);
  const part = check(readInterchange(written(cut)), { claim: 'kept' });
  t.deepEqual([part.counts.lost, part.counts.phantom], [0, 0]);
  t.is(part.counts['aborted-read'], 1, 'a failed write and its record prove it, whatever else is missing');
  t.regex(
    part.reasons.join(' '),
    /1 of 3 acknowledged records is missing, but the counts of writes do not agree/,
  );
  const whole = judgeLines([...lossy.slice(0, -1), lossy[first]!.replace('"seq":0', '"seq":77')]);
  t.deepEqual([whole.counts.lost, whole.verdict], [0, 'invalid'], 'nor where there are too many');
});

test('another tool may count its lines too, with or without a checksum', (t) => {
  const own = exported(RUN_OF_GOOD()).slice(1, -1);
  const foreign = ['{"type":"run","version":1,"run":"r1","acks":"all"}', ...own];
  const scanLine = foreign.find((line) => line.includes('"type":"scan"'))!;
  t.is(judgeLines([...foreign, '{"type":"counts","writes":3}']).verdict, 'valid');
  t.is(judgeLines([...foreign, '{"type":"counts","writes":4}']).verdict, 'inconclusive');
  t.is(judgeLines(['{"type":"counts","reads":4}', ...foreign]).verdict, 'inconclusive', 'in any place');
  const sum = foreign.reduce((total, line) => (total + crc32(line)) % 2 ** 32, 0);
  t.is(judgeLines([...foreign, `{"type":"counts","crc32":${sum}}`]).verdict, 'valid');
  t.is(judgeLines([...foreign, `{"type":"counts","crc32":${(sum ^ 1) >>> 0}}`]).verdict, 'inconclusive');
  const refused = (lines: string[], message: RegExp) =>
    t.like(
      t.throws(() => judgeLines(lines), { message }),
      { exitStatus: 64 },
    );
  refused([...foreign, '{"type":"counts","writes":-1}'], /line 9 .*"writes" must be a whole number/);
  const twice = [...foreign, '{"type":"counts"}', scanLine, '{"type":"counts"}'];
  refused(twice, /line 11 .*it is a second line of type "counts", .* the first is line 9/);
  const whole = exported(RUN_OF_GOOD());
  refused([...whole, ...whole], /line 10 .*it is a second "run" line/);
});

test('line ends of another system change nothing, and neither does the order of lines', (t) => {
  const lines = exported(RUN_OF_GOOD());
  t.is(judgeLines(lines.map((line) => `${line}\r`)).verdict, 'valid');
  t.is(judgeLines(lines.toReversed()).verdict, 'valid');
});

test('a session that ended with a write that is missing accuses no producer', (t) => {
  const swapped = [acked('0:1', 0, { at: 1.1, until: 4 }), acked('0:0', 1, { at: 1, until: 4.1 })];
  const story: Story = {
    writes: [failed('0:9', { at: 0.5, until: 1.05 }), ...swapped],
    reads: [found(0, '0:1'), found(1, '0:0')],
    events: [finalScan(2)],
    contract: { idempotence: true },
    info: { world: 'imported' },
  };
  const lines = exported(runOfStory(story));
  t.is(judgeLines(lines).counts['producer-order'], 0);
  const cut = lines.filter((line) => !line.includes('"seq":9')).slice(0, -1);
  t.is(judgeLines(cut).counts['producer-order'], 0);
  const torn = { file: 'writes.arrow', kind: 'torn' as const, detail: 'Rows are gone.' };
  const damaged = runOfStory({ ...story, writes: swapped, damage: [torn] });
  t.is(check(damaged, { claim: 'kept' }).counts['producer-order'], 0, 'nor in a damaged run directory');
  t.is(judgeLines(cut.map((line) => line.replace(/,"lines":\{[^}]*\}/, ''))).counts['producer-order'], 1);
});

test('records for which a client gave one offset are not lost where the first of them is missing', (t) => {
  const batch = [acked('0:0', 0), acked('0:1', 0), acked('0:2', 0)];
  const reads = batch.map((_, offset) => found(offset, `0:${offset}`));
  const info = { world: 'imported' as const };
  const lines = exported(runOfStory({ writes: batch, reads, events: [finalScan(3)], info }));
  const whole = judgeLines(lines);
  t.is(whole.strict, 'valid');
  for (let at = 1; at < lines.length - 1; at++)
    t.is(judgeLines(lines.toSpliced(at, 1).slice(0, -1)).strict, 'inconclusive', lines[at]);
});

test('nothing is said about order where the line may be missing that shows a jump of the clock', (t) => {
  const writes = [acked('0:0', 1), acked('1:0', 0, { at: 3 }), acked('2:0', 2, { at: 5, until: 4 })];
  const reads = [found(0, '1:0'), found(1, '0:0'), found(2, '2:0')];
  const lines = exported(runOfStory({ writes, reads, events: [finalScan(3)] }));
  t.is(judgeLines(lines).counts.reordered, 0, 'the whole shows it');
  const cut = lines.filter((line) => !line.includes('"write","worker":2')).slice(0, -1);
  t.is(judgeLines(cut).counts.reordered, 0);
  t.is(judgeLines(cut.map((line) => line.replace(/,"lines":\{[^}]*\}/, ''))).counts.reordered, 1);
});

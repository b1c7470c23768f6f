import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { fc } from '@fast-check/ava';
import type { Result } from '../../src/checker/result.ts';
import { exportHistory, importHistory } from '../../src/cli/interchange.ts';
import { terminalReporter } from '../../src/cli/terminal-reporter.ts';
import { decide } from '../../src/run/decide.ts';
import { Failure } from '../../src/core/failure.ts';
import type { Event } from '../../src/history/event.ts';
import { formatInterchange } from '../../src/history/interchange/write.ts';
import { runOf, type Rows } from '../../src/history/memory.ts';
import { recordRun } from '../../src/history/recorder/record-run.ts';
import type { Read, Write } from '../../src/history/write.ts';
import { renderText } from '../../src/report/text/text.ts';
import { temporaryDirectory } from '../history/sample.ts';
import { holds } from '../holds.ts';

/**
 * Two recorded runs, one in which Kafka kept everything and one in which it did not, are damaged in every way that
 * files and clocks know. Whatever happens to the first, it causes no accusation; whatever happens to the second, it is not
 * called valid; and each ends in a documented status with a sentence about what is wrong.
 */
const S = 1e9;
const FILES = ['run.json', 'writes.arrow', 'reads.arrow', 'ends.arrow', 'events.ndjson'] as const;
const COUNT = 600;

/** A write each 20 ms by three workers to two partitions; the leader of both is killed for three seconds. */
function storyOf(lose: (offset: number) => boolean): Required<Omit<Rows, 'transactions' | 'markers'>> {
  const writes: Write[] = [];
  const reads: Read[] = [];
  const ends = [0, 0];
  for (let index = 0; index < COUNT; index++) {
    const partition = index % 2;
    const invokeNs = S + index * 2e7;
    const isStruck = index >= 200 && index < 350;
    const outcome = !isStruck ? 'ok' : index % 3 === 0 ? 'info' : 'fail';
    const isThere = outcome === 'ok' || (outcome === 'info' && index % 2 === 0);
    const offset = isThere ? ends[partition]! : null;
    writes.push({
      worker: index % 3,
      seq: Math.floor(index / 3),
      partition,
      intendedNs: invokeNs,
      invokeNs,
      completeNs: outcome === 'info' && index % 5 === 0 ? null : invokeNs + 5e6,
      outcome,
      error: outcome === 'ok' ? null : outcome === 'info' ? 'REQUEST_TIMED_OUT' : 'ECONNREFUSED',
      offset: outcome === 'ok' ? offset : null,
      attempts: 1,
      broker: 1 + partition,
    });
    if (offset === null) continue;
    ends[partition]!++;
    if (lose(offset)) continue;
    const { worker, seq } = writes.at(-1)!;
    reads.push({ scan: 0, partition, offset, worker, seq, timeNs: 20 * S + index, integrity: 'valid' });
  }
  const phases = ['setup', 'warm-up', 'faults', 'recovery', 'settle', 'scan', 'done'] as const;
  const events: Event[] = [
    ...phases.map((name, index): Event => ({ type: 'phase', timeNs: index * 3 * S, name })),
    {
      type: 'fault-start',
      id: 'fault-1',
      fault: { kind: 'kill', target: 'leader' },
      requestedNs: 5 * S,
      timeNs: 5 * S,
      targets: ['kafka1'],
      links: [],
      evidence: 'pid 1 is gone',
    },
    { type: 'fault-stop', id: 'fault-1', requestedNs: 8 * S, timeNs: 8 * S, evidence: 'pid 2 answers' },
    ...[0, 1].flatMap((partition): Event[] => [
      { type: 'view', timeNs: S, observer: 'kafka1', partition, leader: 1, epoch: 0, isr: [1, 2] },
      { type: 'view', timeNs: 7 * S, observer: 'kafka2', partition, leader: 2, epoch: 1, isr: [2] },
      {
        type: 'end',
        partition,
        offset: ends[partition]!,
        invokeNs: 18 * S,
        completeNs: 18 * S + 1,
        broker: 2,
      },
      {
        type: 'scan',
        scan: 0,
        name: 'final',
        partition,
        from: 0,
        end: ends[partition]!,
        covered: true,
        final: true,
        invokeNs: 19 * S,
        completeNs: 25 * S,
      },
    ]),
  ];
  const nodes = [1, 2].map((id) => ({
    name: `kafka${id}`,
    id,
    roles: ['broker' as const],
    address: `192.0.2.${id}`,
  }));
  return { writes, reads, events, info: { run: 'fuzzed', nodes, partitions: 2, workers: 3 } };
}

const kept = storyOf(() => false);
const lossy = storyOf((offset) => offset > 20 && offset < 60);
const STORIES = { kept, lossy } as const;
type StoryName = keyof typeof STORIES;

const root = temporaryDirectory();
test.after.always(() => rmSync(root, { recursive: true }));
const contents = { kept: new Map<string, Buffer>(), lossy: new Map<string, Buffer>() };
let directories = 0;

async function record(rows: Rows): Promise<string> {
  const directory = join(root, `run-${directories++}`);
  mkdirSync(directory);
  await recordRun(runOf(rows, 64), directory);
  return directory;
}

test.before(async () => {
  for (const name of ['kept', 'lossy'] as const) {
    const directory = await record(STORIES[name]);
    for (const file of FILES) contents[name].set(file, readFileSync(join(directory, file)));
    cpSync(directory, join(root, name), { recursive: true });
  }
});

type Ending = { status: 0 | 1 | 2 | 64; sentences: string[]; result: Result | null };

/** What `kept check` ends with. Anything but a result or a Failure is a crash, and fails the test. */
async function ending(path: string): Promise<Ending> {
  try {
    const { run, result, availability } = await decide(path, 'kept', terminalReporter);
    const text = renderText(result, run, { color: false, availability, directory: path });
    if (/NaN|undefined|\[object/.test(text)) throw new Error(`nonsense in the text: ${text}`);
    const status = ({ valid: 0, invalid: 1, inconclusive: 2 } as const)[result.verdict];
    return { status, sentences: result.reasons, result };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    if (error.exitStatus !== 2 && error.exitStatus !== 64) throw error;
    return { status: error.exitStatus, sentences: [error.message], result: null };
  }
}

async function endingWith(
  story: StoryName,
  changes: ReadonlyMap<string, Uint8Array | null>,
): Promise<Ending> {
  const directory = join(root, `copy-${directories++}`);
  mkdirSync(directory);
  for (const [file, bytes] of contents[story]) {
    const content = changes.has(file) ? changes.get(file)! : bytes;
    if (content !== null) writeFileSync(join(directory, file), content);
  }
  const ended = await ending(directory);
  rmSync(directory, { recursive: true });
  return ended;
}

test.serial('undamaged, the runs are what they are', async (t) => {
  t.is((await endingWith('kept', new Map())).status, 0);
  const { status, result } = await endingWith('lossy', new Map());
  t.is(status, 1);
  t.is(result!.counts.lost, 2 * 39);
});

const fileName = fc.constantFrom(...FILES);
const place = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
const injury = fc.oneof(
  fc.record({ kind: fc.constant('cut' as const), file: fileName, place }),
  fc.record({
    kind: fc.constant('flip' as const),
    file: fileName,
    place,
    bits: fc.integer({ min: 1, max: 255 }),
  }),
  fc.record({ kind: fc.constant('delete' as const), file: fileName }),
  fc.record({ kind: fc.constant('swap' as const), file: fileName, other: fileName }),
  fc.record({ kind: fc.constant('repeat' as const), file: fileName, place }),
  fc.record({ kind: fc.constant('empty' as const), file: fileName }),
);

function injured(story: StoryName, one: typeof injury extends fc.Arbitrary<infer T> ? T : never) {
  const bytes = contents[story].get(one.file)!;
  const at = 'place' in one ? Math.floor(one.place * bytes.length) : 0;
  switch (one.kind) {
    case 'cut':
      return new Map([[one.file, bytes.subarray(0, at)]]);
    case 'flip':
      return new Map([[one.file, bytes.map((byte, index) => (index === at ? byte ^ one.bits : byte))]]);
    case 'delete':
      return new Map([[one.file, null]]);
    case 'swap':
      return new Map([
        [one.file, contents[story].get(one.other)!],
        [one.other, bytes],
      ]);
    case 'repeat':
      return new Map([[one.file, Buffer.concat([bytes.subarray(0, at), bytes])]]);
    case 'empty':
    default:
      return new Map([[one.file, Buffer.alloc(0)]]);
  }
}

for (const story of ['kept', 'lossy'] as const) {
  test.serial(
    `a hundred damaged copies of the ${story} run: no crash, no false accusation, and it is said what is wrong`,
    async (t) => {
      const undamaged = await endingWith(story, new Map());
      await holds(
        t,
        fc.asyncProperty(injury, async (one) => {
          const changes = injured(story, one);
          const hasChanged = [...changes].some(
            ([file, bytes]) => bytes === null || !contents[story].get(file)!.equals(bytes),
          );
          const { status, sentences, result } = await endingWith(story, changes);
          const text = sentences.join(' ');
          if (story === 'kept') t.not(status, 1, text);
          else t.not(status, 0, text);
          t.not(text, '');
          if (!hasChanged || status === 1) return;
          // Bytes that mean nothing may change without harm, such as a blank in run.json; then all is as it was.
          if (status === 0) t.deepEqual(result, undamaged.result);
          else
            t.true(
              [...changes.keys()].some((file) => text.includes(file)),
              text,
            );
        }),
        { numRuns: 100 },
      );
    },
  );
}

test.serial('a foreign version is refused with what to do', async (t) => {
  const later = Buffer.from('{"version": 3, "run": "x"}');
  const { status, sentences } = await endingWith(
    'kept',
    new Map<string, Buffer | null>([
      ['run.json', later],
      ['events.ndjson', null],
    ]),
  );
  t.is(status, 64);
  t.regex(
    sentences[0]!,
    /was recorded in version 3 of the format; this program reads version 1 and version 2$/,
  );
});

/** The same story told with other rows. */
const told = async (rows: Rows) => {
  const directory = await record(rows);
  const ended = await ending(directory);
  rmSync(directory, { recursive: true });
  return ended;
};

test.serial('duplicate rows: nothing is said about those writes, and no loss is invented', async (t) => {
  const writes = [...kept.writes.slice(0, 50), ...kept.writes.slice(40)];
  const { status, sentences } = await told({ ...kept, writes });
  t.is(status, 2);
  t.true(sentences.some((sentence) => /10 writes have more than one row in the history/.test(sentence)));
  t.is(
    (await told({ ...kept, reads: [...kept.reads, ...kept.reads] })).status,
    0,
    'a scan may be told twice',
  );
});

/**
 * Writes and end offsets are timed by one clock, or there are no ends; that of the readers may be another. What goes
 * back by little more than a tenth of a second looks like rows that were handed over late (clock.ts), and is not noticed.
 */
test.serial('clocks that jump cause no accusation', async (t) => {
  const shift = (timeNs: number | null, fromNs: number, byNs: number) =>
    timeNs === null ? null : Math.max(0, timeNs >= fromNs ? timeNs + byNs : timeNs);
  await holds(
    t,
    fc.asyncProperty(
      fc.integer({ min: 0, max: 26 * S }),
      fc.oneof(fc.integer({ min: -25 * S, max: -0.2 * S }), fc.integer({ min: 0, max: 3_600 * S })),
      fc.constantFrom('writes', 'reads', 'both'),
      fc.boolean(),
      async (fromNs, byNs, whose, hasEnds) => {
        const move = (timeNs: number | null) => shift(timeNs, fromNs, byNs);
        const { status, sentences } = await told({
          ...kept,
          events: kept.events.flatMap((event) => {
            if (event.type !== 'end' || (hasEnds && whose === 'reads')) return [event];
            const { invokeNs, completeNs } = event;
            return hasEnds ? [{ ...event, invokeNs: move(invokeNs)!, completeNs: move(completeNs)! }] : [];
          }),
          writes:
            whose === 'reads'
              ? kept.writes
              : kept.writes.map((write) => ({
                  ...write,
                  intendedNs: move(write.intendedNs)!,
                  invokeNs: move(write.invokeNs)!,
                  completeNs: move(write.completeNs),
                })),
          reads:
            whose === 'writes'
              ? kept.reads
              : kept.reads.map((read) => ({ ...read, timeNs: move(read.timeNs)! })),
        });
        t.not(status, 1, sentences.join(' '));
      },
    ),
    { numRuns: 50 },
  );
});

test.serial('an empty run, a worker with no writes and acknowledgements without offsets', async (t) => {
  const empty = await told({});
  t.is(empty.status, 2);
  t.true(empty.sentences.includes('No write was attempted.'));
  t.is((await told({ ...kept, info: { ...kept.info, workers: 9 } })).status, 0);
  const silent = kept.writes.map((write) => ({ ...write, offset: null }));
  t.is((await told({ ...kept, writes: silent })).status, 0, 'every value is there, wherever it is');
  const lost = await told({ ...lossy, writes: silent });
  t.is(lost.status, 1);
  t.is(lost.result!.counts.lost, 2 * 39);
});

test.serial('a million partitions end in a sentence', async (t) => {
  const writes = Array.from({ length: 1_000_000 }, (_, index) => ({
    ...kept.writes[0]!,
    seq: index,
    partition: index,
  }));
  const { status, sentences } = await told({ writes, info: { partitions: 1_000_000 } });
  t.is(status, 2);
  t.true(sentences.some((sentence) => /more than 65535 partitions/.test(sentence)));
});

test.serial(
  'an NDJSON export that was cut where a line ends is never called invalid when the whole one is valid',
  async (t) => {
    // A second reader reads everything again: what the cut takes from it, it has not skipped.
    const again: Rows = {
      ...kept,
      reads: [
        ...kept.reads,
        ...kept.reads.map((read) => ({ ...read, scan: 1, timeNs: read.timeNs + 5 * S })),
      ],
      events: [
        ...kept.events,
        ...kept.events.flatMap((event) =>
          event.type === 'scan' ? [{ ...event, scan: 1, name: 'again', completeNs: 30 * S }] : [],
        ),
      ],
    };
    const file = join(root, 'cut.ndjson');
    for (const story of [kept, again]) {
      const lines = [...formatInterchange(runOf(story))].join('').trimEnd().split('\n');
      for (let count = lines.length; count > 0; count -= count > lines.length - 20 ? 1 : 7) {
        writeFileSync(file, lines.slice(0, count).join('\n'));
        const { status, sentences } = await ending(file);
        t.is(status, count === lines.length ? 0 : 2, `${count} lines: ${sentences.join(' ')}`);
        if (count < lines.length)
          t.regex(sentences.join(' '), /The history is damaged: cut\.ndjson is torn\. /);
      }
    }
  },
);

test.serial(
  'a run directory that was made of a cut export knows of the cut, and so does its own export',
  async (t) => {
    const lines = [...formatInterchange(runOf(kept))].join('').trimEnd().split('\n');
    const file = join(root, 'short.ndjson');
    // The last line counts the others; five reads come before it.
    writeFileSync(file, lines.slice(0, -6).join('\n'));
    const directory = join(root, 'made-of-a-cut-export');
    await importHistory(file, directory);
    const { status, sentences } = await ending(directory);
    t.is(status, 2);
    t.true(
      sentences.includes(
        'The history is damaged: short.ndjson is torn. Lines of reads that were written into it: 475; that are there: 470.',
      ),
      sentences.join(' '),
    );
    const exported = join(root, 'exported-again.ndjson');
    await exportHistory(directory, 'ndjson', exported);
    t.deepEqual((await ending(exported)).sentences, sentences);
  },
);

test.serial(
  'an NDJSON history, damaged at any byte, is judged truly or refused with the number of a line',
  async (t) => {
    const text = Buffer.from([...formatInterchange(runOf(kept))].join(''));
    const feeds = text.filter((byte) => byte === 10).length;
    const file = join(root, 'history.ndjson');
    await holds(
      t,
      fc.asyncProperty(place, fc.option(fc.integer({ min: 1, max: 255 })), async (share, bits) => {
        const at = Math.floor(share * text.length);
        writeFileSync(
          file,
          bits === null
            ? text.subarray(0, at)
            : text.map((byte, index) => (index === at ? byte ^ bits : byte)),
        );
        const { status, sentences } = await ending(file);
        t.true([0, 1, 2, 64].includes(status));
        if (status === 64) {
          const line = Number(/^line (\d+) of .*history\.ndjson cannot be used: /.exec(sentences[0]!)?.[1]);
          t.true(line >= 1 && line <= feeds + 1, sentences[0]);
        }
      }),
      { numRuns: 100 },
    );
  },
);

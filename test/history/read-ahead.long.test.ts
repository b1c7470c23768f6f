import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { fc } from '@fast-check/ava';
import { check } from '../../src/checker/check.ts';
import { openRun } from '../../src/history/directory.ts';
import { openRecorder } from '../../src/history/recorder/recorder.ts';
import type { Run } from '../../src/history/run.ts';
import { info, plainRead, plainWrite, rowsOf, stillClock, temporaryDirectory } from './sample.ts';
import { holds } from '../holds.ts';

/** A second thread that reads ahead is a matter of speed alone: rows, damage and verdict are the same without it. */
const FILES = ['run.json', 'writes.arrow', 'reads.arrow', 'ends.arrow', 'events.ndjson'] as const;
const HISTORIES = ['writes.arrow', 'reads.arrow'] as const;

/** More batches than there are slots between the threads. */
const BATCHES = Array.from({ length: 23 }, (_, index) => 1 + (index % 5));

const root = temporaryDirectory();
const original = join(root, 'original');
const contents = new Map<string, Buffer>();
test.before(async () => {
  mkdirSync(original);
  const recorder = await openRecorder(original, info, stillClock);
  let index = 0;
  for (const rows of BATCHES) {
    for (const until = index + rows; index < until; index++) {
      recorder.write(plainWrite(index));
      // Some are lost, and some are there twice.
      if (index % 11 !== 3) recorder.read(plainRead(index));
      if (index % 13 === 5) recorder.read({ ...plainRead(index), offset: 1_000 + index });
    }
    await recorder.flush();
  }
  for (const partition of [0, 1, 2]) {
    recorder.event({
      type: 'scan',
      scan: 0,
      name: 'final',
      partition,
      from: 0,
      end: 2_000,
      covered: true,
      final: true,
      invokeNs: 1e12,
      completeNs: 2e12,
    });
  }
  await recorder.close('complete');
  for (const name of FILES) contents.set(name, readFileSync(join(original, name)));
});
test.after.always(() => rmSync(root, { recursive: true }));

const alone = { readAheadFromBytes: Infinity };
const together = { readAheadFromBytes: 0 };

function everythingAbout(run: Run) {
  const first = rowsOf(run);
  const { verdict, counts, findings, reasons } = check(run, { claim: 'kept' });
  return { first, again: rowsOf(run), damage: run.damage(), verdict, counts, findings, reasons };
}

test('a sound history', async (t) => {
  const expected = everythingAbout(await openRun(original, alone));
  t.true(expected.counts.lost > 0 && expected.counts.duplicate > 0);
  t.deepEqual(everythingAbout(await openRun(original, together)), expected);
});

test('whatever is done to its files', async (t) => {
  const injury = fc.record({
    file: fc.constantFrom(...HISTORIES),
    at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
    kind: fc.constantFrom('flip', 'cut', 'insert', 'remove'),
  });
  let copies = 0;
  await holds(
    t,
    fc.asyncProperty(fc.array(injury, { minLength: 1, maxLength: 3 }), async (injuries) => {
      const directory = join(root, `copy-${copies++}`);
      mkdirSync(directory);
      const files = new Map(contents);
      for (const { file, at, kind } of injuries) {
        const bytes = Buffer.from(files.get(file)!);
        const place = Math.floor(at * bytes.length);
        if (kind === 'flip' && bytes.length > 0) bytes[place]! ^= 0x40;
        const tail = kind === 'remove' ? bytes.subarray(place + 777) : bytes.subarray(place);
        const parts = { flip: [bytes], cut: [], insert: [Buffer.from('foreign'), tail], remove: [tail] }[
          kind
        ];
        files.set(file, Buffer.concat(kind === 'flip' ? parts : [bytes.subarray(0, place), ...parts]));
      }
      for (const [name, bytes] of files) writeFileSync(join(directory, name), bytes);
      t.deepEqual(
        everythingAbout(await openRun(directory, together)),
        everythingAbout(await openRun(directory, alone)),
      );
      rmSync(directory, { recursive: true });
    }),
    { numRuns: 100 },
  );
});

test('two passes at once, and a pass that is left early', async (t) => {
  const run = await openRun(original, together);
  const { writes, reads } = rowsOf(await openRun(original, alone));
  let rows = 0;
  const besides = run.reads()[Symbol.iterator]();
  for (const batch of run.writes()) {
    rows += batch.length;
    besides.next();
  }
  t.is(rows, writes.length);
  for (const batch of run.writes()) if (batch.length > 0) break;
  t.deepEqual(rowsOf(run), { writes, reads });
});

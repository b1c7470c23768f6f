import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import test from 'ava';
import { fc } from '@fast-check/ava';
import { seededRandom } from '../../src/core/random.ts';
import { openPacked, packFile } from '../../src/history/columns/packed-file.ts';
import { historyDigest } from '../../src/history/digest.ts';
import { openRun } from '../../src/history/directory.ts';
import { packRun } from '../../src/history/pack-run.ts';
import { recordRun } from '../../src/history/recorder/record-run.ts';
import { check } from '../../src/checker/check.ts';
import { acked, finalScan, found, runOfStory } from '../checker/story.ts';
import { holds } from '../holds.ts';
import { temporaryDirectory } from './sample.ts';

const root = temporaryDirectory();
test.after.always(() => rmSync(root, { recursive: true, force: true }));
let made = 0;

/** A run of so many acknowledged records, in a directory. */
async function recorded(records: number): Promise<string> {
  const values = Array.from({ length: records }, (_, seq) => `0:${seq}`);
  const directory = join(root, `run-${++made}`);
  const run = runOfStory({
    writes: values.map((value, offset) => acked(value, offset, { at: 1 + offset / 1e4 })),
    reads: values.map((value, offset) => found(offset, value)),
    events: [finalScan(records)],
    batchRows: 1_000,
  });
  mkdirSync(directory);
  await recordRun(run, directory);
  return directory;
}

test('a packed history is the same one: its digest, its verdict, and a fraction of its bytes', async (t) => {
  const directory = await recorded(40_000);
  const before = await openRun(directory);
  const [digest, result] = [historyDigest(before), check(before, { claim: 'kept' })];
  const bytes = statSync(join(directory, 'writes.arrow')).size;
  packRun(directory);
  t.false(existsSync(join(directory, 'writes.arrow')));
  t.true(statSync(join(directory, 'writes.arrow.gz')).size < bytes / 3);
  const run = await openRun(directory);
  t.is(historyDigest(run), digest);
  t.deepEqual(check(run, { claim: 'kept' }), result);
  t.deepEqual(run.damage(), []);
  packRun(directory);
  t.is(historyDigest(await openRun(directory)), digest, 'once more it changes nothing');
});

test('killed between packing and removing, both are there, and the file itself counts', async (t) => {
  const directory = await recorded(2_000);
  const file = join(directory, 'reads.arrow');
  const copy = join(root, 'reads.copy');
  copyFileSync(file, copy);
  const digest = historyDigest(await openRun(directory));
  packRun(directory);
  copyFileSync(copy, file);
  writeFileSync(`${file}.gz`, 'half of it');
  t.is(historyDigest(await openRun(directory)), digest);
  packRun(directory);
  t.is(historyDigest(await openRun(directory)), digest);
});

test('any part of a packed file reads as it was, and gunzip knows the whole', (t) => {
  const random = seededRandom(7);
  const path = join(root, 'any');
  const bytes = Buffer.from(
    Array.from({ length: 3_500_000 }, (_, at) => (at % 1_000 < 500 ? at % 7 : random.int(256))),
  );
  writeFileSync(path, bytes);
  packFile(path);
  t.true(gunzipSync(readFileSync(`${path}.gz`)).equals(bytes));
  const packed = openPacked(`${path}.gz`);
  t.is(packed.size, bytes.length);
  holds(
    t,
    fc.property(fc.nat(3_600_000), fc.nat(2_000_000), (position, length) => {
      const into = Buffer.alloc(length);
      let done = 0;
      for (let got = -1; got !== 0 && done < length; done += got)
        got = packed.read(into, done, length - done, position + done);
      const expected = bytes.subarray(position, position + length);
      t.true(into.subarray(0, done).equals(expected));
    }),
    { numRuns: 40 },
  );
  packed.close();
  writeFileSync(join(root, 'empty'), '');
  packFile(join(root, 'empty'));
  const empty = openPacked(join(root, 'empty.gz'));
  t.is(empty.size, 0);
  t.is(empty.read(Buffer.alloc(1), 0, 1, 0), 0);
  empty.close();
});

test('a member that is damaged reads as zeros, and the next one as it was', (t) => {
  const path = join(root, 'members');
  const bytes = Buffer.from(Array.from({ length: 2_500_000 }, (_, at) => 1 + (at % 97)));
  writeFileSync(path, bytes);
  packFile(path);
  const packed = readFileSync(`${path}.gz`);
  packed[packed.length >> 1]! ^= 255;
  writeFileSync(`${path}.gz`, packed);
  const file = openPacked(`${path}.gz`);
  const at = (position: number) => {
    const into = Buffer.alloc(1_000, 255);
    return [file.read(into, 0, 1_000, position), into] as const;
  };
  const member = 1 << 20;
  t.deepEqual(at(0), [1_000, bytes.subarray(0, 1_000)]);
  t.deepEqual(at(member + 500_000), [1_000, Buffer.alloc(1_000)]);
  t.deepEqual(at(2 * member), [1_000, bytes.subarray(2 * member, 2 * member + 1_000)]);
  file.close();
});

test('damage to a packed file costs what it touches: never a verdict of loss, never a stack trace', async (t) => {
  const directory = await recorded(60_000);
  packRun(directory);
  const file = join(directory, 'reads.arrow.gz');
  const sound = readFileSync(file);
  const random = seededRandom(11);
  let different = 0;
  for (let times = 0; times < 25; times++) {
    const bytes = Buffer.from(sound);
    if (times % 3 === 0) writeFileSync(file, bytes.subarray(0, random.int(bytes.length)));
    else {
      const at = random.int(bytes.length);
      bytes[at] = bytes[at]! ^ (1 << random.int(8));
      writeFileSync(file, bytes);
    }
    const run = await openRun(directory);
    const result = check(run, { claim: 'kept' });
    t.not(result.verdict, 'invalid', `${times}: ${result.reasons.join(' ')}`);
    if (run.damage().length > 0) different++;
  }
  t.true(different > 15, `${different} were noticed`);
});

import { spawn } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { tableFromIPC } from 'apache-arrow';
import test, { type ExecutionContext } from 'ava';
import { fc, testProp } from '@fast-check/ava';
import { Failure } from '../../src/core/failure.ts';
import { createAppendFile, diskFailure } from '../../src/history/recorder/append-file.ts';
import { historyDigest } from '../../src/history/digest.ts';
import { createRunDirectory, listRuns, openRun } from '../../src/history/directory.ts';
import type { Event } from '../../src/history/event.ts';
import { runOf } from '../../src/history/memory.ts';
import type { Run } from '../../src/history/run.ts';
import { memoryRecorder } from '../../src/history/recorder/memory-recorder.ts';
import { openRecorder } from '../../src/history/recorder/recorder.ts';
import { endEvents, noteEvents, readRows, writeRows } from './rows.ts';
import {
  endsOf,
  info,
  plainEnd,
  plainRead,
  plainWrite,
  rowsOf,
  stillClock,
  temporaryDirectory,
  withoutRecording,
} from './sample.ts';
import { AS_COMPILED } from '../as-compiled.ts';

const directories: string[] = [];
function freshDirectory(): string {
  const directory = temporaryDirectory();
  directories.push(directory);
  return directory;
}
test.after.always(() => {
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});

const flushes = fc.nat(20);

/** End offsets stand in columns, and the others in a list. */
function assertEvents(t: ExecutionContext, run: Run, events: readonly Event[]): void {
  t.deepEqual(
    run.events,
    events.filter(({ type }) => type !== 'end'),
  );
  t.deepEqual(
    endsOf(run),
    events.filter((event) => event.type === 'end'),
  );
}

testProp(
  'whatever is recorded is read back, from memory as from disk, however often it is flushed',
  [fc.array(writeRows), fc.array(readRows), fc.array(fc.oneof(noteEvents, endEvents)), flushes],
  async (t, writes, reads, events, flushEvery) => {
    const directory = freshDirectory();
    const recorder = await openRecorder(directory, info, stillClock);
    for (const [index, row] of writes.entries()) {
      recorder.write(row);
      if (index % 20 === flushEvery) await recorder.flush();
    }
    for (const row of reads) recorder.read(row);
    for (const event of events) recorder.event(event);
    await recorder.close('complete');

    const run = await openRun(directory);
    t.deepEqual(rowsOf(run), { writes, reads });
    t.deepEqual(rowsOf(run), { writes, reads }, 'a second pass');
    assertEvents(t, run, events);
    assertEvents(t, run, events);
    t.deepEqual(run.damage(), []);
    t.is(run.info.status, 'complete');
    t.deepEqual(rowsOf(runOf({ writes, reads }, 3)), { writes, reads });
  },
  { numRuns: 50 },
);

testProp(
  'a digest tells histories apart, and not how they were recorded',
  [fc.array(writeRows), fc.array(readRows), fc.array(fc.oneof(noteEvents, endEvents)), flushes],
  async (t, writes, reads, events, flushEvery) => {
    const digest = historyDigest(runOf({ writes, reads, events }));
    t.is(historyDigest(runOf({ writes, reads, events }, 3)), digest, 'other batches');
    const memory = memoryRecorder(info, stillClock);
    const directory = freshDirectory();
    const disk = await openRecorder(directory, info, stillClock);
    for (const recorder of [memory, disk]) {
      for (const [index, row] of writes.entries()) {
        recorder.write(row);
        if (index % 20 === flushEvery) await recorder.flush();
      }
      for (const row of reads) recorder.read(row);
      for (const event of events) recorder.event(event);
    }
    await disk.close('complete');
    t.is(historyDigest(memory.run()), digest, 'in memory');
    t.is(historyDigest(await openRun(directory)), digest, 'on disk');
    const changed = [...writes, plainWrite(0)];
    t.not(historyDigest(runOf({ writes: changed, reads, events })), digest);
    for (const [index, row] of writes.entries()) {
      const other = writes.with(index, { ...row, error: row.error === 'OTHER' ? null : 'OTHER' });
      t.not(historyDigest(runOf({ writes: other, reads, events })), digest);
    }
  },
  { numRuns: 20 },
);

testProp(
  'a recorder in memory gives back what it was given, and nothing that came later',
  [fc.array(writeRows), fc.array(readRows), fc.array(fc.oneof(noteEvents, endEvents)), fc.nat(1_500)],
  async (t, writes, reads, events, padding) => {
    const recorder = memoryRecorder(info, stillClock);
    for (let index = 0; index < padding; index++) recorder.write(plainWrite(index));
    for (const row of writes) recorder.write(row);
    for (const row of reads) recorder.read(row);
    for (const event of events) recorder.event(event);
    await recorder.close('complete');
    const run = recorder.run();
    recorder.write(plainWrite(0));
    recorder.read(plainRead(0));

    const rows = rowsOf(run);
    t.deepEqual(rows.writes.slice(padding), writes);
    t.is(rows.writes.length, padding + writes.length);
    t.deepEqual(rows.reads, reads);
    assertEvents(t, run, events);
    t.is(run.info.status, 'complete');
  },
  { numRuns: 50 },
);

test('batches fill up and are written without anybody asking', async (t) => {
  const directory = freshDirectory();
  const recorder = await openRecorder(directory, info, stillClock);
  const count = 40_000;
  for (let index = 0; index < count; index++) recorder.write(plainWrite(index));
  const beforeFlush = rowsOf(await openRun(directory)).writes.length;
  t.true(beforeFlush > 0 && beforeFlush < count);
  await recorder.close('complete');

  const run = await openRun(directory);
  const { writes } = rowsOf(run);
  t.is(writes.length, count);
  t.deepEqual(writes[33_333], plainWrite(33_333));
  t.deepEqual(run.damage(), []);
});

test('any Arrow tool reads the files as they are', async (t) => {
  const directory = freshDirectory();
  const recorder = await openRecorder(directory, info, stillClock);
  for (let index = 0; index < 10; index++) {
    recorder.write(plainWrite(index));
    recorder.read(plainRead(index));
    recorder.event(plainEnd(index));
    if (index === 4) await recorder.flush();
  }
  await recorder.close('complete');

  const table = tableFromIPC(readFileSync(join(directory, 'writes.arrow')));
  t.is(table.numRows, 10);
  t.is(table.schema.metadata.get('kept.outcomes'), 'ok sent fail info');
  t.deepEqual(
    [...table.getChild('completeNs')!].map(Number),
    Array.from({ length: 10 }, (_, index) => plainWrite(index).completeNs),
  );
  t.deepEqual([...table.getChild('worker')!], [0, 1, 2, 3, 4, 0, 1, 2, 3, 4]);
  t.is(tableFromIPC(readFileSync(join(directory, 'reads.arrow'))).numRows, 10);
  const ends = tableFromIPC(readFileSync(join(directory, 'ends.arrow')));
  t.deepEqual([...ends.getChild('offset')!].map(Number), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test('run.json is there from the start, can be changed, and says how the run ended', async (t) => {
  const directory = freshDirectory();
  const recorder = await openRecorder(directory, info, stillClock);
  t.deepEqual(withoutRecording((await openRun(directory)).info), info);
  const nodes = [{ name: 'kafka1', id: 1, roles: ['broker' as const], address: '192.0.2.1:9092' }];
  await recorder.update({ nodes });
  await recorder.close('failed', new Error('the cluster\ndid not come up'));
  const run = await openRun(directory);
  t.like(run.info, { nodes, status: 'failed', failure: 'the cluster did not come up' });
  t.is(typeof run.info.endedAt, 'string');
});

test('a directory that holds a history is never written to again', async (t) => {
  const directory = freshDirectory();
  await (await openRecorder(directory, info, stillClock)).close('complete');
  await t.throwsAsync(openRecorder(directory, info, stillClock), {
    instanceOf: Failure,
    message: /exists already/,
  });
});

test('a full disk is told, and what was recorded before it stays', async (t) => {
  const directory = freshDirectory();
  let room = 60_000;
  const recorder = await openRecorder(directory, info, stillClock, (path) => {
    const file = createAppendFile(path);
    return {
      ...file,
      append(chunks) {
        room -= chunks.reduce((bytes, chunk) => bytes + chunk.length, 0);
        if (room < 0) throw diskFailure(path, Object.assign(new Error('no space'), { code: 'ENOSPC' }));
        file.append(chunks);
      },
    };
  });
  let flushed = 0;
  const failure = await t.throwsAsync(
    async () => {
      for (;;) {
        for (let index = 0; index < 100; index++) recorder.write(plainWrite(flushed + index));
        await recorder.flush();
        flushed += 100;
      }
    },
    { instanceOf: Failure, message: /^the disk is full/ },
  );
  t.is(await recorder.failed.catch((error: unknown) => error), failure);
  t.is(await recorder.close('complete').catch((error: unknown) => error), failure);

  const run = await openRun(directory);
  t.true(flushed > 0);
  t.deepEqual(
    rowsOf(run).writes,
    Array.from({ length: flushed }, (_, index) => plainWrite(index)),
  );
  t.is(run.info.status, 'failed');
  t.regex(run.info.failure ?? '', /^the disk is full/);
});

test('a program that is killed loses nothing that it had flushed', async (t) => {
  const directory = freshDirectory();
  const child = fileURLToPath(new URL('recorder-child.ts', import.meta.url));
  const program = spawn(process.execPath, [AS_COMPILED, child, directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let flushed = 0;
  for await (const line of createInterface({ input: program.stdout })) {
    flushed = Number(line);
    if (flushed > 100_000) program.kill('SIGKILL');
  }

  const run = await openRun(directory);
  const { writes } = rowsOf(run);
  t.true(flushed > 100_000);
  t.true(writes.length >= flushed);
  t.deepEqual(writes.at(-1), plainWrite(writes.length - 1));
  // One more may have reached the disk between its last word and the kill.
  t.true(run.events.length >= flushed / 10_000);
  t.is(run.info.status, 'running');
  t.deepEqual(new Set(run.damage().map(({ kind }) => kind)), new Set(['torn'] as const));
});

test('runs that begin at the same moment get directories of their own', async (t) => {
  const store = join(freshDirectory(), 'new', 'store');
  t.deepEqual(await listRuns(store), []);
  const paths = await Promise.all(Array.from({ length: 20 }, () => createRunDirectory(store)));
  t.is(new Set(paths).size, 20);
  const expected = Array.from({ length: 20 }, (_, index) => `run-${index + 1}`);
  t.deepEqual(await listRuns(store), expected);

  writeFileSync(join(store, 'run-x'), '');
  writeFileSync(join(store, 'run-0100'), '');
  rmSync(join(store, 'run-3'), { recursive: true });
  t.is(
    await createRunDirectory(store),
    join(store, 'run-21'),
    'a number is not used again while a later one is there',
  );
});

test('a store that cannot be is said to be so', async (t) => {
  const directory = freshDirectory();
  writeFileSync(join(directory, 'file'), '');
  const failure = await t.throwsAsync(createRunDirectory(join(directory, 'file', 'store')), {
    instanceOf: Failure,
  });
  t.is(failure.exitStatus, 64);
  await t.throwsAsync(listRuns(join(directory, 'file')), { instanceOf: Failure });
});

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { fc, testProp } from '@fast-check/ava';
import { Failure } from '../../src/core/failure.ts';
import { openRun } from '../../src/history/directory.ts';
import { checksum, encodeLine } from '../../src/history/recorder/event-lines.ts';
import { openRecorder } from '../../src/history/recorder/recorder.ts';
import type { Damage, RunInfo } from '../../src/history/run.ts';
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

/**
 * Whatever happens to a run directory, reading it gives the truth: rows as they were recorded, or a damage that says
 * that some are missing, or a Failure. Never a crash, never another row.
 */
const FILES = ['run.json', 'writes.arrow', 'reads.arrow', 'ends.arrow', 'events.ndjson'] as const;
type FileName = (typeof FILES)[number];

/** Four batches of ten rows, then three of four, so that there is a middle to be damaged. */
const BATCHES = [10, 10, 10, 10, 4, 4, 4];
const COUNT = BATCHES.reduce((sum, rows) => sum + rows);
const WRITES = Array.from({ length: COUNT }, (_, index) => plainWrite(index));
const READS = Array.from({ length: COUNT }, (_, index) => plainRead(index));
const ENDS = Array.from({ length: COUNT }, (_, index) => plainEnd(index));
const EVENTS = Array.from({ length: COUNT }, (_, index) => ({
  type: 'note' as const,
  timeNs: index,
  text: `number ${index}\n"é"`,
  about: 'information' as const,
}));

async function record(directory: string, run: RunInfo, end: 'closed' | 'killed' = 'closed'): Promise<void> {
  mkdirSync(directory, { recursive: true });
  const recorder = await openRecorder(directory, run, stillClock);
  let index = 0;
  for (const rows of BATCHES) {
    for (const until = index + rows; index < until; index++) {
      recorder.write(WRITES[index]!);
      recorder.read(READS[index]!);
      recorder.event(EVENTS[index]!);
      recorder.event(ENDS[index]!);
    }
    await recorder.flush();
  }
  if (end === 'closed') await recorder.close('complete');
}

/** Another recording of the same rows, under the same name, whose files must not pass for this one's. */
const otherInfo = { ...info, seed: 4711 };

const root = temporaryDirectory();
const original = join(root, 'original');
const other = join(root, 'other');
const contents = new Map<FileName, Buffer>();
test.before(async () => {
  await record(original, info);
  await record(other, otherInfo);
  for (const name of FILES) contents.set(name, readFileSync(join(original, name)));
});
test.after.always(() => rmSync(root, { recursive: true }));

let copies = 0;
/** A copy of the run in which these files have these bytes (null: are gone). */
function damaged(changes: Partial<Record<FileName, Uint8Array | null>>): string {
  const directory = join(root, `copy-${copies++}`);
  mkdirSync(directory);
  for (const name of FILES) {
    const bytes = changes[name] === undefined ? contents.get(name)! : changes[name];
    if (bytes !== null) writeFileSync(join(directory, name), bytes);
  }
  return directory;
}

interface Outcome {
  failure: Failure | null;
  writes: number;
  reads: number;
  ends: number;
  events: number;
  damage: readonly Damage[];
}

/** Reads the run and throws an Error where it is not the truth. */
async function look(directory: string, { wasClosed = true } = {}): Promise<Outcome> {
  try {
    const run = await openRun(directory);
    const { writes, reads } = rowsOf(run);
    const ends = endsOf(run);
    const damage = [...run.damage()];
    assertSubsequence('writes', writes, WRITES);
    assertSubsequence('reads', reads, READS);
    assertSubsequence('ends', ends, ENDS);
    assertSubsequence('events', run.events, EVENTS);
    const files = new Set(damage.map(({ file }) => file));
    const assertTold = (file: FileName, isWhole: boolean) => {
      if (!isWhole && !files.has(file)) throw new Error(`${file} has lost something and nothing says so`);
    };
    assertTold('writes.arrow', writes.length === COUNT);
    assertTold('reads.arrow', reads.length === COUNT);
    // Where no line says any more that they are in a file of their own, the damage of the events covers them.
    if (!files.has('events.ndjson')) assertTold('ends.arrow', ends.length === COUNT);
    assertTold('events.ndjson', run.events.length === COUNT);
    const { status, endedAt: _, ...rest } = withoutRecording(run.info);
    assertTold('run.json', !wasClosed || status === 'complete');
    const { status: __, ...expected } = run.info.seed === info.seed ? info : otherInfo;
    if (JSON.stringify(rest) !== JSON.stringify(expected)) throw new Error('run.json has changed');

    const again = rowsOf(run);
    if (
      again.writes.length !== writes.length ||
      again.reads.length !== reads.length ||
      endsOf(run).length !== ends.length ||
      run.damage().length !== damage.length
    ) {
      throw new Error('a second pass gives something else');
    }
    return {
      failure: null,
      writes: writes.length,
      reads: reads.length,
      ends: ends.length,
      events: run.events.length,
      damage,
    };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { failure: error, writes: 0, reads: 0, ends: 0, events: 0, damage: [] };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function assertSubsequence(what: string, found: readonly unknown[], expected: readonly unknown[]): void {
  let at = 0;
  for (const row of found) {
    const text = JSON.stringify(row);
    while (at < expected.length && JSON.stringify(expected[at]) !== text) at++;
    if (at++ === expected.length)
      throw new Error(`${what}: ${text} was never recorded, or not in this place`);
  }
}

test('a run that was closed is whole', async (t) => {
  t.like(await look(damaged({})), {
    failure: null,
    writes: COUNT,
    reads: COUNT,
    ends: COUNT,
    events: COUNT,
    damage: [],
  });
});

for (const name of ['writes.arrow', 'reads.arrow', 'ends.arrow', 'events.ndjson'] as const) {
  test(`${name}, cut anywhere, loses no more than what was cut into`, async (t) => {
    const bytes = contents.get(name)!;
    let last = 0;
    for (let length = 0; length < bytes.length; length += 19) {
      const found = await look(damaged({ [name]: bytes.subarray(0, length) }));
      const rows = {
        'writes.arrow': found.writes,
        'reads.arrow': found.reads,
        'ends.arrow': found.ends,
        'events.ndjson': found.events,
      }[name];
      t.true(rows >= last, `at ${length}`);
      last = rows;
    }
    t.is(last, COUNT);
  });
}

/** The run with this file of the other run in place of its own. */
function foreign(name: FileName): Promise<Outcome> {
  return look(damaged({ [name]: readFileSync(join(other, name)) }));
}

test('the file of another recording is refused, even of a run of the same name', async (t) => {
  t.like(await foreign('writes.arrow'), { writes: 0, reads: COUNT, events: COUNT });
  t.like(await foreign('ends.arrow'), { writes: COUNT, ends: 0, events: COUNT });
  t.like(await foreign('events.ndjson'), { writes: COUNT, reads: COUNT, ends: COUNT, events: 0 });
  t.like(await foreign('run.json'), { writes: 0, reads: 0, events: 0 });
});

test('a missing file of end offsets is told, and no other file suffers', async (t) => {
  const found = await look(damaged({ 'ends.arrow': null }));
  t.like(found, { failure: null, writes: COUNT, reads: COUNT, ends: 0, events: COUNT });
  t.like(found.damage, [{ file: 'ends.arrow', kind: 'missing' }]);
});

test('an older run has its end offsets among the events, and needs no file of them', async (t) => {
  const directory = join(root, 'older');
  await record(directory, info);
  const recorded = { type: 'run' as const, info: (await openRun(directory)).info };
  const lines = [recorded, ...EVENTS, ...ENDS, { type: 'closed' as const }];
  const bytes = Buffer.from(lines.map((line, number) => encodeLine(line, number)).join(''));
  rmSync(join(directory, 'ends.arrow'));
  writeFileSync(join(directory, 'events.ndjson'), bytes);
  const run = await openRun(directory);
  t.deepEqual([endsOf(run), run.events], [ENDS, EVENTS]);
  rowsOf(run);
  t.deepEqual(run.damage(), []);

  // As it was recorded by a version that had no other way.
  const stored = await openRun('store/example');
  t.deepEqual(stored.damage(), []);
  t.is(endsOf(stored).length, 36);
  t.deepEqual(endsOf(stored)[0], {
    type: 'end',
    partition: 0,
    offset: 0,
    invokeNs: 6583722448,
    completeNs: 6684195506,
    broker: 1,
  });
});

test('a path that is no run is refused with what to do', async (t) => {
  const refusal = async (path: string) => {
    const failure = await t.throwsAsync(openRun(path), { instanceOf: Failure });
    t.not(failure.hint, '');
    return [failure.exitStatus, failure.message.replaceAll(root, 'ROOT')];
  };
  const empty = join(root, 'empty');
  mkdirSync(empty);
  t.deepEqual(await refusal(join(root, 'nowhere')), [64, 'there is no run at ROOT/nowhere']);
  t.deepEqual(await refusal(join(original, 'run.json')), [
    64,
    'the path ROOT/original/run.json is not a run directory but a file',
  ]);
  t.deepEqual(await refusal(empty), [64, 'the directory ROOT/empty is not a run: it has no run.json']);
  writeFileSync(join(empty, 'run.json'), '{"version": 3}');
  t.deepEqual(await refusal(empty), [
    64,
    'the run ROOT/empty was recorded in version 3 of the format; this program reads version 1 and version 2',
  ]);
  writeFileSync(join(empty, 'run.json'), '{"version": 1');
  t.is((await refusal(empty))[0], 2);
});

test('without run.json its copy among the events says what ran, and how it ended', async (t) => {
  const found = await look(damaged({ 'run.json': null }));
  t.like(found, { failure: null, writes: COUNT, events: COUNT });
  t.like(found.damage, [{ file: 'run.json', kind: 'missing' }]);
  t.is((await look(damaged({ 'run.json': null, 'events.ndjson': null }))).failure?.exitStatus, 2);
});

test('a changed version is damage, and only a version that is sealed is believed', async (t) => {
  const text = contents.get('run.json')!.toString();
  for (const version of [1, 3, 0, -1]) {
    const changed = text.replace('"version": 2', `"version": ${version}`);
    t.not(changed, text);
    const found = await look(damaged({ 'run.json': Buffer.from(changed) }));
    t.like(found, { failure: null, writes: COUNT, events: COUNT });
    t.like(found.damage, [{ file: 'run.json', kind: 'corrupt' }]);
    t.regex(found.damage[0]!.detail, /its checksum does not fit/);
  }
  const later = { ...info, version: 3 };
  const sealed = Buffer.from(JSON.stringify({ ...later, checksum: checksum(JSON.stringify(later)) }));
  t.is((await look(damaged({ 'run.json': sealed }))).failure?.exitStatus, 64);
  const events = Buffer.from(encodeLine({ type: 'run', info: later as unknown as RunInfo }, 0));
  const laterFailure = (await look(damaged({ 'run.json': null, 'events.ndjson': events }))).failure;
  t.is(laterFailure?.exitStatus, 64);
  t.regex(laterFailure!.message, /in version 3 of the format/);
});

test('a cut costs the last batch only', async (t) => {
  const killed = join(root, 'killed');
  await record(killed, info, 'killed');
  const bytes = readFileSync(join(killed, 'writes.arrow'));
  const rest = Object.fromEntries(
    (['run.json', 'reads.arrow', 'ends.arrow', 'events.ndjson'] as const).map((name) => [
      name,
      readFileSync(join(killed, name)),
    ]),
  );
  const found = await look(damaged({ ...rest, 'writes.arrow': bytes.subarray(0, -1) }), { wasClosed: false });
  t.is(found.writes, COUNT - BATCHES.at(-1)!);
  t.true(found.damage.some(({ file, kind }) => file === 'writes.arrow' && kind === 'torn'));
  t.is((await look(damaged({ ...rest, 'writes.arrow': bytes }), { wasClosed: false })).writes, COUNT);
});

test('a changed byte costs one batch, and the rows that it held are named', async (t) => {
  const bytes = Buffer.from(contents.get('writes.arrow')!);
  const second = bytes.indexOf('keptseal', bytes.indexOf('keptseal', bytes.indexOf('keptseal') + 1) + 1);
  bytes[second + 100]! ^= 1;
  const found = await look(damaged({ 'writes.arrow': bytes }));
  t.is(found.writes, COUNT - 10);
  t.regex(found.damage[0]!.detail, /^Rows 10 to 19 are left out: bytes \d+ to \d+ are damaged\.$/);
  t.is(found.damage[0]!.kind, 'corrupt');
});

for (const name of FILES) {
  testProp(
    `${name}: a changed byte never changes what is read`,
    [fc.nat(), fc.integer({ min: 1, max: 255 })],
    async (t, position, flip) => {
      const bytes = Buffer.from(contents.get(name)!);
      bytes[position % bytes.length]! ^= flip;
      const { failure, damage } = await look(damaged({ [name]: bytes }));
      t.true(failure !== null || damage.every(({ file }) => file === name));
    },
    { numRuns: 100 },
  );
}

const names = fc.constantFrom(...FILES);
const at = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
const mutations = fc.oneof(
  fc.record({ kind: fc.constant('flip' as const), name: names, at, flip: fc.integer({ min: 1, max: 255 }) }),
  fc.record({ kind: fc.constant('cut' as const), name: names, at }),
  fc.record({ kind: fc.constant('delete' as const), name: names }),
  fc.record({
    kind: fc.constant('insert' as const),
    name: names,
    at,
    bytes: fc.uint8Array({ minLength: 1, maxLength: 99 }),
  }),
  fc.record({
    kind: fc.constant('remove' as const),
    name: names,
    at,
    length: fc.integer({ min: 1, max: 3000 }),
  }),
  fc.record({
    kind: fc.constant('repeat' as const),
    name: names,
    at,
    length: fc.integer({ min: 1, max: 3000 }),
  }),
  fc.record({
    kind: fc.constant('zero' as const),
    name: names,
    at,
    length: fc.integer({ min: 1, max: 3000 }),
  }),
  fc.record({ kind: fc.constant('garbage' as const), name: names, bytes: fc.uint8Array({ maxLength: 200 }) }),
  fc.record({ kind: fc.constant('swap' as const), name: names, from: names }),
  fc.record({ kind: fc.constant('foreign' as const), name: names }),
);

type Injury = typeof mutations extends fc.Arbitrary<infer T> ? T : never;

testProp(
  'after any number of injuries there is the truth, a damage or a failure',
  [fc.array(mutations, { minLength: 1, maxLength: 4 })],
  async (t, injuries) => {
    const changes: Partial<Record<FileName, Uint8Array | null>> = {};
    for (const injury of injuries) {
      const old = Buffer.from(changes[injury.name] ?? contents.get(injury.name)!);
      changes[injury.name] = injure(old, injury);
    }
    const found = await look(damaged(changes));
    t.true(found.failure === null || found.failure.hint !== '');
  },
  { numRuns: 300 },
);

function injure(bytes: Buffer, injury: Injury): Uint8Array | null {
  const position = 'at' in injury ? Math.floor(injury.at * bytes.length) : 0;
  const [before, after] = [bytes.subarray(0, position), bytes.subarray(position)];
  if (injury.kind === 'foreign') return readFileSync(join(other, injury.name));
  switch (injury.kind) {
    case 'flip':
      return bytes.map((byte, index) => (index === position ? byte ^ injury.flip : byte));
    case 'cut':
      return before;
    case 'delete':
      return null;
    case 'insert':
      return Buffer.concat([before, injury.bytes, after]);
    case 'remove':
      return Buffer.concat([before, after.subarray(injury.length)]);
    case 'repeat':
      return Buffer.concat([before, after.subarray(0, injury.length), after]);
    case 'zero':
      after.subarray(0, injury.length).fill(0);
      return bytes;
    case 'garbage':
      return injury.bytes;
    case 'swap':
    default:
      return contents.get(injury.from)!;
  }
}

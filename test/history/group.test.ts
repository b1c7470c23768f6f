import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { fc, testProp } from '@fast-check/ava';
import type { Event } from '../../src/history/event.ts';
import { MEMBER_EVENTS } from '../../src/history/group.ts';
import { readInterchange } from '../../src/history/interchange/read.ts';
import { formatInterchange } from '../../src/history/interchange/write.ts';
import { runOf } from '../../src/history/memory.ts';
import type { RunInfo } from '../../src/history/run.ts';
import { temporaryDirectory } from './sample.ts';

/** A consumer group in a history goes out as NDJSON and comes in again; and what another tool writes is taken as it stands. */
const root = temporaryDirectory();
test.after.always(() => rmSync(root, { recursive: true }));
let files = 0;
function fileOf(content: string): string {
  const path = join(root, `history-${files++}.ndjson`);
  writeFileSync(path, content);
  return path;
}
const lines = (...objects: object[]) => objects.map((object) => `${JSON.stringify(object)}\n`).join('');

const GROUP = {
  id: 'g',
  protocol: 'consumer',
  commit: 'automatic',
  offsetsMinInsyncReplicas: 2,
  offsetsUncleanElection: false,
  offsetsRetentionMs: null,
} as const;

const moment = fc.nat({ max: 1e12 });
const number = fc.nat({ max: 20 });
const positions = fc.array(fc.record({ partition: number, offset: fc.integer({ min: -1, max: 1e9 }) }));
const errorName = fc.option(fc.constantFrom('CommitFailedException', 'é"\n'), { nil: null });
const span = fc
  .record({ invokeNs: moment, tookNs: moment })
  .map(({ invokeNs, tookNs }) => ({ invokeNs, completeNs: invokeNs + tookNs }));
const events: fc.Arbitrary<Event> = fc.oneof(
  fc.record(
    {
      type: fc.constant('member' as const),
      timeNs: moment,
      member: number,
      scan: number,
      what: fc.constantFrom(...MEMBER_EVENTS),
      partitions: fc.array(number),
      generation: fc.option(number, { nil: null }),
      id: fc.option(fc.string(), { nil: null }),
      reason: fc.string(),
    },
    { requiredKeys: ['type', 'timeNs', 'member', 'scan', 'what'] },
  ),
  fc
    .record(
      {
        type: fc.constant('offset-commit' as const),
        member: number,
        scan: number,
        generation: fc.option(number, { nil: null }),
        offsets: positions,
        outcome: fc.constantFrom('ok' as const, 'fail' as const, 'unknown' as const),
        error: errorName,
        transaction: fc.record({ worker: number, number }),
        span,
      },
      { requiredKeys: ['type', 'member', 'scan', 'generation', 'offsets', 'outcome', 'error', 'span'] },
    )
    .map(({ span: when, ...event }) => ({ ...event, ...when })),
  fc
    .record(
      {
        type: fc.constant('offset-fetch' as const),
        offsets: positions,
        error: errorName,
        stable: fc.boolean(),
        final: fc.constant(true as const),
        span,
      },
      { requiredKeys: ['type', 'offsets', 'error', 'stable', 'span'] },
    )
    .map(({ span: when, ...event }) => ({ ...event, ...when })),
);

testProp('a group goes out and comes in again', [fc.array(events, { maxLength: 8 })], (t, told) => {
  const info = { ...runOf({}).info, group: GROUP } satisfies RunInfo;
  const run = { ...runOf({ events: told }), info };
  const { info: read, events: back } = readInterchange(fileOf([...formatInterchange(run)].join('')));
  t.deepEqual(read.group, GROUP);
  t.deepEqual([...back], told);
});

test('a line of another tool may leave out what it does not know', (t) => {
  const { info, events: told } = readInterchange(
    fileOf(
      lines(
        { type: 'run', version: 1, run: 'r', group: { protocol: 'classic', commit: 'manual' } },
        { type: 'member', time: 1, member: 0, scan: 'one', what: 'joined', mood: 'good' },
        { type: 'offset-commit', member: 0, scan: 'one', offsets: [{ partition: 0, offset: 3 }], invoke: 5, complete: null, outcome: 'unknown' },
        { type: 'offset-fetch', offsets: [{ partition: 0, offset: -1 }], invoke: 7, complete: 8 },
        { type: 'read', scan: 'one', partition: 0, offset: 0, worker: 0, seq: 0, complete: 2 },
      ),
    ),
  ); // prettier-ignore
  t.deepEqual(info.group, {
    id: 'group',
    protocol: 'classic',
    commit: 'manual',
    offsetsMinInsyncReplicas: null,
    offsetsUncleanElection: null,
    offsetsRetentionMs: null,
  });
  t.like(told[0], { what: 'joined', extra: { mood: 'good' } });
  t.like(told[1], { generation: null, invokeNs: 5, completeNs: 5, error: null });
  t.like(told[2], { stable: false, error: null });
});

const WRONG: [line: object, problem: RegExp][] = [
  [{ type: 'member', time: 1, member: 0, scan: 'a', what: 'slept' }, /"what" must be one of/],
  [{ type: 'offset-fetch', offsets: [{ partition: 0, offset: -2 }], invoke: 1, complete: 2 }, /"offsets" must be a list of positions/],
  [{ type: 'offset-fetch', offsets: [{ partition: -1, offset: 2 }], invoke: 1, complete: 2 }, /"offsets" must be a list of positions/],
  [{ type: 'offset-fetch', offsets: [], invoke: 3, complete: 2 }, /"complete" must not be before "invoke"/],
  [{ type: 'offset-commit', member: 0, scan: 'a', offsets: [], invoke: 1, complete: 2, outcome: 'done' }, /"outcome" must be one of/],
  [{ type: 'offset-commit', member: 0, scan: 'a', offsets: [], invoke: 1, complete: 2, outcome: 'ok', transaction: 7 }, /"transaction" must be/],
  [{ type: 'run', version: 1, group: 'g' }, /"group" must be an object/],
  [{ type: 'run', version: 1, group: { protocol: 'share', commit: 'manual' } }, /"protocol" must be one of/],
]; // prettier-ignore
for (const [line, problem] of WRONG) {
  test(`${JSON.stringify(line)} is refused`, (t) => {
    const error = t.throws(() => readInterchange(fileOf(lines(line))));
    t.regex(error.message, problem);
  });
}

test('a read needs the line of its scan, or of the member whose life it is', (t) => {
  const read = { type: 'read', scan: 'one', partition: 0, offset: 0, worker: 0, seq: 0, complete: 2 };
  const member = { type: 'member', time: 1, member: 0, scan: 'one', what: 'joined' };
  t.notThrows(() => readInterchange(fileOf(lines(member, read))));
  const error = t.throws(() => readInterchange(fileOf(lines({ ...member, scan: 'two' }, read))));
  t.regex(error.message, /no line of type "scan" has this name/);
});

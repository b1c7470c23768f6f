import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { temporaryDirectory } from '../history/sample.ts';
import { EXAMPLE, kept } from './kept.ts';

/** `kept check SEGMENT --state FILE`: a log that goes on is judged in segments. */
const root = temporaryDirectory();
test.after.always(() => rmSync(root, { recursive: true }));

const SECOND = 1e9;

/** One record a second, ten of them, and a scan that goes on where the last one had ended. */
function segment(number: number, { without = -1, run = 'week' } = {}): string {
  const indexes = Array.from({ length: 10 }, (_, index) => 10 * number + index);
  const lines = [
    { type: 'run', version: 1, run, acks: 'all' },
    ...indexes.map((offset) => ({
      type: 'write',
      worker: 0,
      seq: offset,
      partition: 0,
      invoke: offset * SECOND,
      complete: offset * SECOND + 1e8,
      outcome: 'ok',
      offset,
    })),
    ...indexes
      .filter((offset) => offset !== without)
      .map((offset) => ({ type: 'read', scan: 'final', partition: 0, offset, worker: 0, seq: offset })),
    {
      type: 'scan',
      scan: 'final',
      partition: 0,
      from: 10 * number,
      end: 10 * number + 10,
      covered: true,
      final: true,
      invoke: 10 * number * SECOND + 9.5e9,
      complete: 10 * number * SECOND + 9.9e9,
    },
  ];
  const path = join(root, `${run}-${number}${without < 0 ? '' : '-lossy'}.ndjson`);
  writeFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return path;
}

test('a log is judged segment by segment; what is known stays small, and a loss stays known', async (t) => {
  const state = join(root, 'log.json');
  const sizes: number[] = [];
  for (let number = 0; number < 4; number++) {
    const told = await kept('check', segment(number), '--state', state, '--json');
    t.is(told.exitCode, 0, told.stderr);
    const { verdict, counts, segments } = JSON.parse(told.stdout);
    t.deepEqual(
      [verdict, counts.ok, counts.found, segments],
      ['valid', 10 * number + 10, 10 * number + 10, number + 1],
    );
    sizes.push(statSync(state).size);
  }
  t.true(sizes[3]! < 1.1 * sizes[1]!, sizes.join(' '));
  t.is((await kept('check', segment(4, { without: 44 }), '--state', state)).exitCode, 1);
  const after = await kept('check', segment(5), '--state', state);
  t.is(after.exitCode, 1);
  t.regex(after.stdout, /INVALID[^]*1 of 60 acknowledged records is missing/);
  t.regex(after.stderr, /this is 6 segments so far/);
  for (const line of `${after.stdout}\n${after.stderr}`.split('\n')) t.true(line.length <= 120, line);
});

test('what is no next segment is refused in a sentence, and the state stays as it was', async (t) => {
  const state = join(root, 'refused.json');
  const first = segment(0);
  t.is((await kept('check', first, '--state', state)).exitCode, 0);
  const known = readFileSync(state, 'utf8');
  const bad = join(root, 'bad.json');
  writeFileSync(bad, known.slice(0, 100));
  for (const [args, message] of [
    [[first, '--state', state], /is the segment that was examined last/],
    [[segment(1, { run: 'other' }), '--state', state], /are not segments of one log/],
    [[first, '--state', bad], /cannot be read from/],
    [[segment(1), '--state', state, '--full-lists'], /Leave --full-lists out/],
    [[segment(1), '--state', state, '--engine', 'duckdb'], /Leave --engine out/],
    [[join(root, 'nothing'), '--state', state], /./],
    [[segment(1), '--state', join(root, 'no', 'place.json')], /./],
  ] as const) {
    const told = await kept('check', ...args);
    t.true([2, 64].includes(told.exitCode!), `${args.join(' ')}: ${told.exitCode}`);
    t.regex(told.stderr, message);
    t.notRegex(told.stderr, /\n\s+at /);
  }
  t.is(readFileSync(state, 'utf8'), known);
});

test('a run directory is a segment, too: alone it comes to what the run comes to', async (t) => {
  const alone = await kept('check', EXAMPLE, '--json');
  const told = await kept('check', EXAMPLE, '--state', join(root, 'example.json'), '--json');
  t.is(told.exitCode, alone.exitCode);
  const [one, other] = [JSON.parse(alone.stdout), JSON.parse(told.stdout)];
  t.deepEqual([other.verdict, other.counts], [one.verdict, one.counts]);
});

import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { Result } from '../../src/checker/result.ts';
import { EXAMPLE, kept } from './kept.ts';

const directory = mkdtempSync(join(tmpdir(), 'kept-cli-'));
test.after.always(() => rmSync(directory, { recursive: true, force: true }));

test('on request every record with a finding stands in a file of its own, one a line', async (t) => {
  const copy = join(directory, 'full-lists');
  cpSync(EXAMPLE, copy, { recursive: true });
  const { stdout } = await kept('check', copy, '--json', '--full-lists');
  const { findings } = JSON.parse(stdout) as Result;
  const lines = readFileSync(join(copy, 'findings.ndjson'), 'utf8').trimEnd().split('\n');
  const listed = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  for (const { kind, loss, partition, count, judgement, offsets, examples } of findings) {
    const own = listed.filter((line) => line['kind'] === kind && line['loss'] === loss);
    t.is(own.length, count);
    for (const line of own) t.like(line, { partition, judgement });
    t.is(Math.min(...own.map(({ offset }) => Number(offset))), offsets![0]);
    for (const { value, ackedOffset, ackedNs } of examples)
      t.truthy(
        own.find(
          (line) => line['value'] === value && line['offset'] === ackedOffset && line['timeNs'] === ackedNs,
        ),
      );
  }
  t.is(
    listed.length,
    findings.reduce((sum, { count }) => sum + count, 0),
  );
});

test('a list that cannot be written does not keep back the verdict', async (t) => {
  const copy = join(directory, 'unwritable');
  cpSync(EXAMPLE, copy, { recursive: true });
  mkdirSync(join(copy, 'findings.ndjson'));
  const { stdout, stderr, exitCode } = await kept('check', copy, '--json', '--full-lists');
  t.is(exitCode, 1);
  t.deepEqual(JSON.parse(stdout), JSON.parse(readFileSync(join(EXAMPLE, 'results.json'), 'utf8')));
  t.regex(stderr, /could not be written/);
});

const torn = join(directory, 'torn.json');
writeFileSync(torn, '{"name": "x"');

/** As processes: each costs a second, so only what the process itself decides. */
const wrong: [args: string[], status: number, sentence: RegExp][] = [
  [['check', torn, '--full-lists'], 64, /full lists are written into a run directory/i],
  [['nosuch'], 64, /unknown command 'nosuch'/],
  [['run', 'nosuch'], 64, /There is no scenario "nosuch"/],
  [['run', '--acks', '2'], 64, /Expected 0, 1 or all/],
  [['run', '--kafka', '3.9.1'], 2, /Kafka needs Java/],
  [['suite', 'failure-scenarios', '--only', '9'], 64, /has no scenario "9"/],
  [['check', '/no/such/run'], 64, /There is no run at \/no\/such\/run/],
  [['check', 'package.json'], 64, /Line 1 of package\.json cannot be used/],
  [['inside-lab', 'x'], 64, /inside a lab/],
];
for (const [args, status, sentence] of wrong) {
  test(`kept ${args.join(' ')} ends with ${status} and one sentence`, async (t) => {
    const { exitCode, stderr, stdout } = await kept(...args);
    t.is(exitCode, status);
    t.regex(stderr, sentence);
    t.notRegex(stderr, /\n\s+at /, 'never a stack trace');
    t.is(stdout, '');
  });
}

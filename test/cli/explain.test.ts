import test from 'ava';
import { EXAMPLE, kept, keptIn } from './kept.ts';

/** `kept explain` as it is typed. What it says is tested in test/report/explain. */

test('it tells of a record in 80 columns, and the same as data', async (t) => {
  const [text, json] = await Promise.all([
    keptIn('.')('explain', EXAMPLE, '--offset', '0:1,060'),
    kept('explain', EXAMPLE, '--value', 'w4:132', '--json'),
  ]);
  t.is(text.exitCode, 0, text.stderr);
  t.true(text.stdout.split('\n').every((line) => line.length <= 80));
  t.regex(
    text.stdout,
    /Record w4:132: acknowledged, and not found[^]*Record w2:327: acknowledged, and found once/,
  );
  t.is(json.exitCode, 0, json.stderr);
  const { version, records } = JSON.parse(json.stdout) as {
    version: number;
    records: { value: string; steps: { timeNs: number; what: string; text: string }[] }[];
  };
  t.is(version, 1);
  t.is(records[0]!.value, 'w4:132');
  t.true(
    records[0]!.steps.some(
      ({ timeNs, text: told }) => timeNs > 0 && told === 'kafka1 cuts its log to offset 1,059',
    ),
  );
});

test('what makes no sense is refused with a hint', async (t) => {
  const refusals = await Promise.all([
    kept('explain', EXAMPLE),
    kept('explain', EXAMPLE, '--value', '1:1', '--finding', '1'),
    kept('explain', EXAMPLE, '--value', 'three'),
    kept('explain', EXAMPLE, '--value', '9:1'),
    kept('explain', 'store/no-such-run', '--finding', '1'),
  ]);
  t.deepEqual(
    refusals.map(({ exitCode }) => exitCode),
    [64, 64, 64, 64, 64],
  );
  const [nothing, two, three, never] = refusals.map(({ stderr }) => stderr);
  t.regex(
    nothing!,
    /Nothing says which record[^]*--value WORKER:SEQ, --offset PARTITION:OFFSET or --finding N/,
  );
  t.regex(two!, /One record is explained at a time/);
  t.regex(three!, /Expected a worker and a sequence number, such as 3:120/);
  t.regex(never!, /No write and no read of w9:1[^]*workers are 0 to 7/);
});

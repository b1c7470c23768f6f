import test from 'ava';
import type { Result } from '../../src/checker/result.ts';
import { type Outcome, runRows, statusOfSuite } from '../../src/cli/suite-rows.ts';
import { Failure } from '../../src/core/failure.ts';
import { SUITES } from '../../src/scenario/catalog/catalog.ts';
import type { Entry } from '../../src/scenario/catalog/entry.ts';

/** A suite that meets trouble keeps its table, and a loss that it found is never masked. */
const entries = SUITES['failure-scenarios']!;
const keeps = entries.find(({ scenario }) => scenario.expect === 'no-loss')!;
const loses = entries.find(({ scenario }) => scenario.expect === 'loss')!;

const outcome = (verdict: Result['verdict'] | null, lost: number, status = 0): Outcome => ({
  directory: 'store/run-1',
  world: 'real',
  status,
  result:
    verdict === null
      ? null
      : ({ verdict, counts: { lost, 'lost-after-read': 0, 'sent-missing': 0 } } as Result),
});

/** Each step is a run; `interrupt` is a Ctrl-C while it runs. */
async function suiteOf(...steps: { entry: Entry; gives: Outcome | Error; interrupt?: true }[]) {
  let isInterrupted = false;
  let step = 0;
  const said: string[] = [];
  const suite = await runRows(
    steps.map(({ entry }) => entry),
    {
      async run() {
        const { gives, interrupt } = steps[step++]!;
        isInterrupted ||= interrupt === true;
        if (gives instanceof Error) throw gives;
        return gives;
      },
      interrupted: () => isInterrupted,
      say: (text) => said.push(text),
    },
  );
  return { ...suite, said, status: statusOfSuite(suite, isInterrupted) };
}

const met = { entry: keeps, gives: outcome('valid', 0) };
const loss = { entry: keeps, gives: outcome('invalid', 7, 1) };
const crash = { entry: keeps, gives: new Failure('the lab was taken away') };

test('what is expected is met, or not, or not known', async (t) => {
  t.is((await suiteOf(met, { entry: loses, gives: outcome('invalid', 9, 1) })).status, 0);
  t.is((await suiteOf(met, { entry: loses, gives: outcome('valid', 0) })).status, 1);
  t.is((await suiteOf(met, { entry: keeps, gives: outcome('inconclusive', 0, 2) })).status, 2);
});

test('a run that fails is a row, those before and after it stay, and a loss that was found wins', async (t) => {
  const { rows, status, said } = await suiteOf(loss, crash, met);
  t.deepEqual(
    rows.map((row) => row.met),
    [false, null, true],
  );
  t.is(status, 1);
  t.regex(said.join(''), /the lab was taken away/);
  t.is((await suiteOf(crash, loss)).status, 1);
  t.is((await suiteOf(met, crash)).status, 2);
  t.is((await suiteOf(met, { entry: keeps, gives: new TypeError('a defect') })).status, 70);
});

test('an interrupt keeps the table, and does not mask a loss', async (t) => {
  const before = await suiteOf(loss, { ...met, interrupt: true }, met);
  t.is(before.rows.length, 2);
  t.is(before.status, 1);
  t.is((await suiteOf(met, { ...loss, interrupt: true })).status, 1, 'a loss in the run that was cut short');
  t.is((await suiteOf(met, { ...crash, interrupt: true })).status, 2);
  const short = { entry: loses, gives: outcome('valid', 0), interrupt: true as const };
  t.is((await suiteOf(met, short)).status, 130, 'a run that was cut short need not lose what it was to lose');
  t.is((await suiteOf(met, { ...met, interrupt: true }, loss)).status, 130);
});

test('a loss whose result could not be written is told by the exit status of its run', async (t) => {
  t.is((await suiteOf({ entry: keeps, gives: outcome(null, 0, 1) }, met)).status, 1);
});

test('what is wrong with the command itself ends the series', async (t) => {
  const usage = { entry: keeps, gives: new Failure('no such Kafka', { exitStatus: 64 }) };
  await t.throwsAsync(suiteOf(usage, met), { message: 'no such Kafka' });
  const later = await suiteOf(loss, usage, met);
  t.is(later.rows.length, 2);
  t.is(later.status, 1);
});

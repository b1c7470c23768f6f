import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { realClock } from '../../src/core/clock.ts';
import { keptIn } from './kept.ts';
import { seededRandom } from '../../src/core/random.ts';
import type { SoakReport } from '../../src/report/soak/soak-report.ts';
import { ledgerLines } from '../../src/run/soak/ledger.ts';

/** Soaks as a person types them, against the model of Kafka. */
const home = mkdtempSync(join(tmpdir(), 'kept-soak-cli-'));
test.after.always(() => rmSync(home, { recursive: true, force: true }));
const clock = realClock();

const start = keptIn(home);
const SOAK =
  'run soak --simulate --period 8s --rate 20 --seed 5 --fault-interval 500ms --fault-duration 1s'.split(' ');
const reportOf = (soak: string) =>
  JSON.parse(readFileSync(join(home, soak, 'results.json'), 'utf8')) as SoakReport;
const linesOf = (soak: string) => [...ledgerLines(join(home, soak))];
/** What does not depend on when and how often it was begun. */
const provenBy = (soak: string) =>
  linesOf(soak)
    .filter(({ ended }) => ended === 'complete')
    .map(({ period, judged, kinds, load }) => [period, judged?.digest, judged?.result.verdict, kinds, load]);

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await clock.sleep(5);
}

test.serial(
  'a soak ends after its time: a line for each period, and the histories of clean ones are gone',
  async (t) => {
    t.timeout(120_000);
    const soak = await start(...SOAK, '--duration', '2m', '--store', 'one');
    t.is(soak.exitCode, 0, soak.stderr);
    t.regex(soak.stdout, /^VALID +\d+ periods, 2 min/m);
    t.regex(soak.stderr, /SIMULATED/);
    t.regex(soak.stderr, /^ +1 valid .* acked, 0 lost/m);
    const lines = linesOf('one/run-1');
    t.true(lines.length >= 6 && lines.every(({ judged }) => judged?.result.verdict === 'valid'));
    t.deepEqual(readdirSync(join(home, 'one/run-1')).toSorted(), [
      'periods.ndjson',
      'results.json',
      'soak.json',
      'summary.md',
    ]);
    t.is(reportOf('one/run-1').periods.judged, lines.length);

    const status = await start('status', 'one/run-1');
    t.is(status.exitCode, 0, status.stderr);
    t.true(soak.stdout.includes(status.stdout.trim()));
    const again = await start('check', 'one/run-1', '--claim', 'contract', '--json');
    t.is((JSON.parse(again.stdout) as SoakReport).verdict, 'valid', 'what is kept is within the contract');

    // As if it had been killed between the line and what follows from it.
    mkdirSync(join(home, 'one/run-1/period-2'));
    const longer = await start('resume', 'one/run-1', '--duration', '3m');
    t.false(existsSync(join(home, 'one/run-1/period-2')));
    t.is(longer.exitCode, 0, longer.stderr);
    t.true(linesOf('one/run-1').length > lines.length);
    t.deepEqual(linesOf('one/run-1').slice(0, lines.length), lines);
  },
);

test.serial(
  'killed at any moment, a soak that goes on comes to what one comes to that was not',
  async (t) => {
    t.timeout(300_000);
    const whole = await start(...SOAK, '--duration', '1m', '--store', 'whole');
    t.is(whole.exitCode, 0, whole.stderr);
    const random = seededRandom(20_261_129);
    const going = [...SOAK, '--duration', '1m', '--store', 'killed'];
    let killed = start(...going);
    await until(() => existsSync(join(home, 'killed/run-1/soak.json')));
    for (let times = 0; times < 5; times++) {
      await clock.sleep(random.int(700));
      killed.kill('SIGKILL');
      await killed;
      killed = start('resume', 'killed/run-1');
      await Promise.race([killed, clock.sleep(300 + random.int(300))]);
    }
    const last = await killed;
    t.true(last.exitCode === 0, last.stderr);
    t.deepEqual(provenBy('killed/run-1'), provenBy('whole/run-1'));
    t.is(reportOf('killed/run-1').verdict, 'valid');
    const gaps = linesOf('killed/run-1').filter(({ ended }) => ended === 'cut-short');
    t.is(reportOf('killed/run-1').gaps.length, gaps.length);
  },
);

test.serial(
  'with acks=1 it stops at the first loss, keeps its evidence, and tells whoever asked',
  async (t) => {
    t.timeout(120_000);
    const soak = await start(
      ...SOAK,
      '--acks',
      '1',
      '--faults',
      'isolate',
      '--forever',
      '--stop-on',
      'invalid',
      '--on-finding',
      'cat >told.json; echo "$KEPT_PERIOD $KEPT_VERDICT $KEPT_HISTORY" >told.txt',
      '--store',
      'lossy',
    );
    t.is(soak.exitCode, 1, soak.stderr);
    t.regex(soak.stderr, /it stops here, because period \d+ is invalid/);
    t.regex(soak.stdout, /^INVALID[^]*acknowledged records? (?:is|are) missing/m);
    const lines = linesOf('lossy/run-1');
    const bad = lines.filter(({ judged }) => judged?.result.verdict === 'invalid');
    t.is(bad.length, 1);
    const { period, directory } = bad[0]!;
    t.is(directory, `period-${period}`);
    t.is((await start('check', `lossy/run-1/${directory}`)).exitCode, 1);
    t.is(readFileSync(join(home, 'told.txt'), 'utf8'), `${period} invalid lossy/run-1/${directory}\n`);
    t.is((JSON.parse(readFileSync(join(home, 'told.json'), 'utf8')) as { period: number }).period, period);

    rmSync(join(home, 'lossy/run-1', directory!), { recursive: true });
    t.is((await start('check', 'lossy/run-1')).exitCode, 1, 'its line stands without its history');
  },
);

test.serial(
  'while it goes on another terminal is told what is proven, and a second soak is refused',
  async (t) => {
    t.timeout(120_000);
    const going = start(...SOAK, '--forever', '--store', 'going');
    await until(() => existsSync(join(home, 'going/run-1/periods.ndjson')));
    going.kill('SIGSTOP');
    const status = await start('status', 'going/run-1');
    t.is(status.exitCode, 2, status.stderr);
    t.regex(status.stdout, /^SO FAR[^]*It still goes on: period \d+/);
    const check = await start('check', 'going/run-1', '--json');
    t.is(check.exitCode, 2);
    t.true((JSON.parse(check.stdout) as { running: boolean }).running);
    t.false(existsSync(join(home, 'going/run-1/results.json')), 'nothing is written into it');
    const second = await start('resume', 'going/run-1');
    t.is(second.exitCode, 64);
    t.regex(second.stderr, /soak going\/run-1 is being carried out by process \d+/);
    going.kill('SIGCONT');
    going.kill('SIGINT');
    const ended = await going;
    t.is(ended.exitCode, 0, ended.stderr);
    t.regex(ended.stdout, /^VALID/m);
  },
);

test.serial('histories are kept as told, and no more of them than there is room for', async (t) => {
  t.timeout(120_000);
  const all = await start(...SOAK, '--duration', '1m', '--keep', 'all', '--store', 'all');
  t.is(all.exitCode, 0, all.stderr);
  const lines = linesOf('all/run-1');
  t.deepEqual(
    lines.map(({ directory }) => directory),
    lines.map(({ period }) => `period-${period}`),
  );
  // Proven clean, they are packed; everything that reads a run reads them.
  const first = join(home, 'all/run-1/period-1');
  t.deepEqual(
    readdirSync(first).filter((name) => name.includes('arrow')),
    ['ends.arrow.gz', 'reads.arrow.gz', 'writes.arrow.gz'],
  );
  const one = await start('check', 'all/run-1/period-1', '--json');
  t.is((JSON.parse(one.stdout) as { verdict: string }).verdict, 'valid', one.stderr);
  t.true(existsSync(join(first, 'timeline.svg')));
  t.is((await start('export', 'all/run-1/period-1', '--to', 'ndjson', '--output', 'one.ndjson')).exitCode, 0);
  t.is((await start('check', 'one.ndjson')).exitCode, 0);
  // Killed while the last period was judged: it was recorded to its end, so it is not carried out again.
  const ledger = join(home, 'all/run-1/periods.ndjson');
  writeFileSync(ledger, readFileSync(ledger, 'utf8').replace(/[^\n]*\n$/, ''));
  const resumed = await start('resume', 'all/run-1');
  t.is(resumed.exitCode, 0, resumed.stderr);
  t.deepEqual(
    provenBy('all/run-1'),
    lines.map(({ period, judged, kinds, load }) => [
      period,
      judged?.digest,
      judged?.result.verdict,
      kinds,
      load,
    ]),
  );
  t.deepEqual(reportOf('all/run-1').gaps, []);
  // Killed while the last period was closed: run.json says that it is complete already, and its events have no end mark.
  writeFileSync(ledger, readFileSync(ledger, 'utf8').replace(/[^\n]*\n$/, ''));
  const events = join(home, 'all/run-1', lines.at(-1)!.directory!, 'events.ndjson');
  writeFileSync(events, readFileSync(events, 'utf8').replace(/[^\n]*\n$/, ''));
  const again = await start('resume', 'all/run-1');
  t.is(again.exitCode, 0, again.stderr);
  t.deepEqual(
    provenBy('all/run-1').map(([period, digest]) => [period, digest]),
    lines.map(({ period, judged }) => [period, judged?.digest]),
  );
  t.is(reportOf('all/run-1').gaps.length, 1);
  const { historyBytes } = lines[0]!;
  const max = String(3 * historyBytes);
  const tiny = await start(
    ...SOAK,
    '--duration',
    '1m',
    '--keep',
    'all',
    '--store-max',
    '1KB',
    '--store',
    'tiny',
  );
  t.is(tiny.exitCode, 2, 'it had to end before its time');
  t.regex(tiny.stderr, /it ends here, because what it has to keep fills --store-max/);
  const few = await start(...SOAK, '--duration', '1m', '--keep', 'all', '--store-max', max, '--store', 'few');
  t.is(few.exitCode, 0, few.stderr);
  t.regex(few.stderr, /Dropped to keep within --store-max: period-1/);
  t.true(readdirSync(join(home, 'few/run-1')).filter((name) => name.startsWith('period-')).length <= 4);
  t.deepEqual(provenBy('few/run-1'), provenBy('all/run-1'));
});

test.serial(
  'what is missing or damaged of a soak is never taken for clean, and what was proven once stands',
  async (t) => {
    t.timeout(180_000);
    const soak = await start(...SOAK, '--duration', '30s', '--keep', 'all', '--store', 'hurt');
    t.is(soak.exitCode, 0, soak.stderr);
    const place = join(home, 'hurt/run-1');
    const ledger = join(place, 'periods.ndjson');
    const whole = readFileSync(ledger, 'utf8');
    const count = linesOf('hurt/run-1').length;
    t.true(count >= 2);

    // Killed while the last period was to be judged: it has a history, and no line.
    writeFileSync(ledger, whole.replace(/[^\n]*\n$/, ''));
    const status = await start('status', 'hurt/run-1');
    t.is(status.exitCode, 2, 'nothing is known of what was recorded last');
    t.regex(status.stdout, new RegExp(`^SO FAR[^]*killed in period ${count}`));
    const check = await start('check', 'hurt/run-1', '--json');
    t.is(check.exitCode, 0, check.stderr);
    t.is((JSON.parse(check.stdout) as SoakReport).periods.judged, count, 'it is judged with the others');
    writeFileSync(ledger, whole);

    // A history that is not whole any more: what it held is not tested, the others are judged.
    const events = join(place, 'period-1/events.ndjson');
    const said = readFileSync(events, 'utf8');
    writeFileSync(events, said.slice(0, said.length / 2));
    const damaged = await start('check', 'hurt/run-1', '--json');
    t.is(damaged.exitCode, 2, damaged.stderr);
    const { periods } = JSON.parse(damaged.stdout) as SoakReport;
    t.deepEqual([periods.judged, periods.inconclusive], [count, 1]);
    writeFileSync(events, said);

    // Another one in its place.
    renameSync(join(place, 'period-1'), join(place, 'elsewhere'));
    cpSync(join(place, 'period-2'), join(place, 'period-1'), { recursive: true });
    const swapped = await start('check', 'hurt/run-1');
    t.is(swapped.exitCode, 2, swapped.stderr);
    t.regex(swapped.stdout, /Its history is another one\s+than\s+was\s+judged \(in\s+1\s+period:\s+1\)/);
    rmSync(join(place, 'period-1'), { recursive: true });
    renameSync(join(place, 'elsewhere'), join(place, 'period-1'));
    t.is((await start('check', 'hurt/run-1')).exitCode, 0);

    // A line that cannot be read any more, of a period that was carried out again.
    writeFileSync(ledger, `${whole.slice(0, 300)}\n${whole}`);
    for (const command of ['status', 'check']) {
      const { exitCode, stdout } = await start(command, 'hurt/run-1');
      t.is(exitCode, 2, command);
      t.regex(stdout, /1 line of the ledger cannot be read any more/);
    }
  },
);

test.serial('what is wrong is told in one sentence with a hint, and nothing is begun', async (t) => {
  t.timeout(120_000);
  const cases: [string[], RegExp][] = [
    [['run', 'soak', '--simulate'], /has to be told how long/],
    [[...SOAK, '--forever', '--duration', '1h'], /contradict each other/],
    [[...SOAK, '--duration', '1h', '--repeat', '3'], /not repeated/],
    [[...SOAK, '--duration', '1h', '--count', '3'], /ends after a time/],
    [[...SOAK, '--duration', '1h', '--store-max', 'much'], /Expected a size/],
    [[...SOAK, '--duration', '1h', '--period', '0'], /no room for a fault/],
    [[...SOAK, '--duration', '1h', '--period', '1ms'], /no room for a fault/],
    [[...SOAK, '--duration', '1h', '--keep', 'some'], /Allowed choices are/],
    [['run', '--simulate', '--forever'], /--forever is about a soak/],
    [['run', '--simulate', '--stop-on', 'invalid'], /--stop-on is about a soak/],
    [[...SOAK, '--duration', '1h', '--faults', 'hail'], /no kind of fault "hail"/],
    [['status', 'nowhere'], /here is no soak at nowhere/],
    [['resume', 'one/run-1', '--repeat', '3'], /about a repeat, and this is a soak/],
  ];
  for (const [args, what] of cases) {
    const { exitCode, stderr } = await start(...args, ...(args[0] === 'run' ? ['--store', 'wrong'] : []));
    t.is(exitCode, 64, args.join(' '));
    t.regex(stderr, what, args.join(' '));
    t.notRegex(stderr, /^ +at /m);
  }
  t.false(existsSync(join(home, 'wrong')) && readdirSync(join(home, 'wrong')).length > 0);

  const info = join(home, 'one/run-1/soak.json');
  const whole = readFileSync(info, 'utf8');
  writeFileSync(info, whole.replace('"seed": 5', '"seed": 6'));
  const damaged = await start('resume', 'one/run-1');
  t.is(damaged.exitCode, 2, damaged.stderr);
  t.regex(damaged.stderr, /soak\.json is damaged: its checksum does not fit/);
  writeFileSync(info, whole);
});

test('a dry run tells what the first periods are, and begins nothing', async (t) => {
  const { stdout, exitCode } = await start(
    ...'run soak --dry-run --duration 1h --seed 7 --store'.split(' '),
    join(home, 'dry'),
  );
  t.is(exitCode, 0);
  t.regex(stdout, /its first periods[^]*^ {4}1: \d+ writes\/s.*\n[^]*^ {4}5: /m);
  t.notRegex(stdout, /fault\(s\)/);
  t.false(existsSync(join(home, 'dry')));
});

test.serial(
  'whose directory is renamed meanwhile, a soak ends with one sentence, and nothing takes the place',
  async (t) => {
    t.timeout(120_000);
    const going = start(...SOAK, '--forever', '--store', 'vanishing');
    await until(() => existsSync(join(home, 'vanishing/run-1/periods.ndjson')));
    renameSync(join(home, 'vanishing/run-1'), join(home, 'vanishing/away'));
    const { exitCode, stderr } = await going;
    t.is(exitCode, 2, stderr);
    t.deepEqual(
      stderr.split('\n').filter((line) => /^kept:|cannot|failed/.test(line)),
      [
        'kept: it ends here, because the directory vanishing/run-1 is not there any more: it was removed or renamed, or its disk was taken away. Nothing can be recorded without it.',
      ],
    );
    t.deepEqual(readdirSync(join(home, 'vanishing')), ['away']);
    t.not((await start('status', 'vanishing/away')).exitCode, 1);
    const resumed = await start('resume', 'vanishing/away', '--duration', '20s');
    t.is(resumed.exitCode, 0, resumed.stderr);
  },
);

import { fc } from '@fast-check/ava';
import test from 'ava';
import { runsCsv } from '../../../src/report/repeats/csv.ts';
import { seriesOf } from '../../../src/report/repeats/series.ts';
import { seriesMarkdown, seriesText } from '../../../src/report/repeats/series-text.ts';
import { percent, remarksOn } from '../../../src/report/repeats/tables.ts';
import { settingsOf } from '../../../src/report/repeats/settings.ts';
import { info } from '../../history/sample.ts';
import { holds } from '../../holds.ts';
import { figures, losing } from './figures.ts';

/** What many runs come to: nothing is said that they do not show. */
const textOf = (...runs: Parameters<typeof seriesOf>[1]) => {
  const series = seriesOf('some', runs);
  return `${seriesText(series, 80)}\n${remarksOn([series]).join('\n')}`;
};

test('losses have a median, a range and an interval', (t) => {
  const series = seriesOf('some', losing(10, 20, 30, 40, 50, 60, 70));
  t.deepEqual(series.lost.spread, { count: 7, median: 40, min: 10, max: 70 });
  t.true(series.lost.interval.known);
  t.like(series.losing, { runs: 7, of: 7 });
  t.regex(textOf(...losing(10, 20, 30, 40, 50, 60, 70)), /records lost +40 +10 to 70 +\d+ to \d+/);
});

test('inconclusive runs, and runs that were cut short, are neither losses nor successes', (t) => {
  const runs = [
    ...losing(5, 0, 0),
    figures({ verdict: 'inconclusive', lost: 99, reason: 'The scan did not reach the end.' }),
    figures({ status: 'interrupted', verdict: 'invalid', lost: 77 }),
    figures({ status: 'failed', verdict: 'valid' }),
  ];
  const series = seriesOf('some', runs);
  t.like(series, {
    total: 6,
    counted: 3,
    valid: 2,
    invalid: 1,
    inconclusive: 1,
    cutShort: 2,
    cutShortInvalid: 1,
  });
  t.like(series.losing, { runs: 1, of: 3 });
  t.is(series.lost.spread!.max, 5);
  const text = textOf(...runs);
  t.regex(text, /6 runs: 2 valid, 1 invalid, 1 inconclusive, 2 cut short/);
  t.regex(
    text,
    /neither losses nor\s+successes, and give no figures: 1 ×\s+The scan did not reach the end\./,
  );
  t.notRegex(text, /99|77/);
});

test('figures depend on the runs that count alone, and not on their order', (t) =>
  holds(
    t,
    fc.property(
      fc.array(fc.nat({ max: 50 }), { maxLength: 8 }),
      fc.array(fc.constantFrom('inconclusive', 'cut short'), { maxLength: 4 }),
      (lost, others) => {
        const apart = others.map((other) =>
          other === 'inconclusive'
            ? figures({ verdict: 'inconclusive', lost: 1_000 })
            : figures({ status: 'interrupted', lost: 1_000 }),
        );
        const one = seriesOf('some', losing(...lost));
        const all = seriesOf('some', [...apart, ...losing(...lost).toReversed()]);
        for (const name of ['counted', 'lost', 'lostShare', 'losing', 'acknowledged'] as const)
          t.deepEqual(all[name], one[name]);
        t.is(all.total, lost.length + others.length);
      },
    ),
  ));

test('one run has no range, no interval and says so', (t) => {
  const text = textOf(...losing(7));
  t.regex(text, /records lost +7 +\(one run\) +too few runs/);
  t.regex(text, /One run says nothing about how much others would differ\./);
  t.notRegex(text, /confidence/);
  t.regex(textOf(...losing(0)), /The run lost nothing\. One run says nothing about how often others\s+do\./);
});

test('no losses at all are no proof, and no interval of losses is pretended', (t) => {
  const text = textOf(...losing(...Array<number>(30).fill(0)));
  t.regex(text, /^VALID {2}None of 30 runs lost anything\. That is no proof that none does: with a/m);
  t.regex(text, /at most 11\.6 % of all such runs do\./);
  t.regex(text, /records lost +0 +0 +none: all the same/);
  t.notRegex(text, /records lost.*0 to 0/);
});

test('fewer than six runs have no interval, and the text says why', (t) => {
  const text = textOf(...losing(1, 2, 3, 4, 5));
  t.regex(text, /records lost +3 +1 to 5 +too few runs/);
  t.regex(text, /needs 6 runs at least/);
});

test('where no run counts there are no figures', (t) => {
  const text = textOf(figures({ verdict: 'inconclusive' }));
  t.regex(text, /^INCONCLUSIVE {2}No run counts, so there are no figures\./m);
  t.notRegex(text, /median/);
  const proven = textOf(figures({ status: 'interrupted', verdict: 'invalid', lost: 3 }));
  t.regex(proven, /^INVALID {2}No run counts, so there are no figures\. 1 run that did not/m);
});

test('each finding is told with its judgement, how often it occurred, and where it does not count', (t) => {
  const finding = { kind: 'divergent', judgement: 'violation', records: 3 } as const;
  const series = seriesOf('some', [
    ...losing(5, 9),
    figures({ findings: [finding], verdict: 'invalid' }),
    figures({ findings: [finding], verdict: 'inconclusive' }),
  ]);
  t.deepEqual(
    series.findings.map(({ kind, loss, judgement, occurrence, elsewhere }) => [
      kind,
      loss,
      judgement,
      occurrence.runs,
      elsewhere,
    ]),
    [
      ['divergent', undefined, 'violation', 1, 1],
      ['lost', 'truncated', 'permitted', 2, 0],
    ],
  );
  const text = seriesText(series, 80);
  t.regex(text, /divergent +violation +1 of 3 +1 % to 91 % +3; in 1 not counted/);
  t.regex(text, /lost \(truncated\) +permitted +2 of 3 +9 % to 99 % +7 \(5–9\)/);
});

test('on a screen of 80 columns no line is longer', (t) => {
  const runs = [12_609, 20_105, 15_396, 13_574, 14_317, 9_248].map((lost, index) =>
    figures({
      lost,
      acknowledged: 20_000 + index,
      attempted: 21_000,
      findings: [
        { kind: 'lost', loss: 'truncated', judgement: 'permitted', records: lost },
        { kind: 'divergent', judgement: 'violation', records: 12_000 + index },
      ],
    }),
  );
  const long = textOf(...runs)
    .split('\n')
    .slice(0, -1)
    .filter((line) => line.length > 80);
  t.deepEqual(long, []);
});

test('Markdown has a row for each run, and CSV one that any program reads', (t) => {
  const runs = [...losing(3, 0), figures({ verdict: 'inconclusive' })];
  const markdown = seriesMarkdown(seriesOf('some', runs), (path) => path.slice(-5));
  t.regex(markdown, /\| run-1 +\| 1 +\| invalid +\| 900 +\| 3 +\| yes +\|/);
  t.regex(markdown, /no: inconclusive/);
  const csv = runsCsv(
    [...runs, figures({ directory: 'a "b", c', settings: { scenario: '=cmd()' } })].map((run) => ({ run })),
  );
  const lines = csv.trimEnd().split('\r\n');
  t.is(lines.length, 5);
  t.regex(lines[1]!, /,lost:truncated:permitted:3$/);
  t.true(lines[4]!.startsWith(`"a ""b"", c",'=cmd(),`));
});

test('only all is 100 %, and only none is 0 %', (t) => {
  t.is(percent(0), '0 %');
  t.is(percent(1), '100 %');
  t.is(percent(0.00001), '< 0.01 %');
  t.is(percent(0.99999), '> 99.99 %');
  t.is(percent(0.982), '98.2 %');
  t.is(percent(0.0042), '0.42 %');
});

test('settings are what a run was set to, without its seed, its texts and its time', (t) => {
  const settings = settingsOf({
    ...info,
    seed: 9,
    scenario: {
      name: 'some',
      title: 'A title',
      load: { ratePerSecond: null, workers: 3 },
      nemesis: { script: [{ atMs: 100, forMs: null, fault: { kind: 'kill', target: 'leader' } }] },
    },
    versions: { kept: '1', kafka: '3.9.1', jars: { 'a.jar': '00', 'b.jar': '11' } },
  });
  t.like(settings, {
    scenario: 'some',
    Kafka: '3.9.1',
    'load.ratePerSecond': 'none',
    faults: 'kill leader at 100 ms',
  });
  t.false(Object.values(settings).some((value) => value === 'A title' || value === '9'));
  const other = settingsOf({ ...info, versions: { kept: '1', jars: { 'a.jar': '00', 'b.jar': '12' } } });
  t.not(other['jars'], settings['jars']);
});

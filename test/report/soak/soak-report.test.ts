import test from 'ava';
import { fc } from '@fast-check/ava';
import type { Verdict } from '../../../src/checker/result.ts';
import { soakMarkdown } from '../../../src/report/soak/soak-markdown.ts';
import { soakReport } from '../../../src/report/soak/soak-tally.ts';
import { periodText, soakText } from '../../../src/report/soak/soak-text.ts';
import type { StruckRole } from '../../../src/report/soak/struck-roles.ts';
import { holds } from '../../holds.ts';
import { costLike, lossLike, periodLine, resultLike, tally } from './period-lines.ts';

const CLAIM = { claim: 'kept' as const };
const invalid = resultLike('invalid', { findings: [lossLike(3)] });

test('one invalid period makes a soak invalid, whatever else failed, was cut short or could not be judged', (t) => {
  const bad = [
    periodLine({ period: 2, ended: 'failed', failure: 'the disk is full', judged: null }),
    periodLine({ period: 3, judged: null, failure: 'it could not be judged' }),
    periodLine({ period: 4 }, { result: resultLike('inconclusive') }),
  ];
  for (const ended of ['complete', 'cut-short', 'failed'] as const) {
    const report = soakReport([periodLine({ period: 1, ended }, { result: invalid }), ...bad], CLAIM);
    t.is(report.verdict, 'invalid');
    t.regex(report.reasons[0]!, /^3 of [\d,]+ acknowledged records are missing, in 1 period: 1; violation/);
  }
});

test('what a soak counts beside records is told on a terminal and in Markdown', (t) => {
  const transactions = { committed: 5, aborted: 2, unknown: 0, unpromised: 0 };
  const result = { ...resultLike('valid'), transactions };
  const report = soakReport(
    [periodLine({ period: 1 }, { result }), periodLine({ period: 2 }, { result })],
    CLAIM,
  );
  t.is(report.transactions?.committed, 10);
  const line = /transactions: 10 committed, 4 aborted, 0 of unknown outcome$/m;
  t.regex(soakText(report, { directory: 'store/run-42', columns: 80 }), line);
  t.regex(soakMarkdown(report), line);
});

test('what was cut short is a gap: untested, and no reason to doubt the rest', (t) => {
  const lines = [
    periodLine({ period: 1 }),
    periodLine({ period: 2, ended: 'cut-short' }, { result: resultLike('inconclusive') }),
    periodLine({ period: 2 }),
  ];
  const report = soakReport(lines, CLAIM);
  t.is(report.verdict, 'valid');
  t.deepEqual(
    report.gaps.map(({ period }) => period),
    [2],
  );
  t.true(report.reasons.some((reason) => reason.includes('untested, not as lost')));
  t.is(report.testedMs, 120_000, 'a gap is no time that was tested');
});

test('a gap because nothing ran is told as such, and what waited for that is no figure of the cluster', (t) => {
  const lines = [
    periodLine({ period: 1, ended: 'cut-short' }, { result: resultLike('inconclusive') }),
    periodLine(
      { period: 2, ended: 'cut-short', asleepMs: 70_000 },
      { result: resultLike('inconclusive'), longestGapNs: 72e9 },
    ),
    periodLine({ period: 1 }),
    periodLine({ period: 2, asleepMs: 9_000 }, { longestGapNs: 11e9, latencyP99Ms: 9_500 }),
  ];
  const report = soakReport(lines, CLAIM);
  t.is(report.verdict, 'valid');
  t.regex(
    report.reasons.at(-1)!,
    /^2 gaps: the tool was stopped in period 1; the machine was asleep, or nothing of kept ran, in period 2;/,
  );
  t.deepEqual([report.longestGap?.period, report.latencyP99Ms?.worst], [1, 10]);
  t.is(report.asleepMs, 79_000);
});

test('nothing that came to its end is nothing that was tested', (t) => {
  for (const lines of [[], [periodLine({ period: 1, ended: 'cut-short' })]])
    t.is(soakReport(lines, CLAIM).verdict, 'inconclusive');
});

test('a period whose line is gone is untested; the last one may just be going on', (t) => {
  const of = (...periods: number[]) =>
    soakReport(
      periods.map((period) => periodLine({ period })),
      CLAIM,
    );
  t.is(of(1, 2).verdict, 'valid');
  const gone = of(1, 3);
  t.is(gone.verdict, 'inconclusive');
  t.true(gone.reasons.some((reason) => /^Nothing is known of it.*\(in 1 period: 2\)/.test(reason)));
  const cut = periodLine({ period: 2, ended: 'cut-short' });
  t.is(soakReport([periodLine({ period: 1 }), cut], CLAIM).verdict, 'valid', 'the next one may do it again');
});

test('faults are weighed over all periods: three of four must have taken effect', (t) => {
  const withFaults = (struck: number, failed: number) =>
    soakReport([periodLine({ period: 1 }, { faults: [tally('loss', 'leader', { struck, failed })] })], CLAIM);
  t.is(withFaults(3, 1).verdict, 'valid');
  t.is(withFaults(5, 2).verdict, 'inconclusive');
  t.is(withFaults(0, 0).verdict, 'inconclusive', 'it was to have some');
  t.is(soakReport([periodLine({ period: 1, kinds: [] }, { faults: [] })], CLAIM).verdict, 'valid', 'quiet');
});

test('being stuck is told, and says nothing about safety', (t) => {
  const report = soakReport([periodLine({ period: 9, stuck: 'kafka1 did not answer' })], CLAIM);
  t.deepEqual(report.stuck, [{ period: 9, because: 'kafka1 did not answer' }]);
  t.true(report.reasons.some((reason) => /Stuck once.*period 9: kafka1 did not answer/.test(reason)));
});

test('kinds of faults that never took effect are named', (t) => {
  const kinds = ['kill', 'one-way', 'delay'];
  const faults = [tally('isolate', 'leader', { struck: 1 }), tally('kill', 'leader', { failed: 0 })];
  t.deepEqual(soakReport([periodLine({ period: 1, kinds }, { faults })], CLAIM).untested, ['delay', 'kill']);
});

test('counts and findings are those of the periods, added up', (t) => {
  const period = fc.record({
    ok: fc.nat(1_000),
    lost: fc.array(fc.record({ count: fc.integer({ min: 1, max: 9 }), permitted: fc.boolean() }), {
      maxLength: 3,
    }),
  });
  holds(
    t,
    fc.property(fc.array(period, { minLength: 1, maxLength: 20 }), (periods) => {
      const lines = periods.map(({ ok, lost }, index) => {
        const findings = lost.map(({ count, permitted }) =>
          lossLike(count, permitted ? 'permitted' : 'violation'),
        );
        const verdict: Verdict = findings.length > 0 ? 'invalid' : 'valid';
        return periodLine({ period: index + 1 }, { result: resultLike(verdict, { ok, findings }) });
      });
      const report = soakReport(lines, CLAIM);
      const all = periods.flatMap(({ lost }) => lost);
      t.is(
        report.counts.ok,
        periods.reduce((sum, { ok }) => sum + ok, 0),
      );
      for (const judgement of ['permitted', 'violation'] as const) {
        const of = all.filter(({ permitted }) => permitted === (judgement === 'permitted'));
        const found = report.findings.filter((finding) => finding.judgement === judgement);
        t.true(found.length <= 1);
        t.is(
          found[0]?.count ?? 0,
          of.reduce((sum, { count }) => sum + count, 0),
        );
        t.is(
          found[0]?.inPeriods ?? 0,
          periods.filter(({ lost }) =>
            lost.some(({ permitted }) => permitted === (judgement === 'permitted')),
          ).length,
        );
      }
      t.is(report.verdict, all.length > 0 ? 'invalid' : 'valid');
    }),
  );
});

test('its text fits a terminal of 80 columns', (t) => {
  const lines = Array.from({ length: 30 }, (_, index) =>
    periodLine(
      { period: 10_000 + index, kinds: ['kill', 'cut-from-coordination', 'majority-ring', 'power-loss'] },
      {
        result: resultLike('valid', { ok: 123_456 }),
        faults: [
          tally('majority-ring', 'coordination', {
            struck: 1_234,
            cost: costLike({
              lengthNs: 3e12,
              unavailableNs: 1e12,
              p99Ms: [4_321, 59_999],
              firstAckMs: 59_999,
            }),
          }),
          tally('pause', 'leader', { struck: 1, skipped: 12_345, failed: 123 }),
        ],
      },
    ),
  );
  const report = soakReport(lines, CLAIM);
  const text = soakText(report, { directory: 'store/run-42', columns: 80, running: 'It still goes on.' });
  for (const line of [...text.split('\n'), ...lines.map(periodText)])
    t.true(line.length <= 80, `${line.length}: ${line}`);
  t.regex(text, /majority-ring +coordination +33.3 % +8 h 20 min +60.0 s +4,\d+ → \d+,\d+/);
  t.regex(text, /^SO FAR/);
  t.regex(
    soakText(soakReport([periodLine({ period: 1 }, { result: invalid })], CLAIM), {
      directory: 'x',
      columns: 80,
      running: 'on',
    }),
    /^INVALID/,
  );
});

test('its tables say whom each kind of fault struck, what that cost, and what was never tested', (t) => {
  const kinds = ['kill', 'pause'];
  const fault = (role: StruckRole, p99Ms: [number, number]) =>
    tally('kill', role, {
      struck: 2,
      failed: 1,
      cost: costLike({ lengthNs: 10e9, unavailableNs: 2.5e9, firstAckMs: 3_000, p99Ms }),
    });
  const lines = [
    periodLine({ period: 1, kinds }, { faults: [fault('leader', [4, 900])] }),
    periodLine({ period: 2, kinds }, { faults: [fault('leader', [4, 900]), fault('coordination', [4, 5])] }),
  ];
  const leftOut = [{ kind: 'delay', because: 'the kernel has no sch_netem' }];
  const report = soakReport(lines, { claim: 'kept', leftOut, allKinds: ['kill', 'pause', 'stop', 'delay'] });
  const [kill] = report.faults;
  t.is(kill!.struck, 6);
  t.is(kill!.failed, 3);
  t.deepEqual(
    kill!.roles.map(({ role, struck, cost }) => [role, struck, cost.faults, cost.unavailableNs]),
    [
      ['leader', 4, 2, 5e9],
      ['coordination', 2, 1, 2.5e9],
    ],
  );
  t.deepEqual(report.untested, ['pause']);
  t.deepEqual(report.notTested.neverOn, [{ kind: 'kill', roles: ['controller', 'follower'] }]);
  t.true(report.notTested.notWanted.includes('stop') && !report.notTested.notWanted.includes('delay'));
  const text = soakText(report, { directory: 'x', columns: 80 });
  t.regex(text, /kill +6 +3 +0 +4 +0 +0 +2/);
  t.regex(text, /kill +leader +25.0 % +5.0 s +[23]\.\d s +4\.\d → [89]\d\d/);
  t.regex(text, /kill of a controller or follower/);
  t.regex(text, /this lab cannot do it: delay/);
  const markdown = soakMarkdown(report);
  t.regex(markdown, /\| kill +\| leader +\| 25.0 %/);
  t.regex(markdown, /- without delay: the kernel has no sch_netem/);
  t.deepEqual(JSON.parse(JSON.stringify(report)), report, 'results.json holds all of it');
});

test('a report of twenty thousand periods is no larger than one of two hundred, nor is what is kept for it', (t) => {
  const lineOf = (period: number) =>
    periodLine(
      { period, stuck: period % 5 === 0 ? `kafka${period} did not answer` : null },
      {
        result:
          period % 7 === 0
            ? resultLike('invalid', { findings: [lossLike(3, 'violation', `offset ${period} is gone`)] })
            : resultLike('valid'),
        faults: [
          tally('kill', period % 2 === 0 ? 'leader' : 'follower', {
            struck: 1,
            cost: costLike({
              lengthNs: 5e9,
              unavailableNs: 1e9,
              firstAckMs: 1 + (period % 97),
              p99Ms: [5, 50],
            }),
          }),
        ],
      },
    );
  function* lines(periods: number) {
    for (let period = 1; period <= periods; period++) yield lineOf(period);
  }
  const sizeOf = (periods: number) => JSON.stringify(soakReport(lines(periods), CLAIM)).length;
  const [many, few] = [sizeOf(20_000), sizeOf(200)];
  t.true(many < 1.3 * few, `${many} and ${few} bytes`);
  const report = soakReport(lines(20_000), CLAIM);
  t.is(report.stuckPeriods, 4_000);
  t.is(report.stuck.length, 20);
  t.is(report.counts.lost, 3 * 2_857);
});

import type { FindingKind, Judgement } from '../../checker/result.ts';
import { type Interval, intervalOfMedian } from '../../statistics/bootstrap.ts';
import { shareInterval } from '../../statistics/proportion.ts';
import { type Spread, spreadOf } from '../../statistics/quantiles.ts';
import { isCounted, type RunFigures } from './run-figures.ts';
import { differencesBetween, type Settings } from './settings.ts';

/** Runs of one scenario under the same settings, taken together. */
export interface Series {
  scenario: string;
  /** Those that all of them have in common. */
  settings: Settings;
  /** Settings in which the runs differ among each other, though they should not. */
  mixed: string[];
  total: number;
  /** Complete runs with a verdict that says something: all figures are theirs. */
  counted: number;
  valid: number;
  invalid: number;
  /** Neither losses nor successes. */
  inconclusive: number;
  /** Interrupted, killed or failed on the way: no figures are taken from them. */
  cutShort: number;
  /** Those of them in which something is proven all the same. */
  cutShortInvalid: number;
  /** Why runs were inconclusive, the most frequent reason first. */
  reasons: { reason: string; runs: number }[];
  losing: Occurrence;
  lost: Measure;
  /** Of the acknowledged records. */
  lostShare: Measure;
  acknowledged: Measure;
  /** Of the attempted writes: how available the cluster was. */
  acknowledgedShare: Measure;
  longestGapNs: Measure;
  findings: FindingRow[];
  runs: RunFigures[];
}

/** In how many of the counted runs something occurred. */
export interface Occurrence {
  runs: number;
  of: number;
  /** For how many of all such runs that speaks; null where no run counts. */
  interval: { low: number; high: number } | null;
}

export interface Measure {
  /** Null where no run counts. */
  spread: Spread | null;
  interval: Interval;
}

export interface FindingRow {
  kind: FindingKind;
  loss?: 'truncated' | 'hole';
  judgement: Judgement;
  occurrence: Occurrence;
  /** Inconclusive runs, and runs that were cut short, in which it was found as well. */
  elsewhere: number;
  /** In the counted runs where it occurred. */
  records: Spread | null;
}

export function seriesOf(scenario: string, runs: readonly RunFigures[]): Series {
  const counted = runs.filter(isCounted);
  const complete = runs.filter(({ status }) => status === 'complete');
  const inconclusive = complete.filter(({ verdict }) => verdict === 'inconclusive');
  const cutShort = runs.filter(({ status }) => status !== 'complete');
  const measure = (figure: (run: RunFigures) => number | null) => measureOf(counted, figure);
  const mixed = differencesBetween(runs.map(({ settings }) => settings)).map(({ name }) => name);
  return {
    scenario,
    settings: Object.fromEntries(
      Object.entries(runs[0]?.settings ?? {}).filter(([name]) => !mixed.includes(name)),
    ),
    mixed,
    total: runs.length,
    counted: counted.length,
    valid: counted.filter(({ verdict }) => verdict === 'valid').length,
    invalid: counted.filter(({ verdict }) => verdict === 'invalid').length,
    inconclusive: inconclusive.length,
    cutShort: cutShort.length,
    cutShortInvalid: cutShort.filter(({ verdict }) => verdict === 'invalid').length,
    reasons: reasonsOf(inconclusive),
    losing: occurrenceOf(counted, ({ lost }) => lost > 0),
    lost: measure(({ lost }) => lost),
    lostShare: measure(lostShareOf),
    acknowledged: measure(({ acknowledged }) => acknowledged),
    acknowledgedShare: measure(acknowledgedShareOf),
    longestGapNs: measure(({ longestGapNs }) => longestGapNs),
    findings: findingRows(runs, counted),
    runs: [...runs],
  };
}

/** Null where nothing was acknowledged that could be lost. */
export function lostShareOf({ lost, acknowledged }: RunFigures): number | null {
  return acknowledged === 0 ? null : lost / acknowledged;
}

export function acknowledgedShareOf({ acknowledged, attempted }: RunFigures): number | null {
  return attempted === 0 ? null : acknowledged / attempted;
}

export function valuesOf(runs: readonly RunFigures[], figure: (run: RunFigures) => number | null): number[] {
  return runs.map(figure).filter((value) => value !== null);
}

function measureOf(runs: readonly RunFigures[], figure: (run: RunFigures) => number | null): Measure {
  const values = valuesOf(runs, figure);
  return { spread: spreadOf(values), interval: intervalOfMedian(values) };
}

function occurrenceOf(runs: readonly RunFigures[], occurs: (run: RunFigures) => boolean): Occurrence {
  const occurred = runs.filter(occurs).length;
  return { runs: occurred, of: runs.length, interval: shareInterval(occurred, runs.length) };
}

function reasonsOf(runs: readonly RunFigures[]): Series['reasons'] {
  const counts = new Map<string, number>();
  for (const { reason } of runs) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts]
    .map(([reason, times]) => ({ reason, runs: times }))
    .toSorted((one, other) => other.runs - one.runs);
}

/** What of a finding makes it another row. */
export function findingKey({
  kind,
  loss,
  judgement,
}: Pick<FindingRow, 'kind' | 'loss' | 'judgement'>): string {
  return [kind, loss ?? '', judgement].join('/');
}

function findingRows(runs: readonly RunFigures[], counted: readonly RunFigures[]): FindingRow[] {
  const rows = new Map<string, Pick<FindingRow, 'kind' | 'loss' | 'judgement'>>();
  for (const { findings } of runs)
    for (const { kind, loss, judgement } of findings)
      rows.set(findingKey({ kind, judgement, ...(loss && { loss }) }), {
        kind,
        ...(loss && { loss }),
        judgement,
      });
  return [...rows]
    .map(([key, row]) => {
      const recordsIn = (run: RunFigures) =>
        run.findings.find((found) => findingKey(found) === key)?.records ?? null;
      return {
        ...row,
        occurrence: occurrenceOf(counted, (run) => recordsIn(run) !== null),
        elsewhere: runs.filter((run) => !isCounted(run) && recordsIn(run) !== null).length,
        records: spreadOf(valuesOf(counted, recordsIn)),
      };
    })
    .toSorted(
      (one, other) =>
        Number(other.judgement === 'violation') - Number(one.judgement === 'violation') ||
        other.occurrence.runs - one.occurrence.runs,
    );
}

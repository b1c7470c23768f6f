import { begin } from '../../checker/fold/fold.ts';
import { emptyCounts, type FoldState } from '../../checker/fold/fold-state.ts';
import { mergeResult } from '../../checker/fold/merge.ts';
import { EFFECTIVE_SHARE_MIN } from '../../checker/questions/faults.ts';
import type { Claim, Counts, FindingKind, Judgement, Verdict } from '../../checker/result.ts';
import { counted, grouped, listed } from '../../core/words.ts';
import { NS_PER_MS } from '../../core/clock.ts';
import { addedUp, type FaultTally } from './fault-tally.ts';
import type { PeriodLine } from './period-line.ts';
import { type Untested, untestedOf } from './untested.ts';

/** What all periods of a soak come to: results.json of a soak, and what `kept status` tells while it goes on. */
export interface SoakReport {
  version: 1;
  claim: Claim;
  verdict: Verdict;
  /** Sentences; never empty. */
  reasons: string[];
  periods: Record<'judged' | 'valid' | 'invalid' | 'inconclusive' | 'quiet' | 'failed' | 'cutShort', number>;
  /** Under load, of all periods that came to their end. */
  testedMs: number;
  counts: Counts;
  findings: SoakFinding[];
  /** After which the cluster did not settle, or its clients got no further: no word about safety. */
  stuck: { period: number; because: string }[];
  faults: FaultTally[];
  /** Kinds of faults that some period was to have, and that never took effect. */
  untested: string[];
  /** What else the faults left out. */
  notTested: Omit<Untested, 'neverInEffect'>;
  /** Where the tool was killed or stopped: what happened then is not tested, and nothing of it counts as lost. */
  gaps: { period: number; startedAt: string; attempted: number }[];
  /** Of the time that was tested, for how much something was under way and nothing was acknowledged. */
  unavailableNs: number;
  /** Without an acknowledgement; pauses of the load count, too. */
  longestGap: { period: number; ns: number } | null;
  latencyP99Ms: { median: number; worst: number; period: number } | null;
  memoryBytes: { first: number; last: number; most: number } | null;
  asleepMs: number;
}

/** The same kind of finding with the same reason, in whatever periods. */
export interface SoakFinding {
  kind: FindingKind;
  loss?: 'truncated' | 'hole';
  judgement: Judgement;
  reason: string;
  count: number;
  /** The first few. */
  periods: number[];
  inPeriods: number;
}

/**
 * @param options.damaged lines that cannot be read any more. None if absent.
 * @param options.leftOut kinds of faults that the lab cannot do, with the reason. None if absent.
 * @param options.allKinds the kinds of faults that there are, for what was never tested. Not known if absent.
 */
export function soakReport(
  lines: readonly PeriodLine[],
  {
    claim,
    damaged = 0,
    leftOut = [],
    allKinds = [],
  }: { claim: Claim; damaged?: number; leftOut?: Untested['impossible']; allKinds?: readonly string[] },
): SoakReport {
  const complete = lines.filter(({ ended }) => ended === 'complete');
  const judged = complete.filter((line) => line.judged !== null);
  const ofVerdict = (verdict: Verdict, among: readonly PeriodLine[]) =>
    among.filter((line) => line.judged?.result.verdict === verdict);
  const invalid = ofVerdict('invalid', lines);
  const open = [...ofVerdict('inconclusive', complete), ...complete.filter((line) => line.judged === null)];
  const failed = lines.filter(({ ended }) => ended === 'failed');
  const gaps = lines.filter(({ ended }) => ended === 'cut-short');
  const faults = addedUp(tallies(lines));
  const { neverInEffect, ...notTested } = untestedOf(faults, {
    wanted: new Set(lines.flatMap(({ kinds }) => kinds)),
    impossible: leftOut,
    all: allKinds,
  });
  const vain = whyInVain(faults, complete);
  const missing = missingOf(lines);
  const folded = foldOf(lines, claim);
  const isOpen =
    vain !== null ||
    open.length > 0 ||
    failed.length > 0 ||
    missing.length > 0 ||
    damaged > 0 ||
    judged.length === 0;
  const report: SoakReport = {
    version: 1,
    claim,
    verdict: invalid.length > 0 ? 'invalid' : isOpen ? 'inconclusive' : 'valid',
    reasons: [],
    periods: {
      judged: judged.length,
      valid: ofVerdict('valid', complete).length,
      invalid: invalid.length,
      inconclusive: open.length,
      quiet: complete.filter(({ kinds }) => kinds.length === 0).length,
      failed: failed.length,
      cutShort: gaps.length,
    },
    testedMs: judged.reduce((sum, line) => sum + line.judged!.lengthNs / NS_PER_MS, 0),
    counts: folded?.counts ?? emptyCounts(),
    findings: findingsOf(folded),
    stuck: lines.flatMap(({ period, stuck }) => (stuck === null ? [] : [{ period, because: stuck }])),
    faults,
    untested: neverInEffect,
    notTested,
    gaps: gaps.map(({ period, startedAt, judged: known }) => ({
      period,
      startedAt,
      attempted: known?.figures.attempted ?? 0,
    })),
    unavailableNs: judged.reduce((sum, line) => sum + line.judged!.unavailableNs, 0),
    longestGap: longestOf(complete),
    latencyP99Ms: latencyOf(complete),
    memoryBytes: memoryOf(lines),
    asleepMs: lines.reduce((sum, { asleepMs }) => sum + asleepMs, 0),
  };
  report.reasons = reasonsOf(report, { open, failed, missing, damaged, vain });
  return report;
}

function reasonsOf(
  { counts, findings, stuck, periods, gaps, verdict }: SoakReport,
  {
    open,
    failed,
    missing,
    damaged,
    vain,
  }: {
    open: readonly PeriodLine[];
    failed: readonly PeriodLine[];
    missing: readonly number[];
    damaged: number;
    vain: string | null;
  },
): string[] {
  const violations = findings.filter(({ judgement }) => judgement === 'violation');
  const told = (verdict === 'invalid' && violations.length === 0 ? findings : violations).map(
    ({ kind, count, judgement, reason, inPeriods, periods: first }) =>
      `${kind}: ${grouped(count)} in ${counted(inPeriods, 'period')} (${listed(first)}); ${judgement}: ${reason}.`,
  );
  const kept =
    counts.ok > 0 && verdict === 'valid'
      ? [`Every one of ${counted(counts.ok, 'acknowledged record')} is there that had to be.`]
      : [];
  const words = (line: PeriodLine) =>
    `period ${line.period}: ${line.failure ?? line.judged?.result.reasons[0] ?? 'it was not judged'}`;
  const few = (them: readonly PeriodLine[]) => them.slice(0, 3).map(words).join('; ').replace(/\.$/, '');
  return [
    ...told,
    ...(open.length > 0 ? [`${counted(open.length, 'period')} could not be decided: ${few(open)}.`] : []),
    ...(failed.length > 0 ? [`${counted(failed.length, 'period')} failed: ${few(failed)}.`] : []),
    ...(missing.length > 0
      ? [
          `Nothing is known of period ${listed(missing)}: the ${missing.length === 1 ? 'line is' : 'lines are'} missing from the ledger, or damaged.`,
        ]
      : []),
    ...(damaged > 0
      ? [`${counted(damaged, 'line')} of the ledger cannot be read any more: what stood there is not known.`]
      : []),
    ...(vain === null ? [] : [vain]),
    ...(periods.judged === 0 ? ['No period came to its end, so nothing was tested.'] : []),
    ...kept,
    ...(stuck.length > 0
      ? [
          `Stuck ${stuck.length === 1 ? 'once' : `${grouped(stuck.length)} times`}, after everything was healed; period ${stuck[0]!.period}: ${stuck[0]!.because.replace(/\.$/, '')}.`,
        ]
      : []),
    ...(gaps.length > 0
      ? [
          `${counted(gaps.length, 'gap')}: the tool was stopped in period ${listed(gaps.map(({ period }) => period))}; what was written then counts as untested, not as lost.`,
        ]
      : []),
  ];
}

/** The results of all periods, added up. */
function foldOf(lines: readonly PeriodLine[], claim: Claim): FoldState | null {
  let state: FoldState | null = null;
  for (const { period, judged } of lines) {
    if (judged === null) continue;
    const { result } = judged;
    state = mergeResult(state ?? begin(result, claim), { number: period, result });
  }
  return state;
}

function findingsOf(state: FoldState | null): SoakFinding[] {
  return (state?.findings ?? [])
    .map(({ kind, loss, judgement, reason, count, seenIn }) => ({
      kind,
      ...(loss && { loss }),
      judgement,
      reason: reason ?? 'for many other reasons',
      count,
      periods: seenIn.first,
      inPeriods: seenIn.segments,
    }))
    .toSorted(
      (a, b) =>
        Number(a.judgement === 'permitted') - Number(b.judgement === 'permitted') || b.count - a.count,
    );
}

function* tallies(lines: readonly PeriodLine[]): Generator<FaultTally> {
  for (const { judged } of lines) yield* judged?.faults ?? [];
}

/** Periods that came to their end before a later one, and of which no line says so. The last one may just be going on. */
function missingOf(lines: readonly PeriodLine[]): number[] {
  const over = new Set(lines.filter(({ ended }) => ended !== 'cut-short').map(({ period }) => period));
  const last = Math.max(0, ...lines.map(({ period }) => period - 1));
  return Array.from({ length: last }, (_, index) => index + 1).filter((period) => !over.has(period));
}

/** The same measure as of a single run, over all of its faults. Null where enough of them took effect. */
function whyInVain(faults: readonly FaultTally[], lines: readonly PeriodLine[]): string | null {
  const struck = faults.reduce((sum, tally) => sum + tally.struck, 0);
  const failed = faults.reduce((sum, tally) => sum + tally.failed, 0);
  if (struck === 0 && lines.some(({ kinds }) => kinds.length > 0))
    return 'No fault is known to have taken effect, so they tested nothing.';
  if (struck >= EFFECTIVE_SHARE_MIN * (struck + failed)) return null;
  return `Only ${grouped(struck)} of ${counted(struck + failed, 'fault')} are known to have taken effect, so too little was tested.`;
}

function longestOf(lines: readonly PeriodLine[]): SoakReport['longestGap'] {
  let longest: SoakReport['longestGap'] = null;
  for (const { period, judged } of lines) {
    const ns = judged?.figures.longestGapNs ?? null;
    if (ns !== null && ns > (longest?.ns ?? 0)) longest = { period, ns };
  }
  return longest;
}

function latencyOf(lines: readonly PeriodLine[]): SoakReport['latencyP99Ms'] {
  const known = lines
    .flatMap(({ period, judged }) =>
      judged?.figures.latencyP99Ms == null ? [] : [{ period, ms: judged.figures.latencyP99Ms }],
    )
    .toSorted((a, b) => a.ms - b.ms);
  const worst = known.at(-1);
  if (worst === undefined) return null;
  return { median: known[Math.floor((known.length - 1) / 2)]!.ms, worst: worst.ms, period: worst.period };
}

function memoryOf(lines: readonly PeriodLine[]): SoakReport['memoryBytes'] {
  const known = lines.flatMap(({ memoryBytes, judged }) =>
    memoryBytes === null ? [] : [memoryBytes + (judged?.memoryBytes ?? 0)],
  );
  if (known.length === 0) return null;
  return { first: known[0]!, last: known.at(-1)!, most: Math.max(...known) };
}

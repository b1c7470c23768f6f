import { figuresOf } from '../../checker/fold/figures.ts';
import { conclude } from '../../checker/fold/conclude.ts';
import { begin } from '../../checker/fold/fold.ts';
import type { FoldState } from '../../checker/fold/fold-state.ts';
import { mergeCutShort, mergeResult, mergeUntested } from '../../checker/fold/merge.ts';
import { EFFECTIVE_SHARE_MIN } from '../../checker/questions/faults.ts';
import type { Claim } from '../../checker/result.ts';
import { NS_PER_MS } from '../../core/clock.ts';
import { clause, counted, grouped, listed } from '../../core/words.ts';
import { FaultTallies, type FaultTally } from './fault-tally.ts';
import type { Judged, PeriodLine } from './period-line.ts';
import type { SoakFinding, SoakReport } from './soak-report.ts';
import { type Untested, untestedOf } from './untested.ts';

/** So many stuck periods are told one by one. */
const STUCK_MAX = 20;

/**
 * What the periods of a soak come to, added up line by line, so that a soak of weeks needs no more memory than one of an hour:
 * of a period that is over only a few numbers are kept. What they prove is folded (`src/checker/fold`); what else there is
 * to say of a soak, its faults, gaps and figures, stands beside it.
 */
export class SoakTally {
  #state: FoldState;
  readonly #faults = new FaultTallies();
  readonly #wanted = new Set<string>();
  readonly #periods = { judged: 0, valid: 0, inconclusive: 0, quiet: 0, failed: 0 };
  readonly #over = new Set<number>();
  #last = 0;
  readonly #stuck: SoakReport['stuck'] = [];
  #stuckPeriods = 0;
  readonly #gaps: SoakReport['gaps'] = [];
  #testedMs = 0;
  #unavailableNs = 0;
  #longestGap: SoakReport['longestGap'] = null;
  readonly #latencies: { period: number; ms: number }[] = [];
  #memory: SoakReport['memoryBytes'] = null;
  #asleepMs = 0;

  #damaged = 0;

  constructor(claim: Claim) {
    this.#state = begin(claim);
  }

  /** A line of the ledger that cannot be read any more. */
  addDamaged(): void {
    this.#damaged++;
  }

  /** A period that is over, or that was cut short. */
  add(line: PeriodLine): void {
    const { period, kinds, stuck, judged, asleepMs } = line;
    for (const kind of kinds) this.#wanted.add(kind);
    for (const tally of judged?.faults ?? []) this.#faults.add(tally);
    this.#last = Math.max(this.#last, period);
    this.#asleepMs += asleepMs;
    this.#addMemory(line);
    if (stuck !== null && ++this.#stuckPeriods <= STUCK_MAX) this.#stuck.push({ period, because: stuck });
    this.#fold(line);
    if (line.ended === 'cut-short') {
      const attempted = judged?.figures.attempted ?? 0;
      this.#gaps.push({ period, startedAt: line.startedAt, attempted, asleepMs });
      return;
    }
    this.#over.add(period);
    if (line.ended === 'failed') this.#periods.failed++;
    else this.#addComplete(line);
  }

  #fold({ period: number, ended, judged, failure }: PeriodLine): void {
    if (ended === 'complete') {
      const because = failure ?? 'it was not judged';
      this.#state =
        judged === null
          ? mergeUntested(this.#state, { number, because })
          : mergeResult(this.#state, { number, result: judged.result });
      return;
    }
    if (judged !== null) this.#state = mergeCutShort(this.#state, { number, result: judged.result });
    if (ended === 'failed')
      this.#state = mergeUntested(this.#state, {
        number,
        because: `it failed: ${failure ?? 'nothing says why'}`,
      });
  }

  #addComplete(line: PeriodLine): void {
    const { kinds, judged } = line;
    if (kinds.length === 0) this.#periods.quiet++;
    const verdict = judged?.result.verdict ?? 'inconclusive';
    if (verdict !== 'invalid') this.#periods[verdict]++;
    if (judged === null) return;
    this.#periods.judged++;
    this.#addFigures(line, judged);
  }

  #addFigures({ period, asleepMs }: PeriodLine, { figures, lengthNs, unavailableNs }: Judged): void {
    this.#testedMs += lengthNs / NS_PER_MS;
    this.#unavailableNs += unavailableNs;
    // Whatever waited while nothing ran waited for that.
    if (asleepMs > 0) return;
    const { longestGapNs, latencyP99Ms } = figures;
    if (longestGapNs !== null && longestGapNs > (this.#longestGap?.ns ?? 0))
      this.#longestGap = { period, ns: longestGapNs };
    if (latencyP99Ms != null) this.#latencies.push({ period, ms: latencyP99Ms });
  }

  #addMemory({ memoryBytes, judged }: PeriodLine): void {
    if (memoryBytes === null) return;
    const last = memoryBytes + (judged?.memoryBytes ?? 0);
    const { first = last, most = last } = this.#memory ?? {};
    this.#memory = { first, last, most: Math.max(most, last) };
  }

  /**
   * @param options.leftOut kinds of faults that the lab cannot do, with the reason. None if absent.
   * @param options.allKinds the kinds of faults that there are, for what was never tested. Not known if absent.
   */
  report({
    leftOut = [],
    allKinds = [],
  }: {
    leftOut?: Untested['impossible'];
    allKinds?: readonly string[];
  }): SoakReport {
    const faults = this.#faults.sorted();
    const { neverInEffect, ...notTested } = untestedOf(faults, {
      wanted: this.#wanted,
      impossible: leftOut,
      all: allKinds,
    });
    const vain = this.#whyInVain(faults);
    let state = this.#state;
    for (const number of this.#missing())
      state = mergeUntested(state, {
        number,
        because: 'Nothing is known of it: its line is missing from the ledger, or damaged',
      });
    const damaged = `${counted(this.#damaged, 'line')} of the ledger cannot be read any more: what stood there is not known.`;
    const { claim, verdict, reasons, counts, segments, ...rest } = conclude(state, {
      word: 'period',
      doubts: [...(this.#damaged > 0 ? [damaged] : []), ...(vain === null ? [] : [vain])],
    });
    return {
      version: 1,
      claim,
      verdict,
      reasons: [...reasons, ...this.#stuckReason(), ...this.#gapsReason()],
      periods: {
        ...this.#periods,
        invalid: segments.invalid,
        inconclusive: this.#periods.inconclusive,
        cutShort: this.#gaps.length,
      },
      testedMs: this.#testedMs,
      counts,
      ...figuresOf(rest),
      findings: findingsOf(state),
      stuckPeriods: this.#stuckPeriods,
      stuck: this.#stuck,
      faults,
      untested: neverInEffect,
      notTested,
      gaps: this.#gaps,
      unavailableNs: this.#unavailableNs,
      longestGap: this.#longestGap,
      latencyP99Ms: this.#latency(),
      memoryBytes: this.#memory,
      asleepMs: this.#asleepMs,
    };
  }

  /** Periods that came to their end before a later one, and of which no line says so. The last one may just be going on. */
  *#missing(): Generator<number> {
    for (let period = 1; period < this.#last; period++) if (!this.#over.has(period)) yield period;
  }

  /** The same measure as of a single run, over all of its faults. Null where enough of them took effect. */
  #whyInVain(faults: readonly FaultTally[]): string | null {
    const struck = faults.reduce((sum, tally) => sum + tally.struck, 0);
    const failed = faults.reduce((sum, tally) => sum + tally.failed, 0);
    if (struck === 0 && this.#wanted.size > 0)
      return 'No fault is known to have taken effect, so they tested nothing.';
    if (struck >= EFFECTIVE_SHARE_MIN * (struck + failed)) return null;
    return `Only ${grouped(struck)} of ${counted(struck + failed, 'fault')} are known to have taken effect, so too little was tested.`;
  }

  #stuckReason(): string[] {
    const [first] = this.#stuck;
    if (first === undefined) return [];
    const times = this.#stuckPeriods === 1 ? 'once' : `${grouped(this.#stuckPeriods)} times`;
    return [`Stuck ${times}, after everything was healed; period ${first.period}: ${clause(first.because)}.`];
  }

  #gapsReason(): string[] {
    if (this.#gaps.length === 0) return [];
    const within = (gaps: SoakReport['gaps']) => listed(gaps.map(({ period }) => period));
    const asleep = this.#gaps.filter(({ asleepMs }) => asleepMs > 0);
    const stopped = this.#gaps.filter(({ asleepMs }) => asleepMs === 0);
    const why = [
      ...(stopped.length > 0 ? [`the tool was stopped in period ${within(stopped)}`] : []),
      ...(asleep.length > 0
        ? [`the machine was asleep, or nothing of kept ran, in period ${within(asleep)}`]
        : []),
    ];
    return [
      `${counted(this.#gaps.length, 'gap')}: ${why.join('; ')}; what was written then counts as untested, not as lost.`,
    ];
  }

  #latency(): SoakReport['latencyP99Ms'] {
    const known = this.#latencies.toSorted((a, b) => a.ms - b.ms);
    const worst = known.at(-1);
    if (worst === undefined) return null;
    return { median: known[Math.floor((known.length - 1) / 2)]!.ms, worst: worst.ms, period: worst.period };
  }
}

/**
 * The report of all these periods: see `SoakTally`.
 * @param options.damaged lines that cannot be read any more. None if absent.
 */
export function soakReport(
  lines: Iterable<PeriodLine>,
  {
    claim,
    damaged = 0,
    ...more
  }: { claim: Claim; damaged?: number; leftOut?: Untested['impossible']; allKinds?: readonly string[] },
): SoakReport {
  const tally = new SoakTally(claim);
  for (const line of lines) tally.add(line);
  for (let line = 0; line < damaged; line++) tally.addDamaged();
  return tally.report(more);
}

function findingsOf({ findings }: FoldState): SoakFinding[] {
  return findings
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

import { NS_PER_MS, NS_PER_SECOND } from '../../core/clock.ts';
import { counted, grouped, seconds } from '../../core/words.ts';
import { describeFault } from '../../history/fault-words.ts';
import type { PeriodLine } from '../../report/soak/period-line.ts';
import type { PeriodPlan } from '../../run/soak/period-plan.ts';
import type { Progress } from '../../runner/progress.ts';

/** What is measured now and then, and not at each look. */
export interface Measured {
  /** Of this process. */
  memoryBytes: number;
  /** Of the directory of the soak. */
  diskBytes: number;
}

/** How a soak stands: what its lines prove, what goes on now, and how long it will last. */
export class SoakStanding {
  readonly #durationMs: number | null;
  readonly #proven = { valid: 0, invalid: 0, open: 0, records: 0, lost: 0, testedNs: 0, unavailableNs: 0 };
  /** Of periods that are recorded and not judged yet: how long each was. */
  readonly #unjudged = new Map<number, number>();
  #judgeBytes = 0;
  #sample = { period: -1, atNs: 0, acked: 0, perSecond: 0 };

  /** @param before the lines of what was carried out earlier. */
  constructor(durationMs: number | null, before: Iterable<PeriodLine>) {
    this.#durationMs = durationMs;
    for (const line of before) this.take(line);
  }

  /** A period that is over. */
  take({ period, judged, ended }: PeriodLine): void {
    this.#unjudged.delete(period);
    const proven = this.#proven;
    const verdict = judged?.result.verdict;
    if (verdict === 'invalid') proven.invalid++;
    else if (ended === 'cut-short') return;
    else if (verdict === 'valid') proven.valid++;
    else proven.open++;
    if (judged === null) return;
    proven.records += judged.figures.acknowledged;
    proven.lost += judged.figures.lost;
    if (ended === 'cut-short') return;
    proven.testedNs += judged.lengthNs;
    proven.unavailableNs += judged.unavailableNs;
    this.#judgeBytes = judged.memoryBytes;
  }

  /** In a few lines. */
  block(period: PeriodPlan, progress: Readonly<Progress>, measured: Measured | null): string[] {
    this.#look(period, progress);
    const { ok, sent, fail, info, phase } = progress;
    return [
      [`period ${period.period}`, phase, ...this.#time()].join(' · '),
      `faults now: ${faultsOf(progress) || 'none'}${period.kinds.length === 0 ? ' (a quiet period)' : ''}`,
      `load: ${period.load}`,
      `this period: ${grouped(this.#sample.perSecond)} acknowledged/s; ${grouped(ok + sent)} acknowledged, ${grouped(fail)} failed, ${grouped(info)} unknown`,
      `proven so far: ${this.#verdicts()}`,
      ...(measured === null ? [] : [this.#sizes(measured)]),
    ];
  }

  /** In one line, away from a terminal. */
  line(period: PeriodPlan, progress: Readonly<Progress>, measured: Measured | null): string {
    this.#look(period, progress);
    return [
      `period ${period.period}`,
      ...this.#time(),
      progress.phase,
      `${grouped(progress.ok + progress.sent)} acked`,
      faultsOf(progress) || (period.kinds.length === 0 ? 'quiet' : 'no fault now'),
      `proven: ${this.#verdicts()}`,
      ...(measured === null ? [] : [this.#sizes(measured)]),
    ].join(' · ');
  }

  /** Under load, by the clock of the periods: in the model time is not ours. */
  get #doneNs(): number {
    return [...this.#unjudged.values()].reduce((sum, ns) => sum + ns, this.#proven.testedNs);
  }

  #time(): string[] {
    const doneNs = this.#doneNs;
    if (this.#durationMs === null) return [seconds(doneNs)];
    const totalNs = this.#durationMs * NS_PER_MS;
    const left = doneNs < totalNs ? `${seconds(totalNs - doneNs)} left` : 'the last period';
    return [`${seconds(doneNs)} of ${seconds(totalNs)}`, left];
  }

  #verdicts(): string {
    const { valid, invalid, open, records, lost } = this.#proven;
    if (valid + invalid + open === 0) return 'nothing yet';
    return [
      `${counted(valid, 'period')} valid`,
      ...(invalid > 0 ? [`${grouped(invalid)} INVALID`] : []),
      ...(open > 0 ? [`${grouped(open)} undecided`] : []),
      `${grouped(lost)} of ${grouped(records)} lost`,
    ].join(', ');
  }

  #sizes({ memoryBytes, diskBytes }: Measured): string {
    return `memory ${mebibytes(memoryBytes + this.#judgeBytes)}, disk ${mebibytes(diskBytes)}`;
  }

  /** Takes down how far the period is, and how fast it goes: over the last second or so. */
  #look({ period }: PeriodPlan, { elapsedNs, ok, sent }: Readonly<Progress>): void {
    this.#unjudged.set(period, elapsedNs);
    const acked = ok + sent;
    const { period: last, atNs, acked: before } = this.#sample;
    if (last !== period || elapsedNs < atNs) this.#sample = { period, atNs: elapsedNs, acked, perSecond: 0 };
    else if (elapsedNs - atNs >= NS_PER_SECOND) {
      const perSecond = ((acked - before) * NS_PER_SECOND) / (elapsedNs - atNs);
      this.#sample = { period, atNs: elapsedNs, acked, perSecond };
    }
  }
}

const faultsOf = ({ faults }: Readonly<Progress>): string =>
  faults
    .map(
      ({ fault, targets }) =>
        `${describeFault(fault)}${targets.length > 0 ? ` (${targets.join(', ')})` : ''}`,
    )
    .join(' + ');

function mebibytes(bytes: number): string {
  const mib = bytes / 2 ** 20;
  return mib < 10_240 ? `${grouped(mib)} MiB` : `${grouped(mib / 1_024)} GiB`;
}

import type { EndEvent } from '../../history/event.ts';
import { regressions, whyWatermarksLag } from '../questions/ends.ts';
import type { Examination } from '../examination.ts';

/**
 * What end offsets say of the times of appends: an answer that the log ends at h means that everything below h was
 * there when it came, and that nothing from h on was there when it was asked for.
 *
 * Kafka's end offset is the high watermark, so this is only true where an append counts from the moment at which the
 * watermark passes it: with acks=all nothing is acknowledged, and nothing is read, before. With acks=1 the watermark
 * lags behind what is acknowledged; where it may be cut back (unclean election, lost power) it proves nothing of what
 * comes to stand below it; before Kafka 2.2 (KIP-207) a new leader may give one that is behind. There ends are not
 * used, nor where it may be unknown who led. Nor is the answer of a broker that was replaced or about to be, for a zombie speaks of a log of its own; nor an
 * end that went back, which is a finding by itself.
 */
export function boundByEnds(examination: Examination): void {
  const { run, power } = examination;
  const { acks, uncleanLeaderElection } = run.info.contract;
  if (acks !== 'all' || uncleanLeaderElection) return;
  if (power.occurred || examination.eventsIncomplete) return;
  const byPartition = new Map<number, EndEvent[]>();
  for (const event of run.events) {
    if (event.type !== 'end' || !speaksOfThisLog(examination, event)) continue;
    const known = byPartition.get(event.partition);
    if (known === undefined) byPartition.set(event.partition, [event]);
    else known.push(event);
  }
  for (const log of examination.logs) {
    const ends = byPartition.get(log.partition);
    if (ends === undefined || whyWatermarksLag(run.info, examination.leadershipOf(log.partition)) !== null)
      continue;
    const regressed = new Set(regressions(ends).map(({ end }) => end));
    log.ends = new EndBounds(ends.filter((end) => !regressed.has(end)));
  }
}

/** A change of leader may be noticed so much later than it took place, and its clock be so much off. */
const MARGIN_NS = 3e9;

function speaksOfThisLog(
  examination: Examination,
  { partition, broker, invokeNs, completeNs }: EndEvent,
): boolean {
  const leadership = examination.leadershipOf(partition);
  if (broker < 0) return !leadership.changed;
  if (leadership.wasDeposed(broker, invokeNs)) return false;
  return !leadership.terms.some(
    ({ index, fromNs }) => index > 0 && fromNs > invokeNs - MARGIN_NS && fromNs < completeNs + MARGIN_NS,
  );
}

/** The ends that were observed of one partition, for two questions: those of the sweep, and those of `AckPace`. */
export class EndBounds {
  readonly #byOffset: readonly EndEvent[];
  /** Of the ends up to each one in that order: when the last of them was asked for. */
  readonly #asked: number[];
  /** Of the ends from each one on: when the first of them was answered. */
  readonly #answered: number[];
  #below = 0;

  readonly #byQuestion: readonly EndEvent[];
  /** Of the ends from each one on in that order: the lowest. */
  readonly #lowest: number[];
  #questions = 0;
  readonly #byAnswer: readonly EndEvent[];
  /** Of the ends up to each one in that order: the highest. */
  readonly #highest: number[];
  #answers = 0;

  constructor(ends: readonly EndEvent[]) {
    this.#byOffset = ends.toSorted((a, b) => a.offset - b.offset);
    this.#asked = running(this.#byOffset, ({ invokeNs }) => invokeNs, Math.max);
    this.#answered = running(
      this.#byOffset.toReversed(),
      ({ completeNs }) => completeNs,
      Math.min,
    ).toReversed();
    this.#byQuestion = ends.toSorted((a, b) => a.invokeNs - b.invokeNs);
    this.#lowest = running(this.#byQuestion.toReversed(), ({ offset }) => offset, Math.min).toReversed();
    this.#byAnswer = ends.toSorted((a, b) => a.completeNs - b.completeNs);
    this.#highest = running(this.#byAnswer, ({ offset }) => offset, Math.max);
  }

  /** What the bounds below are asked about. Quick where offsets come in order. */
  goTo(offset: number): void {
    while (this.#below < this.#byOffset.length && this.#byOffset[this.#below]!.offset <= offset)
      this.#below++;
    while (this.#below > 0 && this.#byOffset[this.#below - 1]!.offset > offset) this.#below--;
  }

  /** The lowest end that lies behind an offset; Infinity if there is none. */
  nextAfter(offset: number): number {
    this.goTo(offset);
    return this.#byOffset[this.#below]?.offset ?? Infinity;
  }

  /** What is here was not there yet at this moment; -1 if no end says so. */
  get absentNs(): number {
    return this.#below === 0 ? -1 : this.#asked[this.#below - 1]!;
  }

  /** What is here was there by this moment; Infinity if no end says so. */
  get presentNs(): number {
    return this.#answered[this.#below] ?? Infinity;
  }

  /**
   * Whether no end contradicts this acknowledgement, if they are asked about in the order in which they came.
   * @param highest the highest offset that had been acknowledged before; -1 for none
   */
  agreeWith(
    { offset, invokeNs, completeNs }: { offset: number; invokeNs: number; completeNs: number },
    highest: number,
  ): boolean {
    while (
      this.#questions < this.#byQuestion.length &&
      this.#byQuestion[this.#questions]!.invokeNs <= completeNs
    ) {
      if (this.#byQuestion[this.#questions++]!.offset <= highest) return false;
    }
    while (this.#answers < this.#byAnswer.length && this.#byAnswer[this.#answers]!.completeNs < invokeNs)
      this.#answers++;
    if (this.#answers === 0 || this.#highest[this.#answers - 1]! <= offset) return true;
    // Answers that came after this write was invoked, but before another one was, say nothing about it.
    let earlier = this.#answers;
    while (earlier > 0 && this.#byAnswer[earlier - 1]!.completeNs >= invokeNs) earlier--;
    return earlier === 0 || this.#highest[earlier - 1]! <= offset;
  }

  /** Whether the ends that were asked for after the last acknowledgement are beyond all of them. */
  agreeInTheEnd(highest: number): boolean {
    return (this.#lowest[this.#questions] ?? Infinity) > highest;
  }
}

function running(
  ends: readonly EndEvent[],
  of: (end: EndEvent) => number,
  worse: (a: number, b: number) => number,
): number[] {
  const totals: number[] = [];
  for (const end of ends) totals.push(totals.length === 0 ? of(end) : worse(totals.at(-1)!, of(end)));
  return totals;
}

import type { EndEvent } from '../../history/event.ts';

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

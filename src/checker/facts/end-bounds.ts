import type { EndList } from './end-list.ts';

/** The ends that were observed of one partition, for two questions: those of the sweep, and those of `AckPace`. */
export class EndBounds {
  /** Ascending. */
  readonly #offsets: Float64Array;
  /** Of the ends up to each one in that order: when the last of them was asked for. */
  readonly #asked: Float64Array;
  /** Of the ends from each one on: when the first of them was answered. */
  readonly #answered: Float64Array;
  #below = 0;

  /** In the order of questions: when each was asked, and what the answer was. */
  readonly #questionNs: Float64Array;
  readonly #questioned: Float64Array;
  /** Of the ends from each one on in that order: the lowest. */
  readonly #lowest: Float64Array;
  #questions = 0;
  /** In the order of answers: when each came. */
  readonly #answerNs: Float64Array;
  /** Of the ends up to each one in that order: the highest. */
  readonly #highest: Float64Array;
  #answers = 0;

  constructor(ends: EndList) {
    const byOffset = ends.orderBy('offset');
    this.#offsets = column(ends.offset, byOffset);
    this.#asked = upTo(column(ends.invokeNs, byOffset), Math.max);
    this.#answered = from(column(ends.completeNs, byOffset), Math.min);
    const byQuestion = ends.orderBy('invokeNs');
    this.#questionNs = column(ends.invokeNs, byQuestion);
    this.#questioned = column(ends.offset, byQuestion);
    this.#lowest = from(column(ends.offset, byQuestion), Math.min);
    const byAnswer = ends.orderBy('completeNs');
    this.#answerNs = column(ends.completeNs, byAnswer);
    this.#highest = upTo(column(ends.offset, byAnswer), Math.max);
  }

  /** What the bounds below are asked about. Quick where offsets come in order. */
  goTo(offset: number): void {
    while (this.#below < this.#offsets.length && this.#offsets[this.#below]! <= offset) this.#below++;
    while (this.#below > 0 && this.#offsets[this.#below - 1]! > offset) this.#below--;
  }

  /** The lowest end that lies behind an offset; Infinity if there is none. */
  nextAfter(offset: number): number {
    this.goTo(offset);
    return this.#offsets[this.#below] ?? Infinity;
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
    while (this.#questions < this.#questionNs.length && this.#questionNs[this.#questions]! <= completeNs) {
      if (this.#questioned[this.#questions++]! <= highest) return false;
    }
    while (this.#answers < this.#answerNs.length && this.#answerNs[this.#answers]! < invokeNs)
      this.#answers++;
    if (this.#answers === 0 || this.#highest[this.#answers - 1]! <= offset) return true;
    // Answers that came after this write was invoked, but before another one was, say nothing about it.
    let earlier = this.#answers;
    while (earlier > 0 && this.#answerNs[earlier - 1]! >= invokeNs) earlier--;
    return earlier === 0 || this.#highest[earlier - 1]! <= offset;
  }

  /** Whether the ends that were asked for after the last acknowledgement are beyond all of them. */
  agreeInTheEnd(highest: number): boolean {
    return (this.#lowest[this.#questions] ?? Infinity) > highest;
  }
}

function column(values: Float64Array, rows: Uint32Array): Float64Array {
  return Float64Array.from(rows, (row) => values[row]!);
}

type Worse = (a: number, b: number) => number;

/** In place: of the values up to each one, the worst. */
function upTo(values: Float64Array, worse: Worse): Float64Array {
  for (let at = 1; at < values.length; at++) values[at] = worse(values[at - 1]!, values[at]!);
  return values;
}

/** In place: of the values from each one on, the worst. */
function from(values: Float64Array, worse: Worse): Float64Array {
  for (let at = values.length - 2; at >= 0; at--) values[at] = worse(values[at + 1]!, values[at]!);
  return values;
}

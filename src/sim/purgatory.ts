/** A produce request's way back. An object and no function: there is one for every write. */
export interface Answerable {
  /** A protocol error code (0: stored) and the offset, -1 when there is none. */
  answer(code: number, offset: number): void;
}

/**
 * acks=all writes that wait until the high watermark has passed them. They wait in the order of their offsets, so
 * those that are done are always the first ones.
 */
export class Purgatory {
  #waiting: (Waiting | undefined)[] = [];
  #head = 0;

  get size(): number {
    return this.#waiting.length - this.#head;
  }

  /** @param appended where its batch stands, and how many records that has. */
  add(appended: { offset: number; count: number }, deadlineNs: number, request: Answerable): void {
    this.#waiting.push({ ...appended, deadlineNs, request });
  }

  /** Those below the high watermark have been replicated. */
  complete(highWatermark: number, code: number): void {
    while (this.#head < this.#waiting.length && endOf(this.#waiting[this.#head]!) <= highWatermark) {
      const { offset, request } = this.#take();
      request.answer(code, code === 0 ? offset : -1);
    }
  }

  expire(nowNs: number, code: number): void {
    while (this.#head < this.#waiting.length && this.#waiting[this.#head]!.deadlineNs <= nowNs) {
      this.#take().request.answer(code, -1);
    }
  }

  /** The broker leads no longer: the outcome of these stays unknown. */
  fail(code: number): void {
    while (this.#head < this.#waiting.length) this.#take().request.answer(code, -1);
  }

  clear(): void {
    this.#waiting = [];
    this.#head = 0;
  }

  #take(): Waiting {
    const first = this.#waiting[this.#head]!;
    this.#waiting[this.#head++] = undefined;
    if (this.#head === this.#waiting.length) this.clear();
    else if (this.#head > 1_024) {
      this.#waiting = this.#waiting.slice(this.#head);
      this.#head = 0;
    }
    return first;
  }
}

function endOf({ offset, count }: Waiting): number {
  return offset + count;
}

interface Waiting {
  /** Of its first record. */
  offset: number;
  count: number;
  deadlineNs: number;
  request: Answerable;
}

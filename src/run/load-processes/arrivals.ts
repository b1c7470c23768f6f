/**
 * Which writes of a worker have their outcome. A worker begins its writes in the order of their numbers and may have a few
 * requests under way, so all but the last few are known to be there by one number.
 */
export class Arrivals {
  /** All writes below it have their outcome. */
  #end = 0;
  /** Of those beyond it: the ones that have theirs. */
  readonly #beyond = new Map<number, number>();
  /** When the last one below it was begun. */
  #begunNs: number;

  /** @param startNs before any write was begun */
  constructor(startNs: number) {
    this.#begunNs = startNs;
  }

  arrived(seq: number, invokeNs: number): void {
    if (seq !== this.#end) {
      this.#beyond.set(seq, invokeNs);
      return;
    }
    this.#end++;
    this.#begunNs = invokeNs;
    for (let next = this.#take(); next !== undefined; next = this.#take()) {
      this.#end++;
      this.#begunNs = next;
    }
  }

  #take(): number | undefined {
    const found = this.#beyond.get(this.#end);
    if (found !== undefined) this.#beyond.delete(this.#end);
    return found;
  }

  /**
   * The writes below `endSeq` whose outcome is not known.
   * @returns for each a moment at which it had not been begun yet: later than any that is known.
   */
  openBelow(endSeq: number): { seq: number; notBeforeNs: number }[] {
    const open: { seq: number; notBeforeNs: number }[] = [];
    let notBeforeNs = this.#begunNs;
    for (let seq = this.#end; seq < endSeq; seq++) {
      const begunNs = this.#beyond.get(seq);
      if (begunNs === undefined) open.push({ seq, notBeforeNs });
      else notBeforeNs = begunNs;
    }
    return open;
  }
}

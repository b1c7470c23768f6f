import { countUpTo } from '../../core/sorted.ts';

/** A set of whole numbers, as intervals `from` up to but not including `to`, which may be told in any order. */
export class Intervals {
  /** First numbers ascending, and the end of each: disjoint once it is settled. */
  #from: number[] = [];
  #to: number[] = [];
  #isSettled = true;

  add(from: number, to: number): void {
    if (to <= from) return;
    this.#from.push(from);
    this.#to.push(to);
    this.#isSettled = false;
  }

  has(number: number): boolean {
    if (!this.#isSettled) this.#settle();
    const begun = countUpTo(this.#from, number);
    return begun > 0 && number < this.#to[begun - 1]!;
  }

  #settle(): void {
    const [oldFrom, oldTo] = [this.#from, this.#to];
    const order = Array.from(oldFrom.keys()).toSorted((a, b) => oldFrom[a]! - oldFrom[b]!);
    this.#from = [];
    this.#to = [];
    for (const at of order) {
      const last = this.#to.length - 1;
      if (last >= 0 && oldFrom[at]! <= this.#to[last]!) {
        this.#to[last] = Math.max(this.#to[last]!, oldTo[at]!);
      } else {
        this.#from.push(oldFrom[at]!);
        this.#to.push(oldTo[at]!);
      }
    }
    this.#isSettled = true;
  }
}

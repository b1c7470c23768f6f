import type { Operation } from './operation.ts';
import type { Schedule } from './schedule.ts';

/**
 * The operations of unknown outcome, and how a search counts them.
 *
 * Exactly: a column of a configuration for every class. With many classes the ways to use them multiply, although
 * hardly any history needs a particular operation. So a search may *lump* classes together: it counts how many of them
 * were used in all, and pretends that a class that was called once can be used as often as all of them together. That
 * allows too much: a search that still finds no order proves that there is none, and an order that it finds is one if
 * no class ran out in it.
 */
export class Unknowns {
  /** By class: its column among the counts of a configuration. */
  readonly columns: Int32Array;
  readonly columnCount: number;

  readonly #history: readonly Operation[];
  readonly #schedule: Schedule;
  readonly #counted: ReadonlySet<number> | null;
  /** By class: how many have been called. */
  readonly #called: Int32Array;
  /** How many of all the lumped classes have been called. */
  #lumpCalled = 0;

  /** @param counted the classes that are counted one by one; null: all of them. */
  constructor(history: readonly Operation[], schedule: Schedule, counted: ReadonlySet<number> | null) {
    this.#history = history;
    this.#schedule = schedule;
    this.#counted = counted;
    this.#called = new Int32Array(schedule.classes.length);
    let column = counted === null || counted.size === schedule.classes.length ? 0 : 1;
    this.columns = Int32Array.from(schedule.classes, (_, number) => (this.#counts(number) ? column++ : 0));
    this.columnCount = column;
  }

  call(operation: number): void {
    const number = this.#schedule.places[operation]!;
    this.#called[number]!++;
    if (!this.#counts(number)) this.#lumpCalled++;
  }

  /** Whether a class has one left when its column says `used`. */
  isLeft(number: number, used: number): boolean {
    if (this.#counts(number)) return used < this.#called[number]!;
    return used < this.#lumpCalled && this.#called[number]! > 0;
  }

  /** The operation to use next when a column says `used`; for lumped classes one that stands for all. */
  member(number: number, used: number): number {
    return this.#schedule.classes[number]!.members[this.#counts(number) ? used : 0]!;
  }

  /** Deals out the operations of lumped classes in an order. @returns the order; or the classes that ran out. */
  deal(order: readonly number[]): { order: number[] } | { ranOut: number[] } {
    const used = new Int32Array(this.#called.length);
    const ranOut = new Set<number>();
    const dealt: number[] = [];
    let latest = { call: -Infinity, number: -1 };
    for (const operation of order) {
      const { ret } = this.#history[operation]!;
      const number = ret === Infinity ? this.#schedule.places[operation]! : -1;
      const member = number < 0 ? operation : this.#schedule.classes[number]!.members[used[number]!++];
      if (member === undefined) {
        ranOut.add(number);
        continue;
      }
      dealt.push(member);
      // One that had not been called by then is none that could be used.
      if (ret < latest.call) ranOut.add(latest.number);
      if (this.#history[member]!.call > latest.call) latest = { call: this.#history[member]!.call, number };
    }
    return ranOut.size === 0 ? { order: dealt } : { ranOut: [...ranOut] };
  }

  #counts(number: number): boolean {
    return this.#counted === null || this.#counted.has(number);
  }
}

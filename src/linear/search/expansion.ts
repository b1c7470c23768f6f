import type { Automaton } from './automaton.ts';
import type { Configurations } from './configurations.ts';
import { clearBit, isSet, setBit, wordsFor } from './mask.ts';
import type { Openings } from './openings.ts';
import type { Schedule } from '../schedule.ts';
import type { Trace } from './trace.ts';
import type { Unknowns } from '../unknowns.ts';

/**
 * What can happen next in one configuration: open operations take effect, one after another, until the one that returns
 * has. What comes of it is put among the configurations of now, or among those after the return.
 *
 * The search and this work on the same configurations, so that a row is never handed over.
 */
export class Expansion {
  current: Configurations;
  next: Configurations;
  /** The number of the machine's sink, and observers that have yet to return. */
  sink: number;
  observersDue = 0;
  /** Open operations to look at before another search has its turn. */
  looksLeft = 0;
  useUnknown = false;

  readonly #automaton: Automaton;
  readonly #letters: Int32Array;
  readonly #schedule: Schedule;
  readonly #open: Openings;
  readonly #unknowns: Unknowns;
  readonly #trace: Trace;
  /** The configuration that is being made of another one. */
  readonly #made: Int32Array;
  readonly #after: Int32Array;
  /** Where a row says that its last operation was one of unknown outcome, of which nothing depends yet. */
  readonly #link: number;

  constructor(parts: {
    automaton: Automaton;
    letters: Int32Array;
    schedule: Schedule;
    open: Openings;
    unknowns: Unknowns;
    trace: Trace;
    current: Configurations;
    next: Configurations;
  }) {
    this.current = parts.current;
    this.next = parts.next;
    this.sink = parts.automaton.sink;
    this.#automaton = parts.automaton;
    this.#letters = parts.letters;
    this.#schedule = parts.schedule;
    this.#open = parts.open;
    this.#unknowns = parts.unknowns;
    this.#trace = parts.trace;
    this.#made = new Int32Array(parts.current.stride);
    this.#after = new Int32Array(parts.current.stride);
    this.#link = keyWordsOf(parts.schedule);
  }

  isLink(row: Int32Array): boolean {
    return this.#schedule.classes.length > 0 && row[this.#link] === 1;
  }

  /** Everything that can happen next in a row before an operation, in the slot `returning`, has taken effect. */
  expand(row: Int32Array, returning: number): void {
    const { places } = this.#schedule;
    const { list } = this.#open;
    for (let at = 0; at < list.length; at++) {
      const operation = list[at]!;
      const slot = places[operation]!;
      if (isSet(row, slot) || !this.#open.isNext(row, slot)) continue;
      const state = this.#automaton.step(row[0]!, this.#letters[operation]!);
      if (state < 0) continue;
      this.#made.set(row);
      setBit(this.#made, slot);
      this.#make(this.#made, state, operation, returning);
    }
    if (this.useUnknown) this.expandUnknown(row, returning);
  }

  /**
   * An operation of unknown outcome has no deadline. So it need never take effect before the moment at which the next
   * operation depends on it: after it only such operations go on for which its coming first makes a difference, or
   * a further one of unknown outcome (a `link` of a chain that has yet to make a difference).
   */
  expandUnknown(row: Int32Array, returning: number): void {
    const { classes } = this.#schedule;
    const before = row[0]!;
    for (let number = 0; number < classes.length; number++) {
      const column = this.current.counts + this.#unknowns.columns[number]!;
      const used = row[column]!;
      if (!this.#unknowns.isLeft(number, used)) continue;
      const { letter } = classes[number]!;
      if (!this.#open.mayUnknownGo(row, letter)) continue;
      const state = this.#automaton.step(before, letter);
      if (state < 0 || state === before) continue;
      const made = this.#made;
      made.set(row);
      made[0] = state;
      made[column] = used + 1;
      made[this.#link] = 0;
      const { trace } = this.current;
      const node = this.#trace.add(row[trace]!, this.#unknowns.member(number, used));
      made[trace] = node;
      const observed = this.observe(made);
      if (made[trace] !== node) {
        this.#settle(made, observed, returning);
        continue;
      }
      if (state === this.sink && observed < this.observersDue) continue;
      made[this.#link] = 1;
      const isNew = this.current.add(made);
      made[this.#link] = 0;
      // What can follow on one that is as good has been tried, or is no better than what else has been.
      if (isNew) this.#expandAfterUnknown(made, before, letter, returning);
    }
  }

  /** What can follow at once on an operation of unknown outcome, and not as well without it or before it. */
  #expandAfterUnknown(row: Int32Array, before: number, unknown: number, returning: number): void {
    const { list } = this.#open;
    for (let at = 0; at < list.length; at++) {
      const operation = list[at]!;
      const letter = this.#letters[operation]!;
      const slot = this.#schedule.places[operation]!;
      if (isSet(row, slot) || !this.#open.isNext(row, slot)) continue;
      const state = this.#automaton.step(row[0]!, letter);
      if (state < 0) continue;
      const without = this.#automaton.step(before, letter);
      if (without === state || (without >= 0 && this.#automaton.step(without, unknown) === state)) continue;
      const after = this.#after;
      after.set(row);
      setBit(after, slot);
      this.#make(after, state, operation, returning);
    }
  }

  #make(made: Int32Array, state: number, operation: number, returning: number): void {
    made[0] = state;
    made[this.current.trace] = this.#trace.add(made[this.current.trace]!, operation);
    this.#settle(made, this.observe(made), returning);
  }

  #settle(made: Int32Array, observed: number, returning: number): void {
    if (made[0] === this.sink && observed < this.observersDue) return;
    if (isSet(made, returning)) this.keep(made, returning);
    else this.current.add(made);
  }

  /** Lets every open observer take effect that fits the state. @returns how many open ones have taken effect. */
  observe(row: Int32Array): number {
    const { observes } = this.#automaton;
    this.looksLeft -= this.#open.list.length;
    let observed = 0;
    const { list } = this.#open;
    for (let at = 0; at < list.length; at++) {
      const operation = list[at]!;
      const letter = this.#letters[operation]!;
      if (observes[letter] === 0) continue;
      const slot = this.#schedule.places[operation]!;
      if (!isSet(row, slot)) {
        if (this.#automaton.step(row[0]!, letter) < 0) continue;
        setBit(row, slot);
        row[this.current.trace] = this.#trace.add(row[this.current.trace]!, operation);
      }
      observed++;
    }
    return observed;
  }

  /** A configuration that has seen the return: the slot is free again. */
  keep(row: Int32Array, slot: number): void {
    clearBit(row, slot);
    this.next.add(row);
  }
}

/**
 * How many words of a row tell its state and what has taken effect. The last one is the `link`: only with unknowns is there
 * a word for it.
 */
export function keyWordsOf({ slotCount, classes }: Schedule): number {
  return wordsFor(slotCount) + Number(classes.length > 0);
}

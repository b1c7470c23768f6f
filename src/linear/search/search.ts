import type { Automaton } from './automaton.ts';
import { Configurations } from './configurations.ts';
import type { Finder } from './finder.ts';
import type { Memory } from '../limits.ts';
import { clearBit, isSet, setBit, wordsFor } from './mask.ts';
import { Openings } from './openings.ts';
import type { Operation } from '../operation.ts';
import { scheduleOf, type Schedule } from '../schedule.ts';
import { Trace } from './trace.ts';
import { Unknowns } from '../unknowns.ts';

/** A history in the letters of an automaton. */
export interface Problem {
  automaton: Automaton;
  history: readonly Operation[];
  letters: Int32Array;
}

/**
 * The engine: just-in-time linearization, event by event.
 *
 * A configuration is what may be the case after some events: a state, and which open operations have taken effect.
 * A call only opens an operation. When x returns it must have taken effect: configurations in which it has forget
 * it; in the others further open operations take effect, one after another, until x has. When no configuration is
 * left, x cannot be placed. Memory follows from how much is concurrent, not from how long the history is.
 *
 * Five things keep the set small, none of which loses an answer:
 * - Operations that only observe take effect as soon as they fit: they change nothing and never need to wait.
 *   (A write that happens to leave the state as it is must not be hurried: it may be needed later.)
 * - Of open operations of one letter only one is next (see `Openings`).
 * - What has used fewer unknowns beats what has used more (see `Configurations`).
 * - An unknown takes effect only where the very next operation depends on it: it has no deadline, so it can wait.
 * - A state that no observer can ever see again is a dead end while there is an observer to come.
 *
 * `width` bounds the configurations kept at a return. A narrow search that arrives is a proof; one that dies is a
 * verdict only if it never left anything out. `counted` names the classes of unknowns that are counted one by one,
 * the others being lumped together (see `Unknowns`); without it all are counted.
 */
export class Search implements Finder {
  /** Rows looked at so far, the costly ones counted more than once. */
  steps = 0;
  /** Something was left out because of `width`: a dead end proves nothing. */
  narrowed = false;

  readonly #automaton: Automaton;
  readonly #history: readonly Operation[];
  readonly #letters: Int32Array;
  readonly #schedule: Schedule;
  readonly #memory: Memory;
  readonly #width: number;
  readonly #lumps: boolean;
  readonly #trace: Trace;
  #current: Configurations;
  #next: Configurations;
  /** The configuration in hand, and the one being made of it. */
  #row: Int32Array;
  #made: Int32Array;
  #after: Int32Array;
  /** Where a row says that its last operation was one of unknown outcome, of which nothing depends yet. */
  readonly #link: number;
  /** Where the walk is: the event, and within a return the row. */
  #event = 0;
  #offset = 0;
  readonly #open: Openings;
  readonly #unknowns: Unknowns;
  /** The number of the machine's sink, and observers that have yet to return. */
  #sink: number;
  #observersDue = 0;
  #returning = -1;
  /** Open operations to look at before it is somebody else's turn. */
  #looksLeft = 0;
  #useUnknown = false;
  #rowsMax = 0;
  #automatonBytes = 0;

  constructor(
    { automaton, history, letters }: Problem,
    options: { width: number; memory: Memory; counted?: ReadonlySet<number> },
  ) {
    this.#automaton = automaton;
    this.#history = history;
    this.#letters = letters;
    this.#schedule = scheduleOf(history, letters);
    this.#memory = options.memory;
    this.#width = options.width;
    this.#lumps = options.counted !== undefined;
    this.#trace = new Trace(options.memory);
    const { slotCount, classes } = this.#schedule;
    // Only with unknowns is there a word for the `link`.
    const keyWords = wordsFor(slotCount) + Number(classes.length > 0);
    this.#link = keyWords;
    this.#unknowns = new Unknowns(history, this.#schedule, options.counted ?? null);
    const { columnCount } = this.#unknowns;
    this.#current = new Configurations(keyWords, columnCount, options.memory);
    this.#next = new Configurations(keyWords, columnCount, options.memory);
    this.#row = new Int32Array(this.#current.stride);
    this.#made = new Int32Array(this.#current.stride);
    this.#after = new Int32Array(this.#current.stride);
    this.#open = new Openings(history, letters, automaton.letterCount, this.#schedule);
    this.#sink = automaton.sink;
    for (let at = 0; at < history.length; at++) {
      if (history[at]!.ret !== Infinity) this.#observersDue += automaton.observes[letters[at]!]!;
    }
    this.#row[0] = automaton.start;
    this.#current.add(this.#row);
  }

  advance(rows: number, looks = Infinity): ReturnType<Finder['advance']> {
    const until = this.steps + rows;
    this.#looksLeft = looks;
    while (this.steps < until && this.#looksLeft > 0) {
      if (this.#returning >= 0) {
        if (!this.#walk(until)) break;
        if (this.#resortToUnknown()) continue;
        if (!this.#closeReturn()) return { stuck: this.#returning };
        this.#returning = -1;
        continue;
      }
      if (this.#event === this.#schedule.events.length)
        return this.#unknowns.deal(this.#trace.pathTo(this.#firstTrace()));
      const event = this.#schedule.events[this.#event++]!;
      this.steps++;
      if (event >= 0) this.#call(event);
      else this.#openReturn(~event);
    }
    this.#claimAutomaton();
    return null;
  }

  #call(operation: number): void {
    this.#looksLeft -= this.#open.list.length;
    if (this.#history[operation]!.ret !== Infinity) this.#open.open(operation);
    else this.#unknowns.call(operation);
  }

  #openReturn(operation: number): void {
    this.#returning = operation;
    this.#offset = 0;
    this.#useUnknown = this.#width === Infinity || this.#lumps;
    this.#rowsMax = this.#current.length + this.#width * WALK_FACTOR;
    this.#open.line();
    this.#looksLeft -= this.#open.list.length;
  }

  /** Looks at the rows one by one, those included that are added meanwhile. @returns false when interrupted. */
  #walk(until: number): boolean {
    const { stride } = this.#current;
    const slot = this.#schedule.places[this.#returning]!;
    for (; this.#offset < this.#current.length * stride; this.#offset += stride) {
      if (this.#next.size >= this.#width || this.#offset >= this.#rowsMax * stride) {
        this.narrowed = true;
        return true;
      }
      if (this.#looksLeft <= 0 || this.steps++ >= until) return false;
      if (this.#current.isDead(this.#offset)) continue;
      this.#current.read(this.#offset, this.#row);
      if (this.#isLink(this.#row)) {
        this.#expandUnknown(slot);
        this.#countComparisons();
        continue;
      }
      this.#observe(this.#row);
      if (isSet(this.#row, slot)) this.#keep(this.#row, slot);
      else this.#expand(slot);
      this.#countComparisons();
    }
    return true;
  }

  #isLink(row: Int32Array): boolean {
    return this.#schedule.classes.length > 0 && row[this.#link] === 1;
  }

  /** Long chains of rows make a step a long one: it counts as several, lest a deadline be missed. */
  #countComparisons(): void {
    const compared = this.#current.compared + this.#next.compared;
    if (compared < COMPARISONS_PER_STEP) return;
    this.steps += Math.floor(compared / COMPARISONS_PER_STEP);
    this.#current.compared = 0;
    this.#next.compared = 0;
  }

  /**
   * A search that may leave things out does without operations of unknown outcome as long as it can: there is always
   * another chance for them. @returns whether to walk over the rows again, this time with them.
   */
  #resortToUnknown(): boolean {
    if (this.#useUnknown || this.#schedule.classes.length === 0) return false;
    if (this.#next.size > 0) {
      this.narrowed = true;
      return false;
    }
    this.#useUnknown = true;
    this.#offset = 0;
    this.#rowsMax = this.#current.length + this.#width * WALK_FACTOR;
    return true;
  }

  /** Everything that can happen next in the row in hand. */
  #expand(returning: number): void {
    const { places } = this.#schedule;
    const row = this.#row;
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
    if (this.#useUnknown) this.#expandUnknown(returning);
  }

  /**
   * An operation of unknown outcome has no deadline. So it need never take effect before the moment at which the next
   * operation depends on it: after it only such operations go on for which its coming first makes a difference, or
   * a further one of unknown outcome (a `link` of a chain that has yet to make a difference).
   */
  #expandUnknown(returning: number): void {
    const { classes } = this.#schedule;
    const row = this.#row;
    const before = row[0]!;
    for (let number = 0; number < classes.length; number++) {
      const column = this.#current.counts + this.#unknowns.columns[number]!;
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
      const { trace } = this.#current;
      const node = this.#trace.add(row[trace]!, this.#unknowns.member(number, used));
      made[trace] = node;
      const observed = this.#observe(made);
      if (made[trace] !== node) {
        this.#settle(made, observed, returning);
        continue;
      }
      if (state === this.#sink && observed < this.#observersDue) continue;
      made[this.#link] = 1;
      const isNew = this.#current.add(made);
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
    made[this.#current.trace] = this.#trace.add(made[this.#current.trace]!, operation);
    this.#settle(made, this.#observe(made), returning);
  }

  #settle(made: Int32Array, observed: number, returning: number): void {
    if (made[0] === this.#sink && observed < this.#observersDue) return;
    if (isSet(made, returning)) this.#keep(made, returning);
    else this.#current.add(made);
  }

  /** Lets every open observer take effect that fits the state. @returns how many open ones have taken effect. */
  #observe(row: Int32Array): number {
    const { observes } = this.#automaton;
    this.#looksLeft -= this.#open.list.length;
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
        row[this.#current.trace] = this.#trace.add(row[this.#current.trace]!, operation);
      }
      observed++;
    }
    return observed;
  }

  /** A configuration that has seen the return: the slot is free again. */
  #keep(row: Int32Array, slot: number): void {
    clearBit(row, slot);
    this.#next.add(row);
  }

  #closeReturn(): boolean {
    if (this.#next.size === 0) return false;
    this.#observersDue -= this.#automaton.observes[this.#letters[this.#returning]!]!;
    this.#open.close();
    [this.#current, this.#next] = [this.#next, this.#current];
    this.#next.clear();
    if (this.#trace.wantsPruning) this.#pruneTrace();
    if (this.#automaton.stateCount > STATES_MAX && this.#automaton.stateCount > this.#current.size * 8) {
      this.#forgetStates();
    }
    return true;
  }

  #firstTrace(): number {
    for (const offset of this.#liveRows()) return this.#current.rows[offset + this.#current.trace]!;
    throw new Error('no configuration is left, yet none was missed');
  }

  *#liveRows(): Generator<number> {
    const { stride } = this.#current;
    for (let offset = 0; offset < this.#current.length * stride; offset += stride) {
      if (!this.#current.isDead(offset)) yield offset;
    }
  }

  #pruneTrace(): void {
    const { rows, trace } = this.#current;
    const live = [...this.#liveRows()];
    const numbers = this.#trace.prune(live.map((offset) => rows[offset + trace]!));
    for (const offset of live) rows[offset + trace] = numbers[rows[offset + trace]!]!;
  }

  /** States that no configuration is in any more are forgotten once they are many. */
  #forgetStates(): void {
    const { rows } = this.#current;
    const live = [...this.#liveRows()];
    const numbers = this.#automaton.keepOnly(new Set(live.map((offset) => rows[offset]!)));
    for (const offset of live) rows[offset] = numbers.get(rows[offset]!)!;
    this.#current.rebuild();
    this.#sink = this.#automaton.sink;
  }

  #claimAutomaton(): void {
    this.#memory.claim(this.#automaton.bytes - this.#automatonBytes);
    this.#automatonBytes = this.#automaton.bytes;
  }
}

/** Rows that may be looked at for each that may be kept. */
const WALK_FACTOR = 16;
const COMPARISONS_PER_STEP = 2048;
/** Below this, forgetting states costs more than it frees. */
const STATES_MAX = 1 << 16;

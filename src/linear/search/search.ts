import type { Automaton } from './automaton.ts';
import { Configurations } from './configurations.ts';
import { Expansion, keyWordsOf } from './expansion.ts';
import type { Finder } from './finder.ts';
import { firstTrace, forgetStates, hasTooManyStates, pruneTrace } from './forgetting.ts';
import type { Memory } from '../limits.ts';
import { isSet } from './mask.ts';
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
  readonly #expansion: Expansion;
  /** The configuration in hand. */
  readonly #row: Int32Array;
  /** Where the walk is: the event, and within a return the row. */
  #event = 0;
  #offset = 0;
  readonly #open: Openings;
  readonly #unknowns: Unknowns;
  #returning = -1;
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
    this.#unknowns = new Unknowns(history, this.#schedule, options.counted ?? null);
    this.#open = new Openings(history, letters, automaton.letterCount, this.#schedule);
    const keyWords = keyWordsOf(this.#schedule);
    const { columnCount } = this.#unknowns;
    this.#expansion = new Expansion({
      automaton,
      letters,
      schedule: this.#schedule,
      open: this.#open,
      unknowns: this.#unknowns,
      trace: this.#trace,
      current: new Configurations(keyWords, columnCount, options.memory),
      next: new Configurations(keyWords, columnCount, options.memory),
    });
    for (let at = 0; at < history.length; at++) {
      if (history[at]!.ret !== Infinity) this.#expansion.observersDue += automaton.observes[letters[at]!]!;
    }
    this.#row = new Int32Array(this.#expansion.current.stride);
    this.#row[0] = automaton.start;
    this.#expansion.current.add(this.#row);
  }

  advance(rows: number, looks = Infinity): ReturnType<Finder['advance']> {
    const until = this.steps + rows;
    this.#expansion.looksLeft = looks;
    while (this.steps < until && this.#expansion.looksLeft > 0) {
      if (this.#returning >= 0) {
        if (!this.#walk(until)) break;
        if (this.#resortToUnknown()) continue;
        if (!this.#closeReturn()) return { stuck: this.#returning };
        this.#returning = -1;
        continue;
      }
      if (this.#event === this.#schedule.events.length)
        return this.#unknowns.deal(this.#trace.pathTo(firstTrace(this.#expansion.current)));
      const event = this.#schedule.events[this.#event++]!;
      this.steps++;
      if (event >= 0) this.#call(event);
      else this.#openReturn(~event);
    }
    this.#claimAutomaton();
    return null;
  }

  #call(operation: number): void {
    this.#expansion.looksLeft -= this.#open.list.length;
    if (this.#history[operation]!.ret !== Infinity) this.#open.open(operation);
    else this.#unknowns.call(operation);
  }

  #openReturn(operation: number): void {
    this.#returning = operation;
    this.#offset = 0;
    this.#expansion.useUnknown = this.#width === Infinity || this.#lumps;
    this.#rowsMax = this.#expansion.current.length + this.#width * WALK_FACTOR;
    this.#open.line();
    this.#expansion.looksLeft -= this.#open.list.length;
  }

  /** Looks at the rows one by one, those included that are added meanwhile. @returns false when interrupted. */
  #walk(until: number): boolean {
    const expansion = this.#expansion;
    const { current, next } = expansion;
    const { stride } = current;
    const slot = this.#schedule.places[this.#returning]!;
    for (; this.#offset < current.length * stride; this.#offset += stride) {
      if (next.size >= this.#width || this.#offset >= this.#rowsMax * stride) {
        this.narrowed = true;
        return true;
      }
      if (expansion.looksLeft <= 0 || this.steps++ >= until) return false;
      if (current.isDead(this.#offset)) continue;
      current.read(this.#offset, this.#row);
      if (expansion.isLink(this.#row)) {
        expansion.expandUnknown(this.#row, slot);
        this.#countComparisons();
        continue;
      }
      expansion.observe(this.#row);
      if (isSet(this.#row, slot)) expansion.keep(this.#row, slot);
      else expansion.expand(this.#row, slot);
      this.#countComparisons();
    }
    return true;
  }

  /** Long chains of rows make a step a long one: it counts as several, lest a deadline be missed. */
  #countComparisons(): void {
    const { current, next } = this.#expansion;
    const compared = current.compared + next.compared;
    if (compared < COMPARISONS_PER_STEP) return;
    this.steps += Math.floor(compared / COMPARISONS_PER_STEP);
    current.compared = 0;
    next.compared = 0;
  }

  /**
   * A search that may leave things out does without operations of unknown outcome as long as it can: there is always
   * another chance for them. @returns whether to walk over the rows again, this time with them.
   */
  #resortToUnknown(): boolean {
    const expansion = this.#expansion;
    if (expansion.useUnknown || this.#schedule.classes.length === 0) return false;
    if (expansion.next.size > 0) {
      this.narrowed = true;
      return false;
    }
    expansion.useUnknown = true;
    this.#offset = 0;
    this.#rowsMax = expansion.current.length + this.#width * WALK_FACTOR;
    return true;
  }

  #closeReturn(): boolean {
    const expansion = this.#expansion;
    if (expansion.next.size === 0) return false;
    expansion.observersDue -= this.#automaton.observes[this.#letters[this.#returning]!]!;
    this.#open.close();
    [expansion.current, expansion.next] = [expansion.next, expansion.current];
    expansion.next.clear();
    if (this.#trace.wantsPruning) pruneTrace(this.#trace, expansion.current);
    if (hasTooManyStates(this.#automaton, expansion.current)) {
      forgetStates(this.#automaton, expansion.current);
      expansion.sink = this.#automaton.sink;
    }
    return true;
  }

  #claimAutomaton(): void {
    this.#memory.claim(this.#automaton.bytes - this.#automatonBytes);
    this.#automatonBytes = this.#automaton.bytes;
  }
}

/** Rows that may be looked at for each that may be kept. */
const WALK_FACTOR = 16;
const COMPARISONS_PER_STEP = 2048;

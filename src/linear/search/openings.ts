import { isSet } from './mask.ts';
import type { Operation } from '../operation.ts';
import type { Schedule } from '../schedule.ts';

/**
 * The operations that are open and will return, and whose turn it is among those of one letter: the one that returns
 * first goes first, and those that never return go last. In any linearization two of them can change places until it
 * is so, hence no other order need be tried.
 */
export class Openings {
  /** By return, the next first. */
  readonly list: number[] = [];

  readonly #history: readonly Operation[];
  readonly #letters: Int32Array;
  readonly #places: Int32Array;
  /** By slot: the slot of the operation of the same letter that returns just before. */
  readonly #before: Int32Array;
  /** By letter: the slot of the operation that returns last. */
  readonly #last: Int32Array;

  constructor(history: readonly Operation[], letters: Int32Array, letterCount: number, schedule: Schedule) {
    this.#history = history;
    this.#letters = letters;
    this.#places = schedule.places;
    this.#before = new Int32Array(schedule.slotCount).fill(NONE);
    this.#last = new Int32Array(letterCount).fill(NONE);
  }

  open(operation: number): void {
    const { ret } = this.#history[operation]!;
    let at = this.list.length;
    while (at > 0 && this.#history[this.list[at - 1]!]!.ret > ret) at--;
    this.list.splice(at, 0, operation);
  }

  /** To be called when everything is open that can take effect before the next return. */
  line(): void {
    for (let at = 0; at < this.list.length; at++) {
      const operation = this.list[at]!;
      const letter = this.#letters[operation]!;
      this.#before[this.#places[operation]!] = this.#last[letter]!;
      this.#last[letter] = this.#places[operation]!;
    }
  }

  /** Closes the operation that returns next, and undoes `line`. */
  close(): void {
    for (let at = 0; at < this.list.length; at++) this.#last[this.#letters[this.list[at]!]!] = NONE;
    this.list.shift();
  }

  /** Whether no open operation of the same letter has to go first. */
  isNext(row: Int32Array, slot: number): boolean {
    const before = this.#before[slot]!;
    return before === NONE || isSet(row, before);
  }

  /** Whether an operation of this letter that never returns may go. */
  mayUnknownGo(row: Int32Array, letter: number): boolean {
    const last = this.#last[letter]!;
    return last === NONE || isSet(row, last);
  }
}

const NONE = -1;

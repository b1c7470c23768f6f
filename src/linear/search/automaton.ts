import type { Machine, State } from '../model.ts';
import type { Operation } from '../operation.ts';

/**
 * A machine in small integers: letters for operations, numbers for states, a table for the steps taken so far. The
 * model is asked once for every (state, letter); after that a step is one look-up.
 */
export class Automaton {
  /** By letter: 1 for operations that never change a state. */
  readonly observes: number[] = [];

  readonly #machine: Machine;
  readonly #letters = new Map<string, number>();
  /** By letter: an operation that stands for all of them. */
  readonly #examples: Operation[] = [];
  /** Letters that the table has room for. */
  #width = 0;
  #states: State[] = [];
  #numbers = new Map<State, number>();
  #table = new Int32Array(0);
  /** Instead of the table, where states times letters would be too many. */
  #sparse: Map<number, number> | null = null;
  #textLength = 0;

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  /** The letters of a history. All that will be needed must be spelled before the first step. */
  spell(history: readonly Operation[]): Int32Array {
    const letters = new Int32Array(history.length);
    for (let at = 0; at < history.length; at++) {
      const operation = history[at]!;
      const text = this.#machine.letter(operation);
      let letter = this.#letters.get(text);
      if (letter === undefined) {
        letter = this.#examples.push(operation) - 1;
        this.#letters.set(text, letter);
        this.observes.push(this.#machine.observes(operation) ? 1 : 0);
      }
      letters[at] = letter;
    }
    this.#width = this.#examples.length;
    return letters;
  }

  get letterCount(): number {
    return this.#width;
  }

  /** The number of the state that everything begins in. */
  get start(): number {
    return this.#number(this.#machine.start);
  }

  /** The number of the state that can never be seen; -1 where there is none. */
  get sink(): number {
    return this.#machine.sink === undefined ? NONE : this.#number(this.#machine.sink);
  }

  /** The state after `letter` in `state`; -1 when it does not fit. */
  step(state: number, letter: number): number {
    const cell = state * this.#width + letter;
    const known = this.#sparse === null ? this.#table[cell]! : (this.#sparse.get(cell) ?? UNKNOWN);
    return known === UNKNOWN ? this.#ask(state, letter, cell) : known;
  }

  get stateCount(): number {
    return this.#states.length;
  }

  /** An estimate of the memory held. */
  get bytes(): number {
    return (
      this.#table.byteLength +
      (this.#sparse?.size ?? 0) * 40 +
      this.#states.length * 80 +
      this.#textLength * 2
    );
  }

  /** Forgets all states but these, and says their new numbers: for histories that go on and on. */
  keepOnly(live: ReadonlySet<number>): Map<number, number> {
    const states = this.#states;
    this.#states = [];
    this.#numbers = new Map();
    this.#table = new Int32Array(0);
    this.#sparse = null;
    this.#textLength = 0;
    return new Map([...live].map((number) => [number, this.#number(states[number]!)]));
  }

  #ask(state: number, letter: number, cell: number): number {
    const after = this.#machine.step(this.#states[state]!, this.#examples[letter]!);
    const number = after === null ? ILLEGAL : this.#number(after);
    if (this.#sparse === null) this.#table[cell] = number;
    else this.#sparse.set(cell, number);
    return number;
  }

  #number(state: State): number {
    let number = this.#numbers.get(state);
    if (number === undefined) {
      number = this.#states.push(state) - 1;
      this.#numbers.set(state, number);
      if (typeof state === 'string') this.#textLength += state.length;
      this.#makeRoom();
    }
    return number;
  }

  #makeRoom(): void {
    const cells = this.#states.length * this.#width;
    if (this.#sparse !== null || cells <= this.#table.length) return;
    if (cells > DENSE_CELLS_MAX) {
      this.#sparse = new Map();
      this.#table.forEach((known, cell) => known !== UNKNOWN && this.#sparse!.set(cell, known));
      this.#table = new Int32Array(0);
      return;
    }
    const wider = new Int32Array(Math.min(DENSE_CELLS_MAX, Math.max(256, cells * 2))).fill(UNKNOWN);
    wider.set(this.#table);
    this.#table = wider;
  }
}

const NONE = -1;
const ILLEGAL = -1;
const UNKNOWN = -2;
/** 8 MB: beyond it most cells would never be asked for. */
const DENSE_CELLS_MAX = 2 ** 21;

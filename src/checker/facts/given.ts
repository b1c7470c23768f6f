import { PagedColumn } from '../columns/paged.ts';

/** Records that readers were given and that no final scan returned: when and where each was given first, by value id. */
export class GivenRecords {
  readonly #timesNs = new PagedColumn('float64');
  readonly #offsets = new PagedColumn('float64');
  /** Where it was given at another offset, too. */
  readonly #others = new PagedColumn('float64');

  /** @param timeNs Infinity where it is not known. */
  add(id: number, offset: number, timeNs: number): void {
    const known = this.#timesNs.get(id);
    const first = this.#offsets.get(id) - 1;
    if (known !== 0 && first !== offset) this.#others.set(id, 1 + (timeNs + 1 < known ? first : offset));
    if (known !== 0 && timeNs + 1 >= known) return;
    this.#timesNs.set(id, timeNs + 1);
    this.#offsets.set(id, offset + 1);
  }

  /** As if no reader had been given it. */
  forget(id: number): void {
    this.#timesNs.set(id, 0);
  }

  /** Null where no reader was given it. */
  of(id: number): { offset: number; timeNs: number; isAtOneOffset: boolean } | null {
    const timeNs = this.#timesNs.get(id) - 1;
    if (timeNs < 0) return null;
    return { offset: this.#offsets.get(id) - 1, timeNs, isAtOneOffset: this.#others.get(id) === 0 };
  }
}

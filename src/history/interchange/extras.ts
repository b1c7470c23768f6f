import { countBelow } from '../../core/sorted.ts';
/**
 * What the lines of a file say beyond what rows can hold, as a column of texts: one buffer and an end for each row
 * that has something to say.
 */
export class Extras {
  readonly #rows: number[] = [];
  readonly #ends: number[] = [0];
  #bytes = Buffer.alloc(0);
  #used = 0;

  add(row: number, fields: Record<string, unknown>): void {
    const text = JSON.stringify(fields);
    const most = 3 * text.length;
    if (this.#used + most > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(2 * this.#bytes.length, this.#used + most, 4096));
      this.#bytes.copy(larger, 0, 0, this.#used);
      this.#bytes = larger;
    }
    this.#used += this.#bytes.write(text, this.#used);
    this.#rows.push(row);
    this.#ends.push(this.#used);
  }

  /** @param origins where each row was when its text was added, if rows were put in another order since. */
  *inOrder(origins: Uint32Array | null): Generator<{ row: number; text: string }> {
    if (this.#rows.length === 0) return;
    if (origins === null) {
      for (const [index, row] of this.#rows.entries()) yield { row, text: this.#textAt(index) };
      return;
    }
    // Rows were added in ascending order, so that each is found by halving.
    for (const [row, origin] of origins.entries()) {
      const index = this.#indexOf(origin);
      if (index >= 0) yield { row, text: this.#textAt(index) };
    }
  }

  #textAt(index: number): string {
    return this.#bytes.toString('utf8', this.#ends[index], this.#ends[index + 1]);
  }

  #indexOf(row: number): number {
    const index = countBelow(this.#rows, row);
    return this.#rows[index] === row ? index : -1;
  }
}

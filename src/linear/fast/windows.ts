import { Heights } from './heights.ts';

/** From one number to another, both included. */
export interface Window {
  first: number;
  last: number;
}

/** Windows in the order of their first numbers, in O(log n): one that contains a number can be found and removed. */
export class Windows {
  readonly #windows: readonly Window[];
  /** Their last numbers, negative; infinite once a window is removed. */
  readonly #lasts: Heights;

  constructor(windows: readonly Window[]) {
    this.#windows = windows;
    this.#lasts = new Heights(windows.length);
    for (const [at, { last }] of windows.entries()) this.#lasts.raise(at, at + 1, -last);
  }

  /** The place of one that contains a number; -1 where none does. `from` and `to` bound the places looked at. */
  find(number: number, from = 0, to = this.#windows.length): number {
    let low = from;
    for (let high = to; low < high;) {
      const middle = (low + high) >>> 1;
      if (this.#windows[middle]!.first > number) high = middle;
      else low = middle + 1;
    }
    return this.#lasts.find(from, low, -number);
  }

  remove(place: number): void {
    this.#lasts.raise(place, place + 1, Infinity);
  }
}

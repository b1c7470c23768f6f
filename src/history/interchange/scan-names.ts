import type { Event } from '../event.ts';
import { LineProblem } from './fields.ts';

/**
 * The format names scans, a history numbers them. A number that has no name of its own is called `#7`.
 */
const NUMBERED = /^#(\d{1,10})$/;
const NUMBER_MAX = 0xffffffff;

/** Numbers for names, as they come. */
export class ScanNumbers {
  readonly #numbers = new Map<string, number>();
  readonly #taken = new Set<number>();
  #next = 0;

  /** Names whose numbers are known. */
  know(numbers: readonly [name: string, number: number][]): void {
    for (const [name, number] of numbers) {
      if (number > NUMBER_MAX) throw new LineProblem(`the scan "${name}" cannot have the number ${number}`);
      if (!this.#numbers.has(name) && !this.#taken.has(number)) this.#give(name, number);
    }
  }

  numberOf(name: string): number {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    const own = Number(NUMBERED.exec(name)?.[1] ?? -1);
    if (own >= 0 && own <= NUMBER_MAX && !this.#taken.has(own)) return this.#give(name, own);
    while (this.#taken.has(this.#next)) this.#next++;
    return this.#give(name, this.#next);
  }

  #give(name: string, number: number): number {
    this.#numbers.set(name, number);
    this.#taken.add(number);
    return number;
  }
}

/** The names of a history's scans, each of one scan only. */
export function scanNames(events: readonly Event[]): Map<number, string> {
  const names = new Map<number, string>();
  const taken = new Set<string>();
  for (const event of events) {
    if (event.type !== 'scan' || names.has(event.scan)) continue;
    if (taken.has(event.name) || event.name.startsWith('#')) continue;
    names.set(event.scan, event.name);
    taken.add(event.name);
  }
  return names;
}

export function nameOfScan(names: ReadonlyMap<number, string>, scan: number): string {
  return names.get(scan) ?? `#${scan}`;
}

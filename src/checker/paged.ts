/**
 * A column of numbers with a key each: offsets of a partition, or values of a run. Keys come in long dense runs, so
 * the column is cut into pages of 64 Ki keys, each a typed array. A page that has only a few keys is a Map until it
 * has more: keys in a damaged or imported history may be anything, and memory must follow what is there, not the
 * largest number.
 */
export const PAGE_KEYS = 65_536;
/** From so many keys on a page is dense: a Map of this size takes about as much memory as a page of bytes. */
const SPARSE_KEYS_MAX = 512;
/** Pages below this number (keys below 2^32) are found by index, those beyond by hash. */
const NEAR_PAGES = 65_536;

const ARRAYS = { uint8: Uint8Array, uint16: Uint16Array, uint32: Uint32Array, float64: Float64Array };
type Kind = keyof typeof ARRAYS;
type Page = InstanceType<(typeof ARRAYS)[Kind]>;

export class PagedColumn {
  readonly #kind: Kind;
  readonly #near: (Page | undefined)[] = [];
  readonly #far = new Map<number, Page>();
  readonly #sparse = new Map<number, Map<number, number>>();

  /** @param kind what one number takes; larger ones do not fit. */
  constructor(kind: Kind) {
    this.#kind = kind;
  }

  /** 0 for a key that was never set. */
  get(key: number): number {
    const number = key < 4294967296 ? key >>> 16 : Math.floor(key / PAGE_KEYS);
    const page = number < NEAR_PAGES ? this.#near[number] : this.#far.get(number);
    if (page !== undefined) return page[key & 0xffff]!;
    return this.#sparse.size === 0 ? 0 : (this.#sparse.get(number)?.get(key & 0xffff) ?? 0);
  }

  set(key: number, value: number): void {
    const number = key < 4294967296 ? key >>> 16 : Math.floor(key / PAGE_KEYS);
    const page = number < NEAR_PAGES ? this.#near[number] : this.#far.get(number);
    if (page === undefined) this.#setSparse(number, key & 0xffff, value);
    else page[key & 0xffff] = value;
  }

  /** Every key with a value other than 0, ascending. */
  forEach(visit: (key: number, value: number) => void): void {
    const numbers = [...this.#far.keys(), ...this.#sparse.keys()];
    for (const number of this.#near.keys()) if (this.#near[number] !== undefined) numbers.push(number);
    for (const number of numbers.toSorted((a, b) => a - b)) {
      const first = number * PAGE_KEYS;
      const page = number < NEAR_PAGES ? this.#near[number] : this.#far.get(number);
      if (page !== undefined) {
        for (let low = 0; low < PAGE_KEYS; low++) if (page[low] !== 0) visit(first + low, page[low]!);
        continue;
      }
      const few = [...(this.#sparse.get(number) ?? [])].toSorted(([a], [b]) => a - b);
      for (const [low, value] of few) if (value !== 0) visit(first + low, value);
    }
  }

  #setSparse(number: number, low: number, value: number): void {
    let few = this.#sparse.get(number);
    if (few === undefined) this.#sparse.set(number, (few = new Map()));
    few.set(low, value);
    if (few.size <= SPARSE_KEYS_MAX) return;
    const page = new ARRAYS[this.#kind](PAGE_KEYS);
    for (const [at, known] of few) page[at] = known;
    this.#sparse.delete(number);
    if (number < NEAR_PAGES) this.#near[number] = page;
    else this.#far.set(number, page);
  }
}

/**
 * A column of numbers with a key each: offsets of a partition, or values of a run. Keys come in long dense runs, so
 * the column is cut into pages of 64 Ki keys. A page that has only a few keys is a Map until it has more, unless it
 * goes on where a full one ends: keys in a damaged or imported history may be anything, and memory must follow what is
 * there, not the largest number.
 *
 * Dense pages lie side by side in slabs of up to a million cells, so that a loop that goes from worker to worker finds
 * them all through a few objects, which stay in the processor's first cache. Workers and partitions advance at about
 * the same pace. If all pages began at the same place in the cache, they would push each other out of it, so each
 * begins a little further than the one before (cache colouring: Bonwick, "The Slab Allocator", 1994).
 */
export const PAGE_KEYS = 65_536;
/** From so many keys on a page is dense: a Map of this size takes about as much memory as a page of bytes. */
export const SPARSE_KEYS_MAX = 512;
/** So many cells lie between those that tell whether a page is full; no multiple of anything that keys come in. */
const PROBE_EVERY = 1_021;
/** Pages below this number (keys below 2^32) are found by index, those beyond by hash. */
const NEAR_PAGES = 65_536;

/** A cell's address: the number of its slab, and its place there in the lower bits. */
export const SLAB_BITS = 20;
export const SLAB_MASK = (1 << SLAB_BITS) - 1;
/** From one page to the next, with room for 65 cache lines of bytes between them. */
const STRIDE = PAGE_KEYS + 4_160;
const SLAB_PAGES = Math.floor((1 << SLAB_BITS) / STRIDE);
/** The first slab grows from one page: most columns of a small history need no more. */
const SLAB_GROWTH = 4;
/** More would have addresses that do not fit into 31 bits. */
const SLAB_PAGES_MAX = 30_000;

const ARRAYS = { uint8: Uint8Array, uint16: Uint16Array, uint32: Uint32Array, float64: Float64Array };
type Kind = keyof typeof ARRAYS;
type Cells<K extends Kind> = InstanceType<(typeof ARRAYS)[K]>;

export class PagedColumn<K extends Kind = Kind> {
  /**
   * For loops over a hundred million keys, which look here first: the address of a page's first cell, by the number
   * of the page (its keys without their low 16 bits). Undefined for a page that only `get` and `set` know.
   */
  readonly places: (number | undefined)[] = [];
  /** The cells, by the upper bits of their addresses. */
  readonly slabs: Cells<K>[] = [];
  #kind: K;
  #pages = 0;
  readonly #sparseKeysMax: number;
  readonly #far = new Map<number, Cells<K>>();
  readonly #sparse = new Map<number, Map<number, number>>();

  /**
   * @param kind what one number takes; larger ones do not fit.
   * @param sparseKeysMax a page with more keys is dense.
   */
  constructor(kind: K, sparseKeysMax: number = SPARSE_KEYS_MAX) {
    this.#kind = kind;
    this.#sparseKeysMax = sparseKeysMax;
  }

  /** 0 for a key that was never set. */
  get(key: number): number {
    const number = key < 4294967296 ? key >>> 16 : Math.floor(key / PAGE_KEYS);
    const place = this.places[number];
    if (place !== undefined) return this.slabs[place >>> SLAB_BITS]![(place & SLAB_MASK) + (key & 0xffff)]!;
    if (this.#far.size > 0) {
      const page = this.#far.get(number);
      if (page !== undefined) return page[key & 0xffff]!;
    }
    return this.#sparse.size === 0 ? 0 : (this.#sparse.get(number)?.get(key & 0xffff) ?? 0);
  }

  set(key: number, value: number): void {
    const number = key < 4294967296 ? key >>> 16 : Math.floor(key / PAGE_KEYS);
    const place = this.places[number];
    if (place !== undefined) this.slabs[place >>> SLAB_BITS]![(place & SLAB_MASK) + (key & 0xffff)] = value;
    else {
      const page = this.#far.get(number);
      if (page === undefined) this.#setSparse(number, key & 0xffff, value);
      else page[key & 0xffff] = value;
    }
  }

  /** Every key with a value other than 0, ascending. */
  forEach(visit: (key: number, value: number) => void): void {
    const numbers = [...this.#far.keys(), ...this.#sparse.keys()];
    for (const number of this.places.keys()) if (this.places[number] !== undefined) numbers.push(number);
    for (const number of numbers.toSorted((a, b) => a - b)) {
      const first = number * PAGE_KEYS;
      const page = this.#pageOf(number);
      if (page !== undefined) {
        for (let low = 0; low < PAGE_KEYS; low++) if (page[low] !== 0) visit(first + low, page[low]!);
        continue;
      }
      const few = [...(this.#sparse.get(number) ?? [])].toSorted(([a], [b]) => a - b);
      for (const [low, value] of few) if (value !== 0) visit(first + low, value);
    }
  }

  /** From now on larger numbers fit too. */
  widen(kind: K): void {
    this.#kind = kind;
    for (const [index, slab] of this.slabs.entries()) this.slabs[index] = this.#copyOf(slab, slab.length);
    for (const [number, page] of this.#far) this.#far.set(number, this.#copyOf(page, PAGE_KEYS));
  }

  #copyOf(cells: Cells<K>, length: number): Cells<K> {
    const copy = new ARRAYS[this.#kind](length) as Cells<K>;
    copy.set(cells);
    return copy;
  }

  #pageOf(number: number): Cells<K> | undefined {
    const place = this.places[number];
    if (place === undefined) return this.#far.get(number);
    const from = place & SLAB_MASK;
    return this.slabs[place >>> SLAB_BITS]!.subarray(from, from + PAGE_KEYS) as Cells<K>;
  }

  #setSparse(number: number, low: number, value: number): void {
    let few = this.#sparse.get(number);
    if (few === undefined) {
      if (this.#goesOn(number)) {
        this.#open(number)[low] = value;
        return;
      }
      this.#sparse.set(number, (few = new Map()));
    }
    few.set(low, value);
    if (few.size <= this.#sparseKeysMax) return;
    this.#sparse.delete(number);
    const page = this.#open(number);
    for (const [at, known] of few) page[at] = known;
  }

  /** Whether the page before this one is so full that this one will be: half of a few cells all over it. */
  #goesOn(number: number): boolean {
    const before = this.#pageOf(number - 1);
    if (before === undefined) return false;
    let filled = 0;
    for (let cell = 0; cell < PAGE_KEYS; cell += PROBE_EVERY) if (before[cell] !== 0) filled++;
    return filled > PAGE_KEYS / PROBE_EVERY / 2;
  }

  #open(number: number): Cells<K> {
    if (number < NEAR_PAGES && this.#pages < SLAB_PAGES_MAX) this.places[number] = this.#openPage();
    else this.#far.set(number, new ARRAYS[this.#kind](PAGE_KEYS) as Cells<K>);
    return this.#pageOf(number)!;
  }

  /** @returns the address of an empty page's first cell. */
  #openPage(): number {
    const index = Math.floor(this.#pages / SLAB_PAGES);
    const within = this.#pages++ % SLAB_PAGES;
    const slab = this.slabs[index];
    if (slab === undefined || slab.length < (within + 1) * STRIDE) {
      const pages = index > 0 ? SLAB_PAGES : Math.min(SLAB_PAGES, Math.max(1, within * SLAB_GROWTH));
      // A slab's memory is only taken where something is written to it.
      const cells = new ARRAYS[this.#kind](pages * STRIDE) as Cells<K>;
      if (slab !== undefined) cells.set(slab);
      this.slabs[index] = cells;
    }
    // Memory that is looked at before it is written to costs the system two faults a page, and a word to every thread.
    this.slabs[index]!.fill(0, within * STRIDE, within * STRIDE + PAGE_KEYS);
    return index * (1 << SLAB_BITS) + within * STRIDE;
  }
}

import { PAGE_KEYS, PagedColumn } from './paged.ts';

/**
 * Every value of a run, the pair (worker, seq), gets an id: a number that columns can be indexed by. A worker counts
 * its writes, so 64 Ki successive seqs share a page, and an id is the page's number and the place in it. A page costs
 * nothing by itself; the columns that are indexed by ids know how to be sparse.
 */
export class ValueTable {
  /** For loops over a hundred million values, see `PagedColumn`: what `cellOf` gives. */
  readonly cells: PagedColumn<'uint16' | 'uint32'>;
  readonly #near: (WorkerPages | undefined)[] = [];
  readonly #far = new Map<number, WorkerPages>();
  readonly #workers: number[] = [];
  readonly #firstSeqs: number[] = [];
  /** By worker: which of its pages was asked for last. */
  readonly #recentNumbers = new Int32Array(RECENT_WORKERS).fill(-1);
  readonly #recentPages = new Int32Array(RECENT_WORKERS);

  constructor(sparseKeysMax?: number) {
    this.cells = new PagedColumn('uint16', sparseKeysMax);
  }

  /** What is known of a value: an outcome code and bits, see below. */
  stateOf(id: number): number {
    return this.cells.get(id) & STATE_BITS;
  }

  setState(id: number, state: number): void {
    this.cells.set(id, (this.cells.get(id) & ~STATE_BITS) | state);
  }

  /** The index of the partition's log into which the value was written. */
  homeOf(id: number): number {
    return this.cells.get(id) >>> HOME_SHIFT;
  }

  /** The id of a value; it gets one if it had none. */
  add(worker: number, seq: number): number {
    let pages = worker < NEAR_WORKERS ? this.#near[worker] : this.#far.get(worker);
    if (pages === undefined) {
      pages = { near: [], far: new Map() };
      if (worker < NEAR_WORKERS) this.#near[worker] = pages;
      else this.#far.set(worker, pages);
    }
    const number = pageNumberOf(seq);
    let page = number < NEAR_SEQ_PAGES ? pages.near[number] : pages.far.get(number);
    if (page === undefined) {
      page = this.#workers.push(worker) - 1;
      this.#firstSeqs.push(number * PAGE_KEYS);
      if (number < NEAR_SEQ_PAGES) pages.near[number] = page;
      else pages.far.set(number, page);
    }
    return page * PAGE_KEYS + (seq & 0xffff);
  }

  /** The id of a value, if a page has room for it; whether it was ever written is a question to `stateOf`. Else -1. */
  idOf(worker: number, seq: number): number {
    const pages = worker < NEAR_WORKERS ? this.#near[worker] : this.#far.get(worker);
    if (pages === undefined) return -1;
    const number = pageNumberOf(seq);
    const page = number < NEAR_SEQ_PAGES ? pages.near[number] : pages.far.get(number);
    return page === undefined ? -1 : page * PAGE_KEYS + (seq & 0xffff);
  }

  /**
   * For loops over many values: the page of a worker's seqs from `number` times 64 Ki on; -1 when it is not at hand,
   * and then `idOf` or `add` has to be asked. An id is the page times 64 Ki and the low 16 bits of the seq.
   */
  pageOf(worker: number, number: number): number {
    return this.#recentNumbers[worker] === number ? this.#recentPages[worker]! : this.#lookUp(worker, number);
  }

  #lookUp(worker: number, number: number): number {
    const page = this.#near[worker]?.near[number];
    if (page === undefined) return -1;
    if (worker < RECENT_WORKERS) {
      this.#recentNumbers[worker] = number;
      this.#recentPages[worker] = page;
    }
    return page;
  }

  workerOf(id: number): number {
    return this.#workers[Math.floor(id / PAGE_KEYS)]!;
  }

  seqOf(id: number): number {
    return this.#firstSeqs[Math.floor(id / PAGE_KEYS)]! + (id & 0xffff);
  }

  /** Ids are below this number of pages times 64 Ki. */
  get pages(): number {
    return this.#workers.length;
  }
}

/** A state takes a byte; what is above it in a cell is the value's home. */
export const STATE_BITS = 0xff;
const HOME_SHIFT = 8;
/** Homes up to this one fit into a cell of 16 bits. */
export const NARROW_HOME_MAX = 255;

export function cellOf(state: number, home: number): number {
  return (home << HOME_SHIFT) | state;
}

/** The low bits of a state: 0 when no write of the run explains the value, else 1 + its outcome's code. */
export const OUTCOME_BITS = 0b111;
export const IS_OK = 1;
export const IS_SENT = 2;
export const IS_FAIL = 3;
export const IS_INFO = 4;
/** The deciding scan of its partition returned it. */
export const FOUND = 8;
/** Scans returned it at more than one offset. */
export const FOUND_TWICE = 16;
/** Another scan, or a consumer, returned it. */
export const SEEN = 32;
/** The history has more than one row for it, so that nothing can be said about it. */
export const REPEATED = 64;
/** A final scan returned it at the offset of its acknowledgement. */
export const IN_PLACE = 128;

interface WorkerPages {
  near: (number | undefined)[];
  far: Map<number, number>;
}

const RECENT_WORKERS = 1_024;
const NEAR_WORKERS = 65_536;
const NEAR_SEQ_PAGES = 65_536;

function pageNumberOf(seq: number): number {
  return seq >= 0 && seq < 4294967296 ? seq >>> 16 : Math.floor(seq / PAGE_KEYS);
}

import { PagedColumn } from './paged.ts';

/**
 * The offsets of a partition's log: which value stands at each, and whether a final scan returned it there. Without a
 * scan it is a claim, by an acknowledgement or by another reader.
 *
 * Both share a number, because a loop over all that was read touches nothing else of the log: twice the code of what
 * stands there, plus one for a scan.
 */
export class Slots {
  /** For loops over a hundred million offsets, see `PagedColumn`: what `claimOf` gives, plus SCANNED. */
  readonly cells: PagedColumn<SlotKind>;

  constructor(kind: SlotKind, sparseKeysMax: number) {
    this.cells = new PagedColumn(kind, sparseKeysMax);
  }

  /** What stands there: 0 for nothing, FOREIGN, or a value's id and FIRST_VALUE. */
  codeAt(offset: number): number {
    return codeIn(this.cells.get(offset));
  }

  /** What a final scan returned there; 0 for nothing. */
  scannedAt(offset: number): number {
    const cell = this.cells.get(offset);
    return isScan(cell) ? codeIn(cell) : 0;
  }

  isScanned(offset: number): boolean {
    return isScan(this.cells.get(offset));
  }

  /** Somebody says that this is there; it is taken to be if nothing else is. */
  claim(offset: number, code: number): void {
    if (this.cells.get(offset) === 0) this.cells.set(offset, 2 * code);
  }

  /** Nothing is there after all. */
  clear(offset: number): void {
    this.cells.set(offset, 0);
  }

  /** A final scan returned this, whatever was claimed. */
  scan(offset: number, code: number): void {
    this.cells.set(offset, 2 * code + SCANNED);
  }

  /** All offsets at which something stands, ascending. */
  forEach(visit: (offset: number, code: number, isScanned: boolean) => void): void {
    this.cells.forEach((offset, cell) => visit(offset, codeIn(cell), isScan(cell)));
  }
}

/** What a cell takes: see `Examination.addValue`. */
export type SlotKind = 'uint32' | 'float64';

/** Ids of so many pages fit into a cell of 32 bits. */
export const NARROW_PAGES_MAX = 32_767;

/** Codes: a record that is none of this run's values, or from here on a value by its id. */
export const FOREIGN = 1;
export const FIRST_VALUE = 2;

export const SCANNED = 1;

/** The cell of an offset that a value claims. */
export function claimOf(id: number): number {
  return 2 * (id + FIRST_VALUE);
}

function isScan(cell: number): boolean {
  return cell % 2 === SCANNED;
}

function codeIn(cell: number): number {
  return Math.floor(cell / 2);
}

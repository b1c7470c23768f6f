import { int64At, type Run } from '../../history/run.ts';
import {
  TRANSACTION_ENDS,
  TRANSACTION_OUTCOMES,
  type TransactionOutcome,
} from '../../history/transaction.ts';
import { PAGE_KEYS, PagedColumn, SLAB_BITS, SLAB_MASK } from '../columns/paged.ts';
import { ValueTable } from '../columns/values.ts';

const COMMIT = TRANSACTION_ENDS.indexOf('commit');

/** The lower bits of a cell: 1 + the code of the outcome; 0: there is no such transaction. Above them are its flags. */
const OUTCOME_BITS = 0b11;
const FLAG_SHIFT = 2;
const COMMITTED_CODE = 1 + TRANSACTION_OUTCOMES.indexOf('committed');

/**
 * The transactions of a run by id: what became of each, and what the passes found of it. A transaction is the pair
 * (worker, number), as a value is (worker, seq), so its id comes from a table of the same kind.
 */
export class TransactionTable {
  readonly #run: Pick<Run, 'transactions'>;
  readonly #ids = new ValueTable();
  readonly #cells = new PagedColumn('uint8');
  #times: TransactionTimes | null = null;
  #isAllOrdinary = true;
  /** The one that was asked for last: the rows of one transaction mostly follow each other. */
  #recent = { worker: -1, number: -1, id: -1 };
  /** How many there are of each outcome. */
  readonly counts: Record<TransactionOutcome, number> = { committed: 0, aborted: 0, unknown: 0 };

  constructor(run: Pick<Run, 'transactions'>) {
    this.#run = run;
    const totals = TRANSACTION_OUTCOMES.map(() => 0);
    const { places, slabs } = this.#cells;
    for (const { length, worker, number, outcome } of run.transactions?.() ?? []) {
      for (let row = 0; row < length; row++) {
        const code = outcome[row]!;
        totals[code]!++;
        // Nearly always there is a page for it, and nothing is called.
        const low = number[2 * row]!;
        const page = number[2 * row + 1] === 0 ? this.#ids.pageOf(worker[row]!, low >>> 16) : -1;
        const place = page < 0 ? undefined : places[page];
        if (place === undefined) this.#cells.set(this.#ids.add(worker[row]!, int64At(number, row)), 1 + code);
        else slabs[place >>> SLAB_BITS]![(place & SLAB_MASK) + (low & 0xffff)] = 1 + code;
      }
    }
    for (const [code, outcome] of TRANSACTION_OUTCOMES.entries()) this.counts[outcome] = totals[code]!;
  }

  /** -1 for a transaction that the history does not have. */
  idOf(worker: number, number: number): number {
    const recent = this.#recent;
    if (recent.worker === worker && recent.number === number) return recent.id;
    recent.worker = worker;
    recent.number = number;
    return (recent.id = number < 0 ? -1 : this.#lookUp(worker, number));
  }

  #lookUp(worker: number, number: number): number {
    const page = number < 4294967296 ? this.#ids.pageOf(worker, number >>> 16) : -1;
    const id = page < 0 ? this.#ids.idOf(worker, number) : page * PAGE_KEYS + (number & 0xffff);
    return id < 0 || (this.#cells.get(id) & OUTCOME_BITS) === 0 ? -1 : id;
  }

  workerOf(id: number): number {
    return this.#ids.workerOf(id);
  }

  numberOf(id: number): number {
    return this.#ids.seqOf(id);
  }

  outcomeOf(id: number): TransactionOutcome {
    return TRANSACTION_OUTCOMES[(this.#cells.get(id) & OUTCOME_BITS) - 1]!;
  }

  /** @param id -1: of none. */
  isCommitted(id: number): boolean {
    return id >= 0 && (this.#cells.get(id) & OUTCOME_BITS) === COMMITTED_CODE;
  }

  /** Infinity where a commit was never asked for. */
  commitInvokeNsOf(id: number): number {
    const known = this.#timesOfAll().commitInvokeNs.get(id);
    return known === 0 ? Infinity : known - 1;
  }

  /** When its outcome became known; -1 where it never did. */
  completeNsOf(id: number): number {
    return this.#timesOfAll().completeNs.get(id) - 1;
  }

  /** What the passes found of it: see the flags below. */
  flagsOf(id: number): number {
    return this.#cells.get(id) >>> FLAG_SHIFT;
  }

  flag(id: number, flag: number): void {
    const cell = this.#cells.get(id);
    const bits = flag << FLAG_SHIFT;
    if ((cell & bits) !== 0) return;
    this.#cells.set(id, cell | bits);
    if (flag !== ORDINARY[cell & OUTCOME_BITS]) this.#isAllOrdinary = false;
  }

  /** Every transaction of which anything was noted, ascending; none where nothing out of the ordinary was noted of any. */
  forEachFlagged(visit: (id: number, flags: number) => void): void {
    if (this.#isAllOrdinary) return;
    this.#cells.forEach((id, cell) => {
      if (cell > OUTCOME_BITS) visit(id, cell >>> FLAG_SHIFT);
    });
  }

  /** Takes a pass over all of them, and where all is well nobody asks. */
  #timesOfAll(): TransactionTimes {
    if (this.#times !== null) return this.#times;
    const times = { commitInvokeNs: new PagedColumn('float64'), completeNs: new PagedColumn('float64') };
    for (const batch of this.#run.transactions?.() ?? []) {
      for (let row = 0; row < batch.length; row++) {
        const id = this.#ids.idOf(batch.worker[row]!, int64At(batch.number, row));
        const invokeNs = int64At(batch.endInvokeNs, row);
        if (batch.end[row] === COMMIT && invokeNs >= 0) times.commitInvokeNs.set(id, 1 + invokeNs);
        times.completeNs.set(id, 1 + int64At(batch.endCompleteNs, row));
      }
    }
    return (this.#times = times);
  }
}

/** By id, each 1 + the time; 0: there is none. */
interface TransactionTimes {
  /** When a commit was first asked for. */
  commitInvokeNs: PagedColumn;
  /** When its outcome became known. */
  completeNs: PagedColumn;
}

/** A record of it stands in a segment that was committed. */
export const HAS_COMMITTED = 1;
/** An acknowledged record of it stands in a segment that was aborted, and in no other one. */
export const HAS_ABORTED = 2;
/** An acknowledged record of it stands in no segment, though a final scan covered its partition. */
export const HAS_MISSING = 4;
/** An acknowledged record of it stands in a segment that is still open, long after the transaction ended. */
export const HAS_OPEN = 8;
/** Its records of one partition lie in more than one segment. */
export const IS_SPLIT = 16;
/** A record of it stands in one segment with a record of another transaction. */
export const IS_MERGED = 32;

/** By the outcome's part of a cell: the flag that goes with it rightly. */
const ORDINARY = [0, HAS_COMMITTED, HAS_ABORTED, 0];

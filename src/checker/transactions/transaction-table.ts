import { int64At, type Run } from '../../history/run.ts';
import {
  TRANSACTION_ENDS,
  TRANSACTION_OUTCOMES,
  type TransactionOutcome,
} from '../../history/transaction.ts';
import { PagedColumn } from '../columns/paged.ts';
import { ValueTable } from '../columns/values.ts';

const COMMIT = TRANSACTION_ENDS.indexOf('commit');

/**
 * The transactions of a run by id: what became of each, and when its commit was first asked for. A transaction is the pair
 * (worker, number), as a value is (worker, seq), so its id comes from a table of the same kind.
 */
export class TransactionTable {
  readonly #ids = new ValueTable();
  /** 1 + the code of the outcome; 0: there is no such transaction. */
  readonly #outcomes = new PagedColumn('uint8');
  /** 1 + the time; 0: a commit was never asked for. */
  readonly #commitInvokeNs = new PagedColumn('float64');
  /** 1 + the time when its outcome became known. */
  readonly #completeNs = new PagedColumn('float64');
  readonly #flags = new PagedColumn('uint8');
  /** How many there are of each outcome. */
  readonly counts: Record<TransactionOutcome, number> = { committed: 0, aborted: 0, unknown: 0 };

  constructor(run: Pick<Run, 'transactions'>) {
    for (const batch of run.transactions?.() ?? []) {
      for (let row = 0; row < batch.length; row++) {
        const id = this.#ids.add(batch.worker[row]!, int64At(batch.number, row));
        this.#outcomes.set(id, 1 + batch.outcome[row]!);
        const invokeNs = int64At(batch.endInvokeNs, row);
        if (batch.end[row] === COMMIT && invokeNs >= 0) this.#commitInvokeNs.set(id, 1 + invokeNs);
        this.#completeNs.set(id, 1 + int64At(batch.endCompleteNs, row));
        this.counts[TRANSACTION_OUTCOMES[batch.outcome[row]!]!]++;
      }
    }
  }

  /** -1 for a transaction that the history does not have. */
  idOf(worker: number, number: number): number {
    if (number < 0) return -1;
    const id = this.#ids.idOf(worker, number);
    return id < 0 || this.#outcomes.get(id) === 0 ? -1 : id;
  }

  workerOf(id: number): number {
    return this.#ids.workerOf(id);
  }

  numberOf(id: number): number {
    return this.#ids.seqOf(id);
  }

  outcomeOf(id: number): TransactionOutcome {
    return TRANSACTION_OUTCOMES[this.#outcomes.get(id) - 1]!;
  }

  /** Infinity where a commit was never asked for. */
  commitInvokeNsOf(id: number): number {
    const known = this.#commitInvokeNs.get(id);
    return known === 0 ? Infinity : known - 1;
  }

  /** When its outcome became known; -1 where it never did. */
  completeNsOf(id: number): number {
    return this.#completeNs.get(id) - 1;
  }

  /** What the passes found of it: see `transaction-flags.ts`. */
  flagsOf(id: number): number {
    return this.#flags.get(id);
  }

  flag(id: number, flag: number): void {
    this.#flags.set(id, this.#flags.get(id) | flag);
  }

  /** Every transaction of which anything was noted, ascending. */
  forEachFlagged(visit: (id: number, flags: number) => void): void {
    this.#flags.forEach(visit);
  }
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

import type { Transaction } from '../transaction.ts';
import type { Write } from '../write.ts';

/** An operation that was to send records. */
export interface SendingOperation {
  process: number;
  invokeNs: number;
  /** Null of one that never ended. */
  completeNs: number | null;
  type: 'ok' | 'fail' | 'info';
  /** Whether it says so itself: `:txn`, or more than one micro-operation. */
  isTransaction: boolean;
  /** Whether it says that it failed and may have been committed all the same. */
  isUncertain: boolean;
  sends: readonly {
    worker: number;
    seq: number;
    partition: number;
    /** Whether the completion has the pair of offset and value for it. */
    isAcknowledged: boolean;
    offset: number | null;
  }[];
}

/**
 * What Jepsen's clients sent, as writes and transactions. Jepsen's workload generates operations with several micro-operations
 * only for clients with a transactional producer, so where there is one such operation each of the others is a transaction, too.
 *
 * An operation that ended in `:ok` was committed, in `:fail` it was aborted (the client returns that only where it is
 * certain), and of any other nothing is known. A commit is asked for after the operation began.
 */
export class JepsenSends {
  readonly #operations: { operation: SendingOperation; number: number }[] = [];
  /** By process: how many operations it had. */
  readonly #numbers = new Map<number, number>();
  /** By process: how many records it was to send. */
  readonly #sequence = new Map<number, number>();

  /** Names the next record of a process. */
  next(process: number): { worker: number; seq: number } {
    const seq = this.#sequence.get(process) ?? 0;
    this.#sequence.set(process, seq + 1);
    return { worker: process, seq };
  }

  /** @returns the number of the transaction that it is, if it is one. */
  add(operation: SendingOperation): number {
    const number = this.#numbers.get(operation.process) ?? 0;
    this.#numbers.set(operation.process, number + 1);
    this.#operations.push({ operation, number });
    return number;
  }

  /** @returns `transactions` is null in a history without any. */
  rows(): { writes: Write[]; transactions: Transaction[] | null; workers: number } {
    const inTransactions = this.#operations.some(({ operation }) => operation.isTransaction);
    const writes: Write[] = [];
    const transactions: Transaction[] = [];
    for (const { operation, number } of this.#operations) {
      if (inTransactions) transactions.push(transactionOf(operation, number));
      writes.push(...writesOf(operation, inTransactions ? number : null));
    }
    return {
      writes: byEnd(writes, ({ completeNs }) => completeNs),
      transactions: inTransactions ? byEnd(transactions, ({ endCompleteNs }) => endCompleteNs) : null,
      workers: this.#sequence.size,
    };
  }
}

function writesOf(operation: SendingOperation, transaction: number | null): Write[] {
  const { invokeNs, completeNs, type } = operation;
  return operation.sends.map(({ worker, seq, partition, isAcknowledged, offset }) => {
    const outcome = transaction === null ? type : isAcknowledged ? 'ok' : 'info';
    return {
      worker,
      seq,
      partition,
      intendedNs: invokeNs,
      invokeNs,
      completeNs,
      outcome,
      error: null,
      offset: outcome === 'ok' ? offset : null,
      // How often a client sent it the history does not say.
      attempts: 2,
      broker: null,
      ...(transaction !== null && { transaction }),
    };
  });
}

function transactionOf(operation: SendingOperation, number: number): Transaction {
  const { process, invokeNs, completeNs, type, isUncertain } = operation;
  const outcome = type === 'ok' ? 'committed' : type === 'fail' && !isUncertain ? 'aborted' : 'unknown';
  return {
    worker: process,
    number,
    producerId: null,
    epoch: null,
    endProducerId: null,
    endEpoch: null,
    beginNs: invokeNs,
    // Of one that failed it is not told whether its commit was asked for.
    end: outcome === 'aborted' ? 'abort' : 'commit',
    endInvokeNs: invokeNs,
    endCompleteNs: outcome === 'unknown' ? null : completeNs,
    outcome,
    error: null,
    attempts: 1,
    answered: outcome === 'unknown' ? 0 : 1,
  };
}

function byEnd<T>(rows: readonly T[], endOf: (row: T) => number | null): T[] {
  return rows.toSorted((a, b) => (endOf(a) ?? Infinity) - (endOf(b) ?? Infinity));
}

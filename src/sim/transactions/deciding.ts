import { CODE } from '../model.ts';
import { prepared, type End, type TransactionMetadata } from './metadata.ts';

/** What is asked of a coordinator by EndTxn, and what it has on its way into its log. */
export interface AskedEnd {
  end: End;
  version: 1 | 2;
  epoch: number;
  isPending: boolean;
}

/**
 * Whether an end is decided now; else its answer, by state and epoch alone. Under version 1 a request for an end that has
 * been reached is answered as if it had done it, and one that comes when the next transaction is open is taken for the end of
 * that one (KAFKA-17754). Under version 2 each end gives another epoch, so that the coordinator knows which it is about.
 */
export function verdictOnEnd(current: TransactionMetadata, asked: AskedEnd): 'decide' | number {
  return asked.version === 1 ? byState(current, asked) : byEpoch(current, asked);
}

function byState(current: TransactionMetadata, { end, epoch, isPending }: AskedEnd): 'decide' | number {
  const { state } = current;
  // What clients of this version know; PRODUCER_FENCED is younger.
  if (epoch !== current.epoch) return CODE.invalidProducerEpoch;
  if (isPending) return CODE.concurrentTransactions;
  switch (state) {
    case 'ongoing':
      return 'decide';
    case 'complete-commit':
    case 'complete-abort':
      return state === `complete-${end}` ? CODE.none : CODE.invalidTransactionState;
    case 'prepare-commit':
    case 'prepare-abort':
      return state === `prepare-${end}` ? CODE.concurrentTransactions : CODE.invalidTransactionState;
    case 'empty':
      return CODE.invalidTransactionState;
  }
}

function byEpoch(current: TransactionMetadata, { end, epoch, isPending }: AskedEnd): 'decide' | number {
  const { state } = current;
  const isSame = epoch === current.epoch;
  /** The end that gave the epoch of now is asked for again. Kafka takes any end for such a one. */
  const isRepetition = !isPending && epoch + 1 === current.epoch;
  const isPrepared = state === 'prepare-commit' || state === 'prepare-abort';
  const isComplete = state === 'complete-commit' || state === 'complete-abort';
  const isValid = isPrepared ? isRepetition : isComplete ? isRepetition || isSame : isSame;
  if (!isValid) return CODE.producerFenced;
  if (isPending) return CODE.concurrentTransactions;
  if (isPrepared)
    return state === `prepare-${end}` ? CODE.concurrentTransactions : CODE.invalidTransactionState;
  if (isRepetition && isComplete)
    return state === `complete-${end}` ? CODE.none : CODE.invalidTransactionState;
  // An abort of a transaction that has written nothing gives another epoch all the same.
  return state === 'ongoing' || end === 'abort' ? 'decide' : CODE.invalidTransactionState;
}

/** The decision, as it goes into the log. Markers have the epoch of this entry. */
export function decided(current: TransactionMetadata, end: End, version: 1 | 2): TransactionMetadata {
  return {
    ...current,
    state: prepared(end),
    epoch: version === 2 ? current.epoch + 1 : current.epoch,
    partitions: current.state === 'ongoing' ? current.partitions : [],
    version,
  };
}

/** The abort of a transaction whose client has left it, or is being replaced: in a new epoch, so that it can do nothing more. */
export function fenced(current: TransactionMetadata): TransactionMetadata {
  return { ...current, state: 'prepare-abort', epoch: current.epoch + 1 };
}

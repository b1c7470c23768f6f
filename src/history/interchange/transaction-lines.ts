import {
  MARKER_KINDS,
  TRANSACTION_ENDS,
  TRANSACTION_OUTCOMES,
  type Marker,
  type Transaction,
} from '../transaction.ts';
import { choiceOf, type Fields, INT32_MAX, textOf, WORKER_MAX, wholeOf, wholeOrNull } from './fields.ts';
import { scanNameOf } from './rows.ts';

/** Transactions and markers as lines, and back. */
const ATTEMPTS_MAX = 0xffff;

export function parseTransaction(fields: Fields): Transaction {
  const { error } = fields;
  return {
    worker: wholeOf(fields, 'worker', WORKER_MAX),
    number: wholeOf(fields, 'number'),
    producerId: wholeOrNull(fields, 'producerId'),
    epoch: wholeOrNull(fields, 'epoch', INT32_MAX),
    endProducerId: wholeOrNull(fields, 'endProducerId'),
    endEpoch: wholeOrNull(fields, 'endEpoch', INT32_MAX),
    beginNs: wholeOf(fields, 'begin'),
    end: choiceOf(fields, 'end', TRANSACTION_ENDS),
    endInvokeNs: wholeOrNull(fields, 'invoke'),
    endCompleteNs: wholeOrNull(fields, 'complete'),
    outcome: choiceOf(fields, 'outcome', TRANSACTION_OUTCOMES),
    error: error === null || error === undefined ? null : textOf(fields, 'error'),
    attempts: wholeOrNull(fields, 'attempts', ATTEMPTS_MAX) ?? 1,
    answered: wholeOrNull(fields, 'answered', ATTEMPTS_MAX) ?? 1,
  };
}

export function formatTransaction(row: Transaction): string {
  const { beginNs, endInvokeNs, endCompleteNs, error, ...rest } = row;
  return JSON.stringify({
    type: 'transaction',
    ...rest,
    begin: beginNs,
    invoke: endInvokeNs,
    complete: endCompleteNs,
    ...(error !== null && { error }),
  });
}

/** @param numberOf the number of the scan with this name. */
export function parseMarker(fields: Fields, numberOf: (scan: string) => number): Marker {
  return {
    scan: numberOf(scanNameOf(fields)),
    partition: wholeOf(fields, 'partition', INT32_MAX),
    offset: wholeOf(fields, 'offset'),
    producerId: wholeOf(fields, 'producerId'),
    epoch: wholeOf(fields, 'epoch', INT32_MAX),
    kind: choiceOf(fields, 'kind', MARKER_KINDS),
    coordinatorEpoch: wholeOrNull(fields, 'coordinatorEpoch', INT32_MAX) ?? 0,
    timeNs: wholeOrNull(fields, 'complete') ?? 0,
  };
}

export function formatMarker({ timeNs, ...row }: Marker, scan: string): string {
  return JSON.stringify({ type: 'marker', ...row, scan, complete: timeNs });
}

import { type Integrity, INTEGRITIES, OUTCOMES, type Read, type Write } from '../write.ts';
import {
  choiceOf,
  type Fields,
  flagOf,
  INT32_MAX,
  othersThan,
  textOf,
  WORKER_MAX,
  wholeOf,
  wholeOrNull,
} from './fields.ts';

/**
 * Writes and reads as lines of the interchange format, and back. What a line says beyond what a row can hold is
 * its `others`: it is carried along, and written again by an export.
 */
export interface Parsed<Row> {
  row: Row;
  others: Record<string, unknown> | null;
}

const WRITE_FIELDS = new Set([
  'type',
  'worker',
  'seq',
  'partition',
  'invoke',
  'complete',
  'outcome',
  'offset',
  'error',
  'attempts',
  'intended',
  'broker',
]);
const ATTEMPTS_MAX = 0xffff;

const TRANSACTIONAL_WRITE_FIELDS = new Set([...WRITE_FIELDS, 'transaction', 'copyOf']);

/** @param inTransactions whether the file may hold transactions; in another one their fields are some tool's own. */
export function parseWrite(fields: Fields, inTransactions: boolean = false): Parsed<Write> {
  const invokeNs = wholeOf(fields, 'invoke');
  const error = fields['error'];
  const row: Write = {
    worker: wholeOf(fields, 'worker', WORKER_MAX),
    seq: wholeOf(fields, 'seq'),
    partition: wholeOf(fields, 'partition', INT32_MAX),
    intendedNs: wholeOrNull(fields, 'intended') ?? invokeNs,
    invokeNs,
    completeNs: wholeOrNull(fields, 'complete'),
    outcome: choiceOf(fields, 'outcome', OUTCOMES),
    error: error === null || error === undefined ? null : textOf(fields, 'error'),
    offset: wholeOrNull(fields, 'offset'),
    attempts: wholeOrNull(fields, 'attempts') ?? 1,
    broker: wholeOrNull(fields, 'broker', INT32_MAX),
  };
  if (inTransactions) {
    const transaction = wholeOrNull(fields, 'transaction');
    if (transaction !== null) row.transaction = transaction;
    const copyOf = wholeOrNull(fields, 'copyOf');
    if (copyOf !== null) row.copyOf = copyOf;
  }
  let others = othersThan(inTransactions ? TRANSACTIONAL_WRITE_FIELDS : WRITE_FIELDS, fields);
  if (row.attempts > ATTEMPTS_MAX) others = { ...others, attempts: row.attempts };
  return { row, others };
}

/** One line, without its line feed. */
export function formatWrite(row: Write, others: Record<string, unknown> | null): string {
  const error = row.error === null ? '' : `,"error":${JSON.stringify(row.error)}`;
  const line = `{"type":"write","worker":${row.worker},"seq":${row.seq},"partition":${row.partition},"invoke":${row.invokeNs},"complete":${row.completeNs},"outcome":"${row.outcome}","offset":${row.offset}${error},"attempts":${row.attempts},"intended":${row.intendedNs},"broker":${row.broker}${row.transaction === undefined ? '' : `,"transaction":${row.transaction}`}${row.copyOf === undefined ? '' : `,"copyOf":${row.copyOf}`}}`;
  return merged(line, others);
}

const READ_FIELDS = new Set([
  'type',
  'scan',
  'partition',
  'offset',
  'worker',
  'seq',
  'complete',
  'valid',
  'integrity',
]);

const TRANSACTIONAL_READ_FIELDS = new Set([...READ_FIELDS, 'producerId', 'epoch']);

/**
 * @param numberOf the number of the scan with this name.
 * @param inTransactions as in `parseWrite`.
 */
export function parseRead(
  fields: Fields,
  numberOf: (scan: string) => number,
  inTransactions: boolean = false,
): Parsed<Read> {
  const valid = fields['valid'] === undefined ? true : flagOf(fields, 'valid');
  const row: Read = {
    scan: numberOf(scanNameOf(fields)),
    partition: wholeOf(fields, 'partition', INT32_MAX),
    offset: wholeOf(fields, 'offset'),
    worker: valid ? wholeOf(fields, 'worker', WORKER_MAX) : wholeOrNull(fields, 'worker', WORKER_MAX),
    seq: valid ? wholeOf(fields, 'seq') : wholeOrNull(fields, 'seq'),
    // A time of 0 is none: the record then says nothing about the order of things.
    timeNs: wholeOrNull(fields, 'complete') ?? 0,
    integrity: integrityOf(fields, valid),
  };
  if (inTransactions) {
    const producerId = wholeOrNull(fields, 'producerId');
    const epoch = wholeOrNull(fields, 'epoch', INT32_MAX);
    if (producerId !== null) row.producerId = producerId;
    if (epoch !== null) row.epoch = epoch;
  }
  return { row, others: othersThan(inTransactions ? TRANSACTIONAL_READ_FIELDS : READ_FIELDS, fields) };
}

export function formatRead(row: Read, scan: string, others: Record<string, unknown> | null): string {
  const producer =
    (row.producerId === undefined ? '' : `,"producerId":${row.producerId}`) +
    (row.epoch === undefined ? '' : `,"epoch":${row.epoch}`);
  const invalid = row.integrity === 'valid' ? '' : `,"valid":false,"integrity":"${row.integrity}"`;
  const line = `{"type":"read","scan":${JSON.stringify(scan)},"partition":${row.partition},"offset":${row.offset},"worker":${row.worker},"seq":${row.seq},"complete":${row.timeNs}${invalid}${producer}}`;
  return merged(line, others);
}

/** Scans have names; a tool that numbers them means the same. */
export function scanNameOf(fields: Fields): string {
  const { scan } = fields;
  return typeof scan === 'number' ? String(scan) : textOf(fields, 'scan');
}

/** Why a record is not valid, where the file says it in this program's words. */
function integrityOf(fields: Fields, valid: boolean): Integrity {
  if (valid) return 'valid';
  return fields['integrity'] === undefined
    ? 'mismatched'
    : choiceOf(
        fields,
        'integrity',
        INTEGRITIES.filter((integrity) => integrity !== 'valid'),
      );
}

/** The others come last: where one has the name of a known field, it is what a row could not hold, and wins. */
function merged(line: string, others: Record<string, unknown> | null): string {
  if (others === null) return line;
  const text = `${line.slice(0, -1)},${JSON.stringify(others).slice(1)}`;
  return Object.keys(others).some((name) => WRITE_FIELDS.has(name) || READ_FIELDS.has(name))
    ? JSON.stringify(JSON.parse(text))
    : text;
}

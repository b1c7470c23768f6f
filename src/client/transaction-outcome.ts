/**
 * What may be said of a transaction, from what is known about the requests to end it. `committed` and `aborted` are both
 * promises, so both need proof: of a commit that the coordinator answered without an error, or of one that it never took
 * up. An answer proves that only where it is the one answer to the one request: an earlier one without an answer may have
 * been carried out all the same, and may yet be.
 */
import type { TransactionOutcome } from '../history/transaction.ts';
import { nameOfCode, type Evidence } from './outcome.ts';

/** All that is known about one request to end a transaction when it is over. */
export type EndEvidence = Exclude<Evidence, { kind: 'handed-over' }>;

interface Row {
  code: number;
  name: string;
  /** Whether the coordinator gives it only before it changes anything. */
  rejects: boolean;
  /** Whether asking again may bring another answer. */
  passes: boolean;
  why: string;
}

const CHECKED = 'producer id, epoch and state are checked before anything is changed';

/** Kafka's error codes as answers to EndTxn, besides NONE. Not listed: unknown, and asking again is of no use. */
export const END_TABLE: readonly Row[] = [
  {
    code: 14,
    name: 'COORDINATOR_LOAD_IN_PROGRESS',
    rejects: false,
    passes: true,
    why: 'the log that is being loaded may hold the end',
  },
  {
    code: 15,
    name: 'COORDINATOR_NOT_AVAILABLE',
    rejects: false,
    passes: true,
    why: 'also given where the append of the end timed out',
  },
  {
    code: 16,
    name: 'NOT_COORDINATOR',
    rejects: false,
    passes: true,
    why: 'also given after the append, by a coordinator that is being replaced',
  },
  { code: 47, name: 'INVALID_PRODUCER_EPOCH', rejects: true, passes: false, why: CHECKED },
  { code: 48, name: 'INVALID_TXN_STATE', rejects: true, passes: false, why: CHECKED },
  { code: 49, name: 'INVALID_PRODUCER_ID_MAPPING', rejects: true, passes: false, why: CHECKED },
  {
    code: 51,
    name: 'CONCURRENT_TRANSACTIONS',
    rejects: false,
    passes: true,
    why: 'another change is under way, and it may be this one',
  },
  {
    code: 53,
    name: 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
    rejects: true,
    passes: false,
    why: 'permissions are checked first',
  },
  { code: 90, name: 'PRODUCER_FENCED', rejects: true, passes: false, why: CHECKED },
  { code: 120, name: 'TRANSACTION_ABORTABLE', rejects: true, passes: false, why: CHECKED },
];

const byCode = new Map(END_TABLE.map((row) => [row.code, row]));

/** What else coordinators answer to requests of a transaction, by the protocol's names. */
const NAMES: Readonly<Record<number, string>> = {
  22: 'ILLEGAL_GENERATION',
  25: 'UNKNOWN_MEMBER_ID',
  27: 'REBALANCE_IN_PROGRESS',
  30: 'GROUP_AUTHORIZATION_FAILED',
  50: 'INVALID_TRANSACTION_TIMEOUT',
  52: 'TRANSACTION_COORDINATOR_FENCED',
  82: 'FENCED_INSTANCE_ID',
  88: 'UNSTABLE_OFFSET_COMMIT',
};

/** The protocol's name of what a coordinator or a leader answered, or `ERROR_n`. */
export function nameOfTransactionCode(code: number): string {
  return byCode.get(code)?.name ?? NAMES[code] ?? nameOfCode(code);
}

/** Whether a coordinator that gave this answer may give another one a little later, or another coordinator may. */
export function mayPassAtCoordinator(code: number): boolean {
  return byCode.get(code)?.passes === true;
}

/** What the requests to end one transaction come to. */
export interface EndVerdict {
  outcome: TransactionOutcome;
  /** Null where the last one was answered without an error. */
  error: string | null;
  /** Requests of which at least a byte may have been written, and how many of them were answered. */
  attempts: number;
  answered: number;
}

/** @param asked all requests of one transaction in their order, which all ask for the same end. */
export function outcomeOfEnd(end: 'commit' | 'abort', asked: readonly EndEvidence[]): EndVerdict {
  const written = asked.filter(({ kind }) => kind !== 'unwritten');
  const codes = asked.flatMap((one) => (one.kind === 'answered' ? [one.code] : []));
  const last = asked.at(-1);
  const isDone = codes.includes(0);
  return {
    outcome: outcomeOf(end, { isDone, codes, written: written.length }),
    error: isDone || last === undefined ? null : errorIn(last),
    attempts: written.length,
    answered: codes.length,
  };
}

function outcomeOf(
  end: 'commit' | 'abort',
  { isDone, codes, written }: { isDone: boolean; codes: readonly number[]; written: number },
): TransactionOutcome {
  if (end === 'abort' || written === 0) return 'aborted';
  if (isDone) return 'committed';
  const [code] = codes;
  const isRejected = code !== undefined && byCode.get(code)?.rejects === true;
  return written === 1 && isRejected ? 'aborted' : 'unknown';
}

function errorIn(evidence: EndEvidence): string {
  return evidence.kind === 'answered' ? nameOfTransactionCode(evidence.code) : evidence.error;
}

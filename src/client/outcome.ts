/**
 * What may be said of a write, from what is known about its produce request. Everything the project claims rests on
 * this table. `fail` is a promise that the record is nowhere, so it needs proof about this very request: either it
 * never reached a socket, or the broker itself answered it with a code that it gives only before the append. All
 * else, and every code that is not listed, is `info`.
 */
import type { Outcome } from '../history/write.ts';

export type Acks = 0 | 1 | 'all';

/** All that is known about one produce request when it is over. */
export type Evidence =
  /** The broker's own answer to this request. */
  | { kind: 'answered'; code: number }
  /** acks=0: the socket took it, and no answer will come. */
  | { kind: 'handed-over' }
  /** It provably never reached a socket; `error` says what was in the way. */
  | { kind: 'unwritten'; error: string }
  /** It was written, and no answer to it was understood; `error` says what came instead. */
  | { kind: 'unanswered'; error: string };

interface Row {
  code: number;
  name: string;
  outcome: Outcome | Record<Acks, Outcome>;
  why: string;
}

const VALIDATION = 'rejected by validation, before the append';
const SEQUENCE = 'the check of sequence and epoch precedes the append';
const DELAYED = 'with acks=all a delayed produce can get it after the local append (KAFKA-13574)';
const unlessAll = { 0: 'fail', 1: 'fail', all: 'info' } as const;

/** Kafka's protocol error codes as answers to a produce request that was sent once. Not listed: `info`. */
export const OUTCOME_TABLE: readonly Row[] = [
  { code: 0, name: 'NONE', outcome: 'ok', why: 'acknowledged' },
  { code: -1, name: 'UNKNOWN_SERVER_ERROR', outcome: 'info', why: 'a catch-all' },
  { code: 2, name: 'CORRUPT_MESSAGE', outcome: 'fail', why: VALIDATION },
  { code: 3, name: 'UNKNOWN_TOPIC_OR_PARTITION', outcome: unlessAll, why: DELAYED },
  { code: 5, name: 'LEADER_NOT_AVAILABLE', outcome: 'fail', why: 'there was no leader to append it' },
  { code: 6, name: 'NOT_LEADER_OR_FOLLOWER', outcome: unlessAll, why: DELAYED },
  {
    code: 7,
    name: 'REQUEST_TIMED_OUT',
    outcome: 'info',
    why: 'the first status of every appended, waiting partition',
  },
  { code: 10, name: 'MESSAGE_TOO_LARGE', outcome: 'fail', why: VALIDATION },
  { code: 13, name: 'NETWORK_EXCEPTION', outcome: 'info', why: 'unknown' },
  { code: 17, name: 'INVALID_TOPIC_EXCEPTION', outcome: 'fail', why: VALIDATION },
  { code: 18, name: 'RECORD_LIST_TOO_LARGE', outcome: 'fail', why: VALIDATION },
  { code: 19, name: 'NOT_ENOUGH_REPLICAS', outcome: 'fail', why: 'checked before the append' },
  { code: 20, name: 'NOT_ENOUGH_REPLICAS_AFTER_APPEND', outcome: 'info', why: 'appended' },
  { code: 21, name: 'INVALID_REQUIRED_ACKS', outcome: 'fail', why: VALIDATION },
  { code: 29, name: 'TOPIC_AUTHORIZATION_FAILED', outcome: 'fail', why: VALIDATION },
  { code: 31, name: 'CLUSTER_AUTHORIZATION_FAILED', outcome: 'fail', why: VALIDATION },
  { code: 32, name: 'INVALID_TIMESTAMP', outcome: 'fail', why: VALIDATION },
  { code: 42, name: 'INVALID_REQUEST', outcome: 'fail', why: VALIDATION },
  { code: 43, name: 'UNSUPPORTED_FOR_MESSAGE_FORMAT', outcome: 'fail', why: VALIDATION },
  { code: 44, name: 'POLICY_VIOLATION', outcome: 'fail', why: VALIDATION },
  { code: 45, name: 'OUT_OF_ORDER_SEQUENCE_NUMBER', outcome: 'fail', why: SEQUENCE },
  { code: 46, name: 'DUPLICATE_SEQUENCE_NUMBER', outcome: 'info', why: 'it may be another record' },
  { code: 47, name: 'INVALID_PRODUCER_EPOCH', outcome: 'fail', why: SEQUENCE },
  { code: 48, name: 'INVALID_TXN_STATE', outcome: 'fail', why: SEQUENCE },
  {
    code: 51,
    name: 'CONCURRENT_TRANSACTIONS',
    outcome: 'fail',
    why: 'the transaction is verified before the append',
  },
  { code: 56, name: 'KAFKA_STORAGE_ERROR', outcome: 'info', why: 'it can strike in mid-append' },
  { code: 59, name: 'UNKNOWN_PRODUCER_ID', outcome: 'fail', why: SEQUENCE },
  { code: 76, name: 'UNSUPPORTED_COMPRESSION_TYPE', outcome: 'fail', why: VALIDATION },
  { code: 87, name: 'INVALID_RECORD', outcome: 'fail', why: VALIDATION },
  { code: 90, name: 'PRODUCER_FENCED', outcome: 'fail', why: SEQUENCE },
];

const byCode = new Map(OUTCOME_TABLE.map((row) => [row.code, row]));

/** The protocol's name of an error code, or `ERROR_n` where the table has none. */
export function nameOfCode(code: number): string {
  return byCode.get(code)?.name ?? `ERROR_${code}`;
}

/** The verdict on a write that was attempted once. `error` is null exactly for `ok` and `sent`. */
export function outcomeOf(evidence: Evidence, acks: Acks): { outcome: Outcome; error: string | null } {
  switch (evidence.kind) {
    case 'handed-over':
      return { outcome: 'sent', error: null };
    case 'unwritten':
      return { outcome: 'fail', error: evidence.error };
    case 'unanswered':
      return { outcome: 'info', error: evidence.error };
    case 'answered':
      return judgeCode(evidence.code, acks);
    default:
      throw new TypeError(`outcomeOf: no such evidence: ${JSON.stringify(evidence satisfies never)}`);
  }
}

function judgeCode(code: number, acks: Acks): { outcome: Outcome; error: string | null } {
  const listed = byCode.get(code)?.outcome ?? 'info';
  const outcome = typeof listed === 'string' ? listed : listed[acks];
  return { outcome, error: outcome === 'ok' ? null : nameOfCode(code) };
}

/** Answers after which the client asks for the leader again: those that kafkajs calls retriable. */
export function suspectsLeader(code: number): boolean {
  return [2, 3, 5, 6, 7, 13, 19, 20, 56].includes(code);
}

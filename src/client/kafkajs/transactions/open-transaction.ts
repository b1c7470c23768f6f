/**
 * What is written within one transaction: batches and offsets, and what makes the coordinator know of them. Where an answer
 * leaves in doubt which sequence numbers were taken, or where there is none, the producer is marked as not to be used again.
 */
import type { Clock } from '../../../core/clock.ts';
import { keysOf, valuesOf, type Completion, type Invocation } from '../../client.ts';
import { outcomeOf, suspectsLeader } from '../../outcome.ts';
import { nameOfTransactionCode, type EndEvidence } from '../../transaction-outcome.ts';
import type {
  ProducerName,
  TransactionalDriverOptions,
  TransactionOffsets,
} from '../../transactional-client.ts';
import type { ProducerIdentity } from '../identity.ts';
import type { Pool } from '../pool.ts';
import type { Batch } from '../produce.ts';
import type { Topology } from '../topology.ts';
import type { Asked, Question } from './asking.ts';
import { produce, type Produced } from './producing.ts';
import { addOffsetsCall, addPartitionCall, offsetsCall, type Owner } from './requests.ts';

/** As in the audit driver: a dead leader is not hammered at full speed. */
const PAUSE_AFTER_FAIL_MS = 30;

/** The transaction that is open. */
export interface OpenTransaction {
  /** Null where no producer was to be had, for this reason. */
  identity: ProducerIdentity | null;
  error: string | null;
  /** Whether the coordinator may know of it: a request that begins it there may have been written. */
  mayBeKnown: boolean;
  /** By partition: what came of adding it. What else is written there waits for that. */
  added: Map<number, Promise<string | null>>;
  /** Groups whose offsets were added. */
  groups: Set<string>;
  underWay: Set<Promise<unknown>>;
}

/** A question to a coordinator; to the worker's own one, and one that is not repeated into silence, if nothing else is said. */
export type Ask = <T>(
  question: Pick<Question<T>, 'call' | 'codeOf'> & Partial<Question<T>>,
) => Promise<Asked<T>>;

export interface Writing {
  write(transaction: OpenTransaction, invocation: Invocation): Promise<Completion>;
  sendOffsets(transaction: OpenTransaction, sent: TransactionOffsets): Promise<string | null>;
}

export function createWriting(
  options: TransactionalDriverOptions & { clock: Clock },
  { topology, pool, ask }: { topology: Topology; pool: Pool; ask: Ask },
): Writing {
  const { topic, clock } = options;
  const { transactionalId, version, keepProducer = false } = options.transactions;
  const patienceMs = options.requestTimeoutMs;
  const producing = { ...options, topology, pool, transactionalId, version, patienceMs };

  /** The name of the error with which a request that makes the transaction known was answered, if it was one. */
  const enter = async (
    transaction: OpenTransaction,
    question: Pick<Question<number>, 'call'> & Partial<Question<number>>,
  ): Promise<string | null> => {
    const { tries } = await ask({ codeOf: (code) => code, ...question });
    if (tries.some(({ kind }) => kind !== 'unwritten')) transaction.mayBeKnown = true;
    return errorIn(tries);
  };

  const addPartition = (
    transaction: OpenTransaction,
    owner: Owner,
    partition: number,
  ): Promise<string | null> =>
    enter(transaction, {
      call: (session) => addPartitionCall(session, owner, { topic, partition }),
    });

  const attempt = async (transaction: OpenTransaction, batch: Batch): Promise<Produced> => {
    const { identity, added } = transaction;
    const { partition } = batch;
    if (identity === null) return unwritten(transaction.error ?? 'NO_PRODUCER');
    const send = async (): Promise<Produced> => {
      const produced = await produce(producing, batch, identity);
      const { kind } = produced.evidence;
      if (version === 2 && (kind !== 'unwritten' || produced.attempts > 0)) transaction.mayBeKnown = true;
      // Without an answer a less careful client goes on; with an error each knows that its numbers are out of step.
      const isKept = kind === 'unanswered' && keepProducer;
      if (produced.evidence.kind !== 'answered' || produced.evidence.code !== 0) identity.retired ||= !isKept;
      return produced;
    };
    const adding = added.get(partition);
    if (version === 1) {
      const owner = { ...nameOf(identity), transactionalId };
      const entering = adding ?? addPartition(transaction, owner, partition);
      added.set(partition, entering);
      const error = await entering;
      if (error === null) return send();
      identity.retired = true;
      return unwritten(error);
    }
    if (adding !== undefined) {
      await adding;
      return send();
    }
    const sending = send();
    added.set(
      partition,
      sending.then(() => null),
    );
    return sending;
  };

  const write = async (transaction: OpenTransaction, invocation: Invocation): Promise<Completion> => {
    const { partition } = invocation;
    const values = valuesOf(invocation).map(options.encode);
    const keys = keysOf(invocation, options.keyed);
    const produced = await attempt(transaction, { topic, partition, values, ...keys });
    const { evidence, offset, attempts } = produced;
    const { outcome, error } = outcomeOf(evidence, 'all');
    const isTold = evidence.kind === 'answered';
    if (isTold ? suspectsLeader(evidence.code) : attempts > 0) topology.suspect();
    if (outcome === 'fail') await clock.sleep(PAUSE_AFTER_FAIL_MS);
    return {
      outcome,
      error: isTold && error !== null ? nameOfTransactionCode(evidence.code) : error,
      offset,
      attempts,
      broker: attempts === 0 ? null : produced.broker,
    };
  };

  const sendOffsets = async (
    transaction: OpenTransaction,
    sent: TransactionOffsets,
  ): Promise<string | null> => {
    const { identity, groups } = transaction;
    if (identity === null) return transaction.error ?? 'NO_PRODUCER';
    const owner = { ...nameOf(identity), transactionalId };
    const { group } = sent;
    if (version === 1 && !groups.has(group)) {
      const error = await enter(transaction, {
        call: (session) => addOffsetsCall(session, owner, group),
      });
      if (error !== null) {
        identity.retired = true;
        return error;
      }
      groups.add(group);
    }
    const error = await enter(transaction, {
      of: { kind: 'group', id: group },
      call: (session) => offsetsCall(session, owner, { sent, version }),
    });
    if (error !== null) identity.retired = true;
    return error;
  };

  return { write, sendOffsets };
}

/** The same producer, as histories name it. */
export function nameOf({ id, epoch }: ProducerIdentity): ProducerName {
  return { producerId: Number(id), epoch };
}

function unwritten(error: string): Produced {
  return { evidence: { kind: 'unwritten', error }, offset: null, broker: null, attempts: 0 };
}

/** Of the last try; null where it was answered without an error. */
export function errorIn(tries: readonly EndEvidence[]): string | null {
  const last = tries.at(-1)!;
  if (last.kind !== 'answered') return last.error;
  return last.code === 0 ? null : nameOfTransactionCode(last.code);
}

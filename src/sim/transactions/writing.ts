import type { Completion, Invocation } from '../../client/client.ts';
import type { Attempt, Identity, Producer } from '../client.ts';
import type { Cluster } from '../cluster.ts';
import type { CoordinatorQuestions, Question } from '../coordinators/questions.ts';
import { CODE } from '../model.ts';
import type { Batch } from '../records.ts';
import type { TransactionalOptions } from './transactional-options.ts';

const PAUSE_AFTER_FAIL_MS = 30;
const PAUSE_MS = 20;

/** The transaction that a worker has open. */
export interface OpenTransaction {
  /** Null where no producer was to be had, for this reason. */
  identity: Identity | null;
  error: string | null;
  /** Whether the coordinator may know of it: a request that begins it there may have been written. */
  mayBeKnown: boolean;
  /** By partition: what came of adding it. What else is written there waits for that. */
  added: Map<number, Promise<string | null>>;
  underWay: Set<Promise<unknown>>;
}

/** As an attempt, with the number of requests that were written for it. */
type Produced = Attempt & { attempts: number };

export type Ask = <T extends { code: number }>(
  question: Pick<Question<T>, 'ask'> & Partial<Question<T>>,
) => ReturnType<CoordinatorQuestions['ask']>;

/** Version 1: tells the coordinator that the transaction has a part there. @returns the name of the error, if there is one */
export async function addPartition(
  transaction: OpenTransaction,
  {
    identity,
    partition,
    transactionalId,
    ask,
    coordinators,
  }: {
    identity: Identity;
    partition: number;
    transactionalId: string;
    ask: Ask;
    coordinators: CoordinatorQuestions;
  },
): Promise<string | null> {
  const { producer, epoch = 0 } = identity;
  const admission = { id: transactionalId, producer, epoch, partition, version: 1 as const };
  const { tries } = await ask<{ code: number }>({
    ask: (broker, told) => broker.transactions.add(admission, (code) => told({ code })),
  });
  if (tries.some(({ kind }) => kind !== 'unwritten')) transaction.mayBeKnown = true;
  return coordinators.errorIn(tries);
}

/** Writes a batch within a transaction: under version 1 once its partition was added, under version 2 it is added with it. */
export function writeInTransaction({
  cluster,
  producer,
  coordinators,
  options,
  ask,
}: {
  cluster: Cluster;
  producer: Producer;
  coordinators: CoordinatorQuestions;
  options: TransactionalOptions;
  ask: Ask;
}): (transaction: OpenTransaction, invocation: Invocation) => Promise<Completion> {
  const { clock } = cluster;
  const { transactionalId, version, keepProducer = false } = options.transactions;

  /** Under version 2 it is sent again, as it is, while the transaction before is still being ended. */
  async function produce(identity: Identity, invocation: Invocation): Promise<Produced> {
    const untilNs = clock.nowNs() + options.requestTimeoutMs * 1e6;
    let batch: Batch | null = null;
    for (let attempts = 1; ; attempts++) {
      const tried = await producer.attempt(
        invocation.partition,
        () => (batch ??= producer.newBatch(invocation, identity)),
      );
      const { evidence } = tried;
      const isBusy =
        version === 2 && evidence.kind === 'answered' && evidence.code === CODE.concurrentTransactions;
      if (!isBusy || clock.nowNs() >= untilNs)
        return { ...tried, attempts: evidence.kind === 'unwritten' ? attempts - 1 : attempts };
      await clock.sleep(PAUSE_MS);
    }
  }

  async function attempt(transaction: OpenTransaction, invocation: Invocation): Promise<Produced> {
    const { identity, added } = transaction;
    const { partition } = invocation;
    if (identity === null) return unwritten(transaction.error ?? 'NO_PRODUCER');
    const send = async (): Promise<Produced> => {
      const produced = await produce(identity, invocation);
      const { evidence, attempts } = produced;
      if (version === 2 && attempts > 0) transaction.mayBeKnown = true;
      // Without an answer a less careful client goes on; with an error each knows that its numbers are out of step.
      const isKept = evidence.kind === 'unanswered' && keepProducer;
      if (evidence.kind !== 'answered' || evidence.code !== CODE.none) identity.retired ||= !isKept;
      return produced;
    };
    const adding = added.get(partition);
    if (version === 1) {
      const entering =
        adding ?? addPartition(transaction, { identity, partition, transactionalId, ask, coordinators });
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
  }

  return async (transaction, invocation) => {
    const produced = await attempt(transaction, invocation);
    const { evidence, offset, attempts, broker } = produced;
    const { outcome, error } = options.outcomeOf(evidence, 'all');
    if (attempts > 0 && producer.losesTrust(produced)) producer.topology.suspect();
    if (outcome === 'fail') await clock.sleep(PAUSE_AFTER_FAIL_MS);
    return {
      outcome,
      error:
        evidence.kind === 'answered' && error !== null ? options.nameOfTransactionCode(evidence.code) : error,
      offset,
      attempts,
      broker: attempts === 0 ? null : broker,
    };
  };
}

function unwritten(error: string): Produced {
  return { evidence: { kind: 'unwritten', error }, offset: null, broker: null, attempts: 0 };
}

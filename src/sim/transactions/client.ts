import type { Begun, ProducerName, TransactionalClient } from '../../client/transactional-client.ts';
import { Producer, type Identity } from '../client.ts';
import type { Cluster } from '../cluster.ts';
import { transactionsPartition } from '../coordinators/internal-topics.ts';
import { CoordinatorQuestions, type Question } from '../coordinators/questions.ts';
import { CODE } from '../model.ts';
import type { Named } from './requests.ts';
import { offsetsInTransaction } from './sending-offsets.ts';
import type { TransactionalOptions } from './transactional-options.ts';
import { writeInTransaction, type OpenTransaction } from './writing.ts';

const RETRY_END_MS = 60_000;

type Told = { code: number; producer?: Named | undefined };

/**
 * The audit client in transactions, as the real driver is: one request is one attempt, and what is said of a transaction
 * rests on the answers to the requests to end it. Where something is in doubt, the producer is given up, and the next
 * transaction begins with a new epoch; `retryEnd` and `keepProducer` have it do what less careful clients do.
 */
export function transactionalClient(cluster: Cluster, options: TransactionalOptions): TransactionalClient {
  const { worker, requestTimeoutMs } = options;
  const { clock } = cluster;
  const { transactionalId, version, timeoutMs, ...transactions } = options.transactions;
  const producer = new Producer(cluster, { ...options, acks: 'all', overtakes: true });
  const coordinators = new CoordinatorQuestions(
    cluster,
    { partition: transactionsPartition(cluster.options, transactionalId), first: worker, requestTimeoutMs },
    options,
  );
  /** The producer of the next transaction; null: there is none, or it was given up. */
  let current: Identity | null = null;
  let open: OpenTransaction | null = null;

  const ask = <T extends { code: number }>(question: Pick<Question<T>, 'ask'> & Partial<Question<T>>) =>
    coordinators.ask({
      forMs: requestTimeoutMs,
      again: { answered: true, unanswered: false },
      ...question,
    });
  const offsets = offsetsInTransaction({ cluster, coordinators, options, ask });
  const write = writeInTransaction({ cluster, producer, coordinators, options, ask });

  function identityOf({ producerId, epoch }: Named): Identity {
    return {
      producer: producerId,
      epoch,
      sequences: [],
      retired: false,
      transaction: { id: transactionalId, version },
    };
  }

  /** Gets a new epoch from the coordinator, which ends what an earlier one left open. */
  async function name(): Promise<string | null> {
    const invokeNs = clock.nowNs();
    const { tries, answer } = await ask<Told>({
      ask: (broker, told) =>
        broker.transactions.name(transactionalId, timeoutMs, (code, named) =>
          told({ code, producer: named }),
        ),
      again: { answered: true, unanswered: true },
    });
    const named = answer?.producer;
    if (named === undefined) return coordinators.errorIn(tries) ?? 'NO_PRODUCER';
    current = identityOf(named);
    transactions.onProducer?.({
      type: 'producer',
      invokeNs,
      timeNs: clock.nowNs(),
      worker,
      transactionalId,
      ...named,
    });
    return null;
  }

  return {
    async open() {
      await producer.topology.leaderOf(0);
    },

    async begin({ newInstance } = { newInstance: false }): Promise<Begun> {
      if (open !== null) throw new TypeError('the transaction before is still open: call end first');
      const next: OpenTransaction = {
        identity: null,
        error: null,
        mayBeKnown: false,
        added: new Map(),
        underWay: new Set(),
      };
      open = next;
      if (newInstance || current?.retired === true) current = null;
      if (current === null) next.error = await name();
      next.identity = current;
      return current === null
        ? { producer: null, error: next.error ?? 'NO_PRODUCER' }
        : { producer: nameOf(current), error: null };
    },

    async write(invocation) {
      if (open === null) throw new TypeError('no transaction has begun: call begin first');
      const { underWay } = open;
      const writing = write(open, invocation);
      underWay.add(writing);
      return writing.finally(() => underWay.delete(writing));
    },

    async sendOffsets(sent) {
      if (open === null) throw new TypeError('no transaction has begun: call begin first');
      const { underWay } = open;
      const sending = offsets.send(open, sent);
      underWay.add(sending);
      return sending.finally(() => underWay.delete(sending));
    },

    async end(how) {
      if (open === null) throw new TypeError('no transaction has begun: call begin first');
      await Promise.all(open.underWay);
      const { identity, mayBeKnown, error } = open;
      open = null;
      const before = identity === null ? null : nameOf(identity);
      if (before === null || !mayBeKnown) {
        const nothing = how === 'commit' ? 'NOTHING_TO_END' : null;
        return { ...options.outcomeOfEnd(how, []), error: error ?? nothing, before, after: before };
      }
      const asked = {
        id: transactionalId,
        producer: before.producerId,
        epoch: before.epoch,
        end: how,
        version,
      };
      const { tries, answer } = await ask<Told>({
        ask: (broker, told) =>
          broker.transactions.end(asked, (code, named) => told({ code, producer: named })),
        ...(transactions.retryEnd
          ? { forMs: transactions.retryEndMs ?? RETRY_END_MS, again: { answered: true, unanswered: true } }
          : { again: { answered: false, unanswered: false } }),
      });
      const verdict = options.outcomeOfEnd(how, tries);
      if (answer?.code !== CODE.none) {
        current = null;
        return { ...verdict, before, after: null };
      }
      // Under version 2 a new epoch begins to count anew. Under version 1 the answer names none.
      if (version === 2 && answer.producer !== undefined) current = identityOf(answer.producer);
      const after = version === 2 ? (answer.producer ?? before) : before;
      return { ...verdict, before, after };
    },

    async close() {
      producer.close();
      coordinators.close();
      offsets.close();
    },
  };
}

/** The same producer, as histories name it. */
export function nameOf({ producer, epoch = 0 }: Identity): ProducerName {
  return { producerId: producer, epoch };
}

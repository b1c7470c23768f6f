import type { TransactionOffsets } from '../../client/transactional-client.ts';
import type { Cluster } from '../cluster.ts';
import { offsetsPartition } from '../coordinators/internal-topics.ts';
import { CoordinatorQuestions } from '../coordinators/questions.ts';
import { CODE } from '../model.ts';
import type { TransactionalOptions } from './transactional-options.ts';
import { addPartition, type Ask, type OpenTransaction } from './writing.ts';

/** What says that another producer has this one's place. */
const REPLACED: ReadonlySet<number> = new Set([
  CODE.invalidProducerEpoch,
  CODE.producerFenced,
  CODE.invalidProducerIdMapping,
]);

/** Commits offsets of a group with a transaction: they are entries of the topic of offsets, which become a part of it. */
export function offsetsInTransaction({
  cluster,
  coordinators,
  options,
  ask,
}: {
  cluster: Cluster;
  coordinators: CoordinatorQuestions;
  options: TransactionalOptions;
  ask: Ask;
}) {
  const { worker, requestTimeoutMs } = options;
  const { transactionalId, version } = options.transactions;
  /** By group: the way to its coordinator. */
  const groups = new Map<string, CoordinatorQuestions>();

  function questionsOf(group: string): CoordinatorQuestions {
    let questions = groups.get(group);
    if (questions === undefined) {
      const partition = offsetsPartition(cluster.options, group);
      questions = new CoordinatorQuestions(cluster, { partition, first: worker, requestTimeoutMs }, options);
      groups.set(group, questions);
    }
    return questions;
  }

  return {
    /** @returns the name of the error, if there is one */
    async send(transaction: OpenTransaction, sent: TransactionOffsets): Promise<string | null> {
      const { identity } = transaction;
      const { group, member, offsets } = sent;
      if (identity === null) return transaction.error ?? 'NO_PRODUCER';
      if (member === undefined) throw new TypeError('the model sends offsets as a member of the group');
      if (version === 1) {
        const partition = offsetsPartition(cluster.options, group);
        const error = await addPartition(transaction, {
          identity,
          partition,
          transactionalId,
          ask,
          coordinators,
        });
        if (error !== null) return error;
      }
      const questions = questionsOf(group);
      const { producer, epoch = 0 } = identity;
      const { tries, answer } = await questions.ask<{ code: number }>({
        ask: (broker, told) =>
          broker.groups.commitInTransaction(
            {
              group,
              memberId: member.id,
              generation: member.generation,
              instance: member.instance ?? null,
              offsets: offsets.map(({ partition, offset }) => ({ partition, offset })),
              transaction: { id: transactionalId, producer, epoch, version },
            },
            (code) => told({ code }),
          ),
        forMs: requestTimeoutMs,
        again: { answered: true, unanswered: true },
      });
      if (tries.some(({ kind }) => kind !== 'unwritten')) transaction.mayBeKnown = true;
      if (answer !== null && REPLACED.has(answer.code)) identity.retired = true;
      return questions.errorIn(tries);
    },
    close(): void {
      for (const questions of groups.values()) questions.close();
    },
  };
}

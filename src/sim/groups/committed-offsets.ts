import type { CommittedOffsets } from '../../client/committed-offsets.ts';
import type { Cluster } from '../cluster.ts';
import { offsetsPartition } from '../coordinators/internal-topics.ts';
import { CoordinatorQuestions, type CodeTables } from '../coordinators/questions.ts';
import type { OffsetsTold } from './requests.ts';

const REQUEST_TIMEOUT_MS = 2_000;

/** Asks a group's coordinator from outside of the group, as the real one is asked (with `require_stable`). */
export function modelCommittedOffsets(
  cluster: Cluster,
  { group, partitions }: { group: string; partitions: number },
  tables: CodeTables,
): CommittedOffsets {
  const partition = offsetsPartition(cluster.options, group);
  const coordinator = { partition, first: 0, requestTimeoutMs: REQUEST_TIMEOUT_MS };
  const questions = new CoordinatorQuestions(cluster, coordinator, tables);
  const numbers = Array.from({ length: partitions }, (_, number) => number);
  return {
    async fetch() {
      const { tries, answer } = await questions.ask<OffsetsTold>({
        ask: (broker, told) => broker.groups.offsets({ group, partitions: numbers, stable: true }, told),
        forMs: 0,
        again: { answered: false, unanswered: false },
      });
      return { offsets: answer?.offsets ?? [], error: questions.errorIn(tries), stable: answer !== null };
    },
    async close() {
      questions.close();
    },
  };
}

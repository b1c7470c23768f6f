import { outcomeOf, suspectsLeader } from '../client/outcome.ts';
import { mayPassAtCoordinator, nameOfTransactionCode, outcomeOfEnd } from '../client/transaction-outcome.ts';
import type { TransactionalClient } from '../client/transactional-client.ts';
import { isCopying, loadedPartitionsOf } from '../scenario/copying.ts';
import { groupIdOf, offsetsMinInsyncReplicasOf } from '../scenario/group.ts';
import type { Scenario } from '../scenario/schema.ts';
import { transactionalIdOf } from '../scenario/transactions.ts';
import type { Cluster } from '../sim/cluster.ts';
import type { GroupRules } from '../sim/coordinators/internal-topics.ts';
import { ClientProcess, clientWithin } from '../sim/groups/client-process.ts';
import { modelCommittedOffsets } from '../sim/groups/committed-offsets.ts';
import { ModelMember } from '../sim/groups/member.ts';
import { transactionalClient } from '../sim/transactions/client.ts';
import type { StoredEncoder } from '../sim/value.ts';
import type { Group } from './group.ts';

const OFFSETS_REPLICAS = 3;
const TABLES = { mayPassAtCoordinator, nameOfTransactionCode };

/** How the modelled Kafka keeps what the group of a scenario commits; null where it has none. */
export function groupRulesOf(scenario: Scenario): GroupRules | null {
  if (scenario.group === undefined) return null;
  return {
    offsets: {
      // There is one group.
      partitions: 1,
      replicationFactor: Math.min(OFFSETS_REPLICAS, scenario.brokers),
      minInsyncReplicas: offsetsMinInsyncReplicasOf(scenario),
    },
  };
}

interface Place {
  scenario: Scenario;
  /** What the group and transactional ids are named after. */
  place: { topic: string; seed: number };
  valueOf: StoredEncoder;
}

/** The group of the model; nothing where the scenario has none. */
export function modelledGroup(cluster: Cluster, { scenario, place, valueOf }: Place): { group?: Group } {
  const { group, consumer, producer } = scenario;
  if (group === undefined) return {};
  const { sessionTimeoutMs, staticMembership, commit } = group;
  const id = groupIdOf(place);
  const partitions = loadedPartitionsOf(scenario);
  const isolation = isCopying(scenario) ? 'read_committed' : consumer!.isolation;
  const openMember: Group['openMember'] = ({ member: number }) => {
    const process = new ClientProcess();
    const member = new ModelMember(cluster, process, {
      options: {
        first: number,
        group: id,
        partitions,
        instance: staticMembership ? `member-${number}` : null,
        sessionTimeoutMs,
        requestTimeoutMs: producer.requestTimeoutMs,
        isolation,
        commit,
      },
      tables: TABLES,
      valueOf,
    });
    return {
      member,
      openProducer: (worker) =>
        clientWithin(
          process,
          sendingOffsetsOf(member, openCopyingProducer(cluster, { scenario, place, worker }), id),
        ),
      strike: (signal) => process.strike(signal),
      close: async () => process.end(),
    };
  };
  return {
    group: {
      clientName: 'model',
      openMember,
      openOffsets: () => modelCommittedOffsets(cluster, { group: id, partitions }, TABLES),
    },
  };
}

function openCopyingProducer(
  cluster: Cluster,
  { scenario, place, worker }: Omit<Place, 'valueOf'> & { worker: number },
): TransactionalClient {
  const { producer, group } = scenario;
  const { timeoutMs, version } = group!.transactions;
  return transactionalClient(cluster, {
    worker,
    acks: 'all',
    idempotence: true,
    retries: 0,
    requestTimeoutMs: producer.requestTimeoutMs,
    produceTimeoutMs: producer.produceTimeoutMs,
    outcomeOf,
    suspectsLeader,
    outcomeOfEnd,
    ...TABLES,
    transactions: {
      transactionalId: transactionalIdOf(place, worker),
      timeoutMs,
      version: version ?? 2,
      retryEnd: true,
    },
  });
}

/** It sends the offsets as the member that it was last, as the Java client does with the metadata of its consumer. */
function sendingOffsetsOf(
  { membership }: ModelMember,
  producer: TransactionalClient,
  group: string,
): TransactionalClient {
  return {
    ...producer,
    sendOffsets: async (sent) => {
      const { metadata } = membership;
      if (metadata === null) return 'NO_MEMBER';
      const { memberId: id, generation, instance } = metadata;
      return producer.sendOffsets({
        group,
        offsets: sent.offsets,
        member: { id, generation, ...(instance !== null && { instance }) },
      });
    },
  };
}

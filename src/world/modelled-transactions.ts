import { mayPassAtCoordinator, nameOfTransactionCode, outcomeOfEnd } from '../client/transaction-outcome.ts';
import type { TransactionalClient } from '../client/transactional-client.ts';
import { outcomeOf, suspectsLeader } from '../client/outcome.ts';
import { isBefore } from '../core/kafka-version.ts';
import { isCopying } from '../scenario/copying.ts';
import type { Scenario } from '../scenario/schema.ts';
import { stateMinInsyncReplicasOf, transactionalIdOf } from '../scenario/transactions.ts';
import type { Cluster } from '../sim/cluster.ts';
import { transactionalClient } from '../sim/transactions/client.ts';
import type { TransactionRules } from '../sim/coordinators/internal-topics.ts';
import type { OnProducer } from './world.ts';

const STATE_REPLICAS = 3;

/** How the modelled Kafka of this version does the transactions of a scenario, or of its copiers; null where it has none. */
export function transactionRulesOf(scenario: Scenario, kafka: string | undefined): TransactionRules | null {
  const { brokers, producer } = scenario;
  if (producer.transactions === undefined && !isCopying(scenario)) return null;
  return {
    log: {
      partitions: brokers,
      replicationFactor: Math.min(STATE_REPLICAS, brokers),
      minInsyncReplicas: stateMinInsyncReplicasOf(scenario),
    },
    verifies: !isBefore(kafka, 3, 6),
    strictMarkers: !isBefore(kafka, 4, 3),
  };
}

/** A worker of the model that writes in the transactions of the scenario. */
export function openModelledTransactional(
  cluster: Cluster,
  {
    scenario,
    place,
    worker,
    onProducer,
  }: {
    scenario: Scenario;
    /** What transactional ids are made of. */
    place: { topic: string; seed: number };
    worker: number;
    onProducer: OnProducer;
  },
): TransactionalClient {
  const { transactions, ...producer } = scenario.producer;
  if (transactions === undefined) throw new TypeError('the scenario has no transactions');
  const { timeoutMs, version = 1, retryEnd, keepProducer, instances } = transactions;
  return transactionalClient(cluster, {
    worker,
    ...producer,
    acks: 'all',
    outcomeOf,
    suspectsLeader,
    outcomeOfEnd,
    mayPassAtCoordinator,
    nameOfTransactionCode,
    transactions: {
      transactionalId: transactionalIdOf(place, worker, instances),
      timeoutMs,
      version,
      retryEnd,
      keepProducer,
      onProducer,
    },
  });
}

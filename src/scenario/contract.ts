import type { Contract } from '../history/run.ts';
import type { Scenario } from './schema.ts';

/** What a scenario asks Kafka to guarantee. */
export function contractOf({ topic, producer, brokerSettings }: Scenario): Contract {
  const { minInsyncReplicas, replicationFactor, uncleanLeaderElection } = topic;
  const flushMessages = Number(brokerSettings['log.flush.interval.messages'] ?? Number.NaN);
  return {
    acks: producer.acks,
    minInsyncReplicas,
    replicationFactor,
    uncleanLeaderElection,
    idempotence: producer.idempotence,
    clientRetries: producer.retries > 0,
    ...(Number.isSafeInteger(flushMessages) && { flushMessages }),
  };
}

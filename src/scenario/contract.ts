import type { Contract } from '../history/run.ts';
import { isIdempotent, mayRetry } from './client.ts';
import type { Scenario } from './schema.ts';

/** What a scenario asks Kafka to guarantee. */
export function contractOf(scenario: Scenario): Contract {
  const { topic, producer, brokerSettings } = scenario;
  const { minInsyncReplicas, replicationFactor, uncleanLeaderElection } = topic;
  const flushMessages = Number(brokerSettings['log.flush.interval.messages'] ?? Number.NaN);
  return {
    acks: producer.acks,
    minInsyncReplicas,
    replicationFactor,
    uncleanLeaderElection,
    idempotence: isIdempotent(scenario),
    clientRetries: mayRetry(scenario),
    ...(Number.isSafeInteger(flushMessages) && { flushMessages }),
  };
}

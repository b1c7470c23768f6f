import { NS_PER_MS, realClock, type Clock } from '../../core/clock.ts';
import { EXIT, Failure, messageOf } from '../../core/failure.ts';
import { asThrown, Kafka, quiet, type Thrown } from './kafkajs.ts';

/** As `TopicSettings` in db/db.ts, as far as a topic is made of it. */
export interface NewTopic {
  name: string;
  partitions: number;
  replicationFactor: number;
  minInsyncReplicas: number;
  uncleanLeaderElection: boolean;
}

const GIVE_UP_AFTER_MS = 20_000;
const PAUSE_MS = 300;

/**
 * Makes the topic and waits until every partition has a leader. A cluster that has just started may not know all its
 * brokers yet, or have no controller; that passes, and is waited for.
 * @throws Failure
 */
export async function createTopic(
  brokers: readonly string[],
  topic: NewTopic,
  clock: Clock = realClock(),
): Promise<void> {
  const giveUpNs = clock.nowNs() + GIVE_UP_AFTER_MS * NS_PER_MS;
  for (;;) {
    try {
      return await tryOnce(brokers, topic);
    } catch (thrown) {
      if (thrown instanceof Failure) throw thrown;
      if (clock.nowNs() < giveUpNs && passes(thrown)) {
        await clock.sleep(PAUSE_MS);
        continue;
      }
      throw new Failure(`The topic ${topic.name} could not be made: ${explain(thrown)}.`, {
        hint: `Check that ${brokers.join(', ')} can be reached, and that the cluster has ${topic.replicationFactor} brokers. See the brokers' logs.`,
        cause: thrown,
      });
    }
  }
}

async function tryOnce(brokers: readonly string[], topic: NewTopic): Promise<void> {
  const kafka = new Kafka({
    clientId: 'kept',
    brokers: [...brokers],
    logCreator: quiet,
    retry: { retries: 3 },
  });
  const admin = kafka.admin();
  try {
    await admin.connect();
    const made = await admin.createTopics({
      topics: [
        {
          topic: topic.name,
          numPartitions: topic.partitions,
          replicationFactor: topic.replicationFactor,
          configEntries: [
            { name: 'min.insync.replicas', value: String(topic.minInsyncReplicas) },
            { name: 'unclean.leader.election.enable', value: String(topic.uncleanLeaderElection) },
            // Nothing is to leave the log but by the faults.
            { name: 'retention.ms', value: '-1' },
          ],
        },
      ],
    });
    if (!made) {
      throw new Failure(`The topic ${topic.name} exists already.`, {
        hint: 'A run needs a topic of its own: what others wrote would be reported as phantoms. Choose another name.',
        exitStatus: EXIT.usage,
      });
    }
  } finally {
    await admin.disconnect().catch(() => undefined); // what went wrong before counts
  }
}

const PASSING = new Set([
  'INVALID_REPLICATION_FACTOR',
  'NOT_CONTROLLER',
  'REQUEST_TIMED_OUT',
  'LEADER_NOT_AVAILABLE',
  'UNKNOWN_TOPIC_OR_PARTITION',
]);

/** Whether the next attempt may succeed: the cluster is not reachable yet, or not complete. */
function passes(thrown: unknown): boolean {
  const types = innermost(thrown).map(({ type }) => type);
  return types.every((type) => type === undefined || PASSING.has(type));
}

function explain(thrown: unknown): string {
  return innermost(thrown)
    .map((cause) => cause.type ?? messageOf(cause))
    .join(', ');
}

/** The library gathers errors in aggregates and wraps them as causes. */
function innermost(thrown: unknown): Thrown[] {
  const error = asThrown(thrown);
  if (error.errors !== undefined) return error.errors.flatMap(innermost);
  return error.cause === undefined ? [error] : innermost(error.cause);
}

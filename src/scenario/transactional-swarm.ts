import { seededRandom, type Random } from '../core/random.ts';
import { chance, weighted } from './drawing.ts';
import { scenarioSchema, type ScenarioInput } from './schema.ts';
import type { Draw } from './swarm.ts';
import { drawCluster, drawLoad, drawStrikesAndCuts, drawTimeouts, drawTopic } from './swarm-parts.ts';

/**
 * A small scenario in transactions from a seed, as `drawScenario` draws one without: some faults left out, the rest mixed in
 * proportions of its own. Client and brokers lose each other more often than there, for less time than anybody takes for
 * a failure but the client: so requests come late, when the client has asked again on another connection.
 *
 * @param version of the transactions; all else is the same in both.
 */
export function drawTransactionalScenario(seed: number, version: 1 | 2): Draw {
  const random = seededRandom(seed).fork('transactional swarm');
  const { mode, brokers } = drawCluster(random);
  const topic = drawTopic(random, brokers, () => 1 + random.int(4));
  const phases = {
    warmUpMs: random.pick([0, 200, 1_000]),
    faultsMs: random.pick([2_000, 5_000, 9_000]),
    recoveryMs: random.pick([0, 500, 2_000]),
  };
  const producer = drawProducer(random, version);
  const { requestTimeoutMs } = producer;
  const script = drawStrikesAndCuts(random, {
    phases,
    brokers,
    partitions: topic.partitions,
    requestTimeoutMs,
  });
  const scenario = scenarioSchema.parse({
    name: `transactional-seed-${seed}`,
    title: `Drawn from seed ${seed}, in transactions of version ${version}`,
    brokers,
    kraftMode: mode === 'zookeeper' ? 'kraft-combined' : mode,
    detection: chance(random, 0.85) ? 'short' : 'original',
    topic,
    producer,
    load: drawLoad(random, phases).load,
    phases,
    ...drawConsumers(random),
    nemesis: { script: [...script], keepBrokersUp: Math.min(random.int(3), brokers - 1) },
  } satisfies ScenarioInput);
  return { scenario, schedule: script, mode };
}

function drawProducer(random: Random, version: 1 | 2) {
  return {
    acks: 'all' as const,
    ...drawTimeouts(random),
    transactions: {
      requestsPerTransaction: random.pick([1, 2, 3, 5, 8]),
      abortShare: random.pick([0, 0.25, 0.5]),
      timeoutMs: random.pick([1_000, 3_000, 10_000]),
      version,
      retryEnd: chance(random, 0.65),
      keepProducer: chance(random, 0.4),
    },
  };
}

/** Mostly none; else those that promise to hand out what is committed. */
function drawConsumers(random: Random): Pick<ScenarioInput, 'consumers' | 'consumer'> {
  const consumers = weighted(random, [
    [0, 5],
    [1, 2],
    [2, 1],
  ]);
  if (consumers === 0) return { consumers };
  return {
    consumers,
    consumer: {
      library: 'java',
      isolation: 'read_committed',
      when: random.pick(['meanwhile', 'afterwards'] as const),
    },
  };
}

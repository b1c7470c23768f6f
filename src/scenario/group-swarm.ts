import { seededRandom, type Random } from '../core/random.ts';
import { chance, weighted } from './drawing.ts';
import { CHURN_KINDS } from './group-schema.ts';
import { scenarioSchema, type Scenario, type ScenarioInput } from './schema.ts';
import type { Draw } from './swarm.ts';
import { drawCluster, drawLoad, drawStrikesAndCuts, drawTimeouts, drawTopic } from './swarm-parts.ts';

/**
 * A small scenario with a consumer group from a seed, as `drawScenario` draws one without: members that come and go while
 * brokers do, and that commit by themselves, after their work, or in transactions in which they copy what they are handed.
 * Part of the loads are over early, so that nothing is committed any more while coordinators change. All transactions are of
 * version 2, in which nothing may be found.
 */
export function drawGroupScenario(seed: number): Draw {
  const random = seededRandom(seed).fork('group swarm');
  const { mode, brokers } = drawCluster(random);
  const commit = weighted(random, [
    ['manual', 5],
    ['transaction', 4],
    ['automatic', 2],
  ] as const);
  const isCopying = commit === 'transaction';
  // The first half of the partitions is what is copied.
  const topic = drawTopic(random, brokers, () => (isCopying ? random.pick([2, 4]) : 1 + random.int(4)));
  const phases = {
    warmUpMs: random.pick([0, 500, 2_000]),
    faultsMs: random.pick([4_000, 8_000, 14_000]),
    recoveryMs: random.pick([0, 500, 2_000]),
  };
  const producer = drawProducer(random, { isCopying });
  const { requestTimeoutMs } = producer;
  const script = drawStrikesAndCuts(random, {
    phases,
    brokers,
    partitions: topic.partitions,
    requestTimeoutMs,
  });
  const scenario = scenarioSchema.parse({
    name: `group-seed-${seed}`,
    title: `Drawn from seed ${seed}, with a consumer group`,
    brokers,
    kraftMode: mode === 'zookeeper' ? 'kraft-combined' : mode,
    detection: chance(random, 0.85) ? 'short' : 'original',
    topic,
    producer,
    load: drawGroupLoad(random, phases),
    phases,
    consumer: {
      library: 'java',
      isolation: isCopying || chance(random, 0.5) ? 'read_committed' : 'read_uncommitted',
    },
    group: {
      members: random.pick([1, 2, 2, 3]),
      commit,
      staticMembership: chance(random, 0.25),
      sessionTimeoutMs: random.pick([1_000, 2_000, 3_000]),
      transactions: { timeoutMs: random.pick([1_000, 3_000, 10_000]), version: 2 },
      churn: drawChurn(random),
    },
    nemesis: { script: [...script], keepBrokersUp: Math.min(random.int(3), brokers - 1) },
  } satisfies ScenarioInput);
  return { scenario, schedule: script, mode };
}

function drawProducer(random: Random, { isCopying }: { isCopying: boolean }) {
  const timeouts = drawTimeouts(random);
  const transactions = {
    requestsPerTransaction: random.pick([1, 2, 5]),
    abortShare: random.pick([0, 0.25, 0.5]),
    timeoutMs: random.pick([1_000, 3_000, 10_000]),
    version: 2 as const,
  };
  return {
    acks: isCopying || chance(random, 0.8) ? ('all' as const) : (1 as const),
    ...timeouts,
    ...(chance(random, 0.3) && { acks: 'all' as const, transactions }),
  };
}

/** Either as long as the run, or over when part of it is. */
function drawGroupLoad(random: Random, phases: Scenario['phases']) {
  const { writes, load } = drawLoad(random, phases);
  if (chance(random, 0.5)) return load;
  return { ...load, ratePerSecond: random.pick([2, 4, 8]) * load.ratePerSecond, count: writes };
}

function drawChurn(random: Random) {
  if (chance(random, 0.35)) return null;
  const mix = CHURN_KINDS.filter((kind) => chance(random, kind === 'pause' ? 0.7 : 0.4));
  return {
    mix: mix.length > 0 ? mix : [random.pick(CHURN_KINDS)],
    meanIntervalMs: random.pick([500, 1_500, 3_000]),
    meanAwayMs: random.pick([0, 300, 2_000]),
  };
}

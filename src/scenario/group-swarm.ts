import { seededRandom, type Random } from '../core/random.ts';
import { chance, weighted } from './drawing.ts';
import { CHURN_KINDS } from './group-schema.ts';
import { scenarioSchema, type Scenario, type ScenarioInput } from './schema.ts';
import type { Draw } from './swarm.ts';
import { drawStrikesAndCuts } from './transactional-swarm.ts';

/**
 * A small scenario with a consumer group from a seed, as `drawScenario` draws one without: members that come and go while
 * brokers do, and that commit by themselves, after their work, or in transactions in which they copy what they are handed.
 * Part of the loads are over early, so that nothing is committed any more while coordinators change. All transactions are of
 * version 2, in which nothing may be found.
 */
export function drawGroupScenario(seed: number): Draw {
  const random = seededRandom(seed).fork('group swarm');
  const mode = random.pick(['zookeeper', 'kraft-combined', 'kraft-separate'] as const);
  const brokers = weighted(random, [
    [1, 1],
    [3, 14],
    [5, 2],
  ]);
  const commit = weighted(random, [
    ['manual', 5],
    ['transaction', 4],
    ['automatic', 2],
  ] as const);
  const isCopying = commit === 'transaction';
  const topic = drawTopic(random, { brokers, isCopying });
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
    load: drawLoad(random, phases),
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

/** The first half of the partitions is what is copied. */
function drawTopic(random: Random, { brokers, isCopying }: { brokers: number; isCopying: boolean }) {
  const replicationFactor = chance(random, 0.9) ? Math.min(3, brokers) : 1;
  return {
    partitions: isCopying ? random.pick([2, 4]) : 1 + random.int(4),
    replicationFactor,
    minInsyncReplicas: chance(random, 0.8) ? Math.min(2, replicationFactor) : 1,
    uncleanLeaderElection: chance(random, 0.05),
  };
}

function drawProducer(random: Random, { isCopying }: { isCopying: boolean }) {
  const requestTimeoutMs = random.pick([300, 600, 1_500]);
  const transactions = {
    requestsPerTransaction: random.pick([1, 2, 5]),
    abortShare: random.pick([0, 0.25, 0.5]),
    timeoutMs: random.pick([1_000, 3_000, 10_000]),
    version: 2 as const,
  };
  return {
    acks: isCopying || chance(random, 0.8) ? ('all' as const) : (1 as const),
    requestTimeoutMs,
    produceTimeoutMs: Math.round(requestTimeoutMs / 2),
    ...(chance(random, 0.3) && { acks: 'all' as const, transactions }),
  };
}

/** Either as long as the run, or over when part of it is. */
function drawLoad(random: Random, phases: Scenario['phases']) {
  const writes = 60 + random.int(140);
  const seconds = (phases.warmUpMs + phases.faultsMs + phases.recoveryMs) / 1_000;
  const shape = {
    workers: 1 + random.int(3),
    inFlight: random.pick([1, 1, 2, 4]),
    recordsPerRequest: weighted(random, [
      [1, 6],
      [3, 1],
    ]),
  };
  const ratePerSecond = Math.max(1, Math.round(writes / seconds));
  if (chance(random, 0.5)) return { ...shape, ratePerSecond };
  return { ...shape, ratePerSecond: random.pick([2, 4, 8]) * ratePerSecond, count: writes };
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

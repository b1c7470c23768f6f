import { seededRandom, type Random } from '../core/random.ts';
import { drawSchedule, SWARM_MIX, type MixKind, type Schedule, type Strike } from '../nemesis/schedule.ts';
import { brokersToDraw } from './brokers-needed.ts';
import { chance, weighted } from './drawing.ts';
import { scenarioSchema, type Scenario, type ScenarioInput } from './schema.ts';
import type { Draw } from './swarm.ts';

/**
 * A small scenario in transactions from a seed, as `drawScenario` draws one without: some faults left out, the rest mixed in
 * proportions of its own. Client and brokers lose each other more often than there, for less time than anybody takes for
 * a failure but the client: so requests come late, when the client has asked again on another connection.
 *
 * @param version of the transactions; all else is the same in both.
 */
export function drawTransactionalScenario(seed: number, version: 1 | 2): Draw {
  const random = seededRandom(seed).fork('transactional swarm');
  const mode = random.pick(['zookeeper', 'kraft-combined', 'kraft-separate'] as const);
  const brokers = weighted(random, [
    [1, 1],
    [3, 14],
    [5, 2],
  ]);
  const topic = drawTopic(random, brokers);
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
    load: drawLoad(random, phases),
    phases,
    ...drawConsumers(random),
    nemesis: { script: [...script], keepBrokersUp: Math.min(random.int(3), brokers - 1) },
  } satisfies ScenarioInput);
  return { scenario, schedule: script, mode };
}

function drawTopic(random: Random, brokers: number) {
  const replicationFactor = chance(random, 0.9) ? Math.min(3, brokers) : 1;
  return {
    partitions: 1 + random.int(4),
    replicationFactor,
    minInsyncReplicas: chance(random, 0.8) ? Math.min(2, replicationFactor) : 1,
    uncleanLeaderElection: chance(random, 0.05),
  };
}

function drawProducer(random: Random, version: 1 | 2) {
  const requestTimeoutMs = random.pick([300, 600, 1_500]);
  return {
    acks: 'all' as const,
    requestTimeoutMs,
    produceTimeoutMs: Math.round(requestTimeoutMs / 2),
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

function drawLoad(random: Random, phases: Scenario['phases']) {
  const writes = 60 + random.int(140);
  const seconds = (phases.warmUpMs + phases.faultsMs + phases.recoveryMs) / 1_000;
  return {
    workers: 1 + random.int(3),
    inFlight: random.pick([1, 1, 2, 4]),
    recordsPerRequest: weighted(random, [
      [1, 6],
      [3, 1],
    ]),
    ratePerSecond: Math.max(1, Math.round(writes / seconds)),
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

/** Faults of a few kinds, mixed at random, and workers that lose brokers for a moment. */
export function drawStrikesAndCuts(
  random: Random,
  run: { phases: Scenario['phases']; brokers: number; partitions: number; requestTimeoutMs: number },
): Schedule {
  const { faultsMs } = run.phases;
  const count = weighted(random, [
    [0, 2],
    [1, 4],
    [2, 4],
    [3, 2],
  ]);
  const streams = Array.from({ length: count }, (_, stream) => {
    const settings = {
      mix: drawMix(random, run.brokers),
      meanIntervalMs: random.pick([100, 800, 3_000]),
      meanDurationMs: random.pick([300, 1_000, 3_000, 6_000]),
      keepBrokersUp: 0,
    };
    return drawSchedule(settings, faultsMs, random.fork(`stream-${stream}`));
  });
  const cuts = chance(random, 0.8) ? drawCuts(random, { ...run, faultsMs }) : [];
  return [...streams.flat(), ...cuts]
    .toSorted((a, b) => a.atMs - b.atMs)
    .slice(0, STRIKES_MAX)
    .map((strike, index) => {
      const { fault } = strike;
      const partition = random.int(run.partitions);
      const aimed = 'target' in fault && fault.kind !== 'requests' ? { ...fault, partition } : fault;
      return { ...strike, id: `fault-${index + 1}`, fault: aimed };
    });
}

const STRIKES_MAX = 8;

const CUT_MS_MIN = 200;

/** Workers lose single brokers for a little longer than they wait for an answer; the last time until the faults end. */
function drawCuts(
  random: Random,
  { faultsMs, brokers, requestTimeoutMs }: { faultsMs: number; brokers: number; requestTimeoutMs: number },
): Strike[] {
  const strikes: Strike[] = [];
  for (let atMs = random.exponential(300); ;) {
    const forMs = Math.round(requestTimeoutMs + random.pick([200, 1_000, 2_000]) * (0.5 + random.float()));
    if (atMs >= faultsMs - CUT_MS_MIN) return strikes;
    strikes.push({
      id: '',
      atMs: Math.round(atMs),
      fault: {
        kind: 'cut',
        from: 'client',
        to: `kafka${1 + random.int(brokers)}`,
        direction: random.pick(['both', 'both', 'outbound']),
      },
      forMs: Math.min(forMs, Math.round(faultsMs - atMs)),
    });
    atMs += forMs + random.exponential(500);
  }
}

function drawMix(random: Random, brokers: number): MixKind[] {
  const possible = SWARM_MIX.filter((kind) => brokers >= brokersToDraw(kind) && kind !== 'power-loss');
  const mix = possible.filter(() => chance(random, 0.4));
  if (chance(random, 0.05)) mix.push('power-loss');
  return mix.length > 0 ? mix : [random.pick(possible)];
}

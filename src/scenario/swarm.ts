import { seededRandom, type Random } from '../core/random.ts';
import { drawSchedule, SWARM_MIX, type MixKind, type Schedule, type Strike } from '../nemesis/schedule.ts';
import { brokersToDraw } from './brokers-needed.ts';
import { chance, weighted } from './drawing.ts';
import { scenarioSchema, type Scenario, type ScenarioInput } from './schema.ts';

/**
 * A whole small scenario from a seed: swarm testing (Groce and others, 2012). Each draw leaves most features out
 * altogether and mixes the rest in its own proportions. That finds more than one scenario with everything in it,
 * where faults hide each other: a cluster that is always partitioned never gets as far as a wrong truncation.
 *
 * A run has about 200 writes, so that thousands of seeds take minutes.
 */
export interface Draw {
  scenario: Scenario;
  /** The same as the scenario's script. */
  schedule: Schedule;
  /** How the cluster keeps its metadata. */
  mode: 'zookeeper' | Scenario['kraftMode'];
}

/** The same seed gives the same draw, anywhere. */
export function drawScenario(seed: number): Draw {
  const random = seededRandom(seed).fork('swarm');
  const mode = random.pick(['zookeeper', 'kraft-combined', 'kraft-separate'] as const);
  const brokers = weighted(random, [
    [1, 1],
    [2, 2],
    [3, 12],
    [4, 2],
    [5, 3],
  ]);
  const topic = drawTopic(random, brokers);
  const phases = {
    warmUpMs: random.pick([0, 200, 1_000]),
    faultsMs: random.pick([2_000, 5_000, 9_000, 14_000]),
    recoveryMs: random.pick([0, 500, 3_000]),
  };
  const load = drawLoad(random, phases);
  const script = drawStrikes(random, { phases, brokers, partitions: topic.partitions, load });
  const scenario = scenarioSchema.parse({
    name: `seed-${seed}`,
    title: `Drawn from seed ${seed}`,
    brokers,
    kraftMode: mode === 'zookeeper' ? 'kraft-combined' : mode,
    detection: chance(random, 0.85) ? 'short' : 'original',
    topic,
    producer: drawProducer(random),
    load,
    phases,
    consumers: drawConsumers(random.fork('consumers')),
    // The model writes no control records, so that it may be held to this as well.
    dense: chance(random.fork('dense'), 0.5),
    // Power that fails takes unflushed records with it; a broker that flushes each record keeps them.
    brokerSettings: chance(random, 0.1) ? { 'log.flush.interval.messages': '1' } : {},
    nemesis: { script: [...script], keepBrokersUp: Math.min(random.int(3), brokers - 1) },
  } satisfies ScenarioInput);
  return { scenario, schedule: script, mode };
}

function drawTopic(random: Random, brokers: number) {
  const replicationFactor = chance(random, 0.7) ? Math.min(3, brokers) : 1 + random.int(brokers);
  return {
    partitions: weighted(random, [
      [1, 4],
      [2, 1],
      [3, 1],
    ]),
    replicationFactor,
    minInsyncReplicas: Math.min(1 + random.int(replicationFactor), replicationFactor),
    uncleanLeaderElection: chance(random, 0.15),
  };
}

function drawProducer(random: Random) {
  const acks = weighted<Scenario['producer']['acks']>(random, [
    ['all', 6],
    [1, 3],
    [0, 1],
  ]);
  const requestTimeoutMs = random.pick([600, 1_500, 3_000]);
  return {
    acks,
    idempotence: acks === 'all' && chance(random, 0.4),
    retries: chance(random, 0.4) ? 1 + random.int(6) : 0,
    requestTimeoutMs,
    produceTimeoutMs: Math.round(requestTimeoutMs / 2),
  };
}

/** Mostly none: each is more work, and what they see is only worth something where something else goes wrong. */
function drawConsumers(random: Random): number {
  return weighted(random, [
    [0, 6],
    [1, 2],
    [2, 1],
  ]);
}

/** Either spread over the whole run, or in one burst, in which writes race with each other and with the faults. */
function drawLoad(
  random: Random,
  phases: Scenario['phases'],
): Omit<Scenario['load'], 'count'> & { count?: number } {
  const writes = 100 + random.int(200);
  const seconds = (phases.warmUpMs + phases.faultsMs + phases.recoveryMs) / 1_000;
  const shape = {
    workers: 1 + random.int(6),
    inFlight: random.pick([1, 1, 2, 5]),
    recordBytes: random.pick([80, 128, 700]),
    recordsPerRequest: weighted(random.fork('records'), [
      [1, 6],
      [3, 1],
      [20, 1],
    ]),
  };
  if (chance(random, 0.3)) {
    const ratePerSecond = random.pick([100, 300, 800]);
    return { ...shape, ratePerSecond, count: writes };
  }
  return { ...shape, ratePerSecond: Math.max(1, Math.round(writes / seconds)) };
}

/**
 * Up to three independent streams of faults, each of a few kinds and with its own pace, so that faults overlap: many
 * a loss needs a second one before the first is over.
 */
function drawStrikes(
  random: Random,
  run: {
    phases: Scenario['phases'];
    brokers: number;
    partitions: number;
    load: { ratePerSecond: number | null; count?: number };
  },
): Schedule {
  const streams = weighted(random, [
    [0, 1],
    [1, 8],
    [2, 8],
    [3, 4],
  ]);
  const strikes = Array.from({ length: streams }, (_, stream) => {
    // A fault that no write meets tests nothing.
    const shortestMs = 6_000 / (run.load.ratePerSecond ?? 1_000);
    const settings = {
      mix: drawMix(random, run.brokers),
      meanIntervalMs: random.pick([100, 800, 3_000]),
      meanDurationMs: Math.max(random.pick([150, 800, 3_000, 6_000]), shortestMs),
      keepBrokersUp: 0,
    };
    const drawn = drawSchedule(settings, run.phases.faultsMs, random.fork(`stream-${stream}`));
    return drawn.slice(0, STRIKES_MAX);
  });
  return strikes
    .flat()
    .toSorted((a, b) => a.atMs - b.atMs)
    .slice(0, STRIKES_MAX)
    .map((strike, index) => adapt({ ...strike, id: `fault-${index + 1}` }, random, run));
}

const STRIKES_MAX = 8;

/** A burst is over in a moment: its faults wait for writes instead of for the clock. */
function adapt(
  strike: Strike,
  random: Random,
  { load: { count }, brokers, partitions }: Parameters<typeof drawStrikes>[1],
): Strike {
  const { fault } = brokers === 1 ? ofOnly(strike) : strike;
  const aimed = 'target' in fault && partitions > 1 ? { ...fault, partition: random.int(partitions) } : fault;
  if (count === undefined) return { ...strike, fault: aimed };
  return { ...strike, fault: aimed, afterWrites: random.int(count), atMs: random.int(20) };
}

/** Where there is one broker it has no followers. */
function ofOnly(strike: Strike): Strike {
  const { fault } = strike;
  return 'target' in fault ? { ...strike, fault: { ...fault, target: 'broker' } } : strike;
}

/** Most kinds are left out entirely. */
function drawMix(random: Random, brokers: number): MixKind[] {
  const probability = random.pick([0.15, 0.3, 0.6]);
  const possible = SWARM_MIX.filter((kind) => brokers >= brokersToDraw(kind));
  const mix = possible.filter(() => chance(random, probability));
  return mix.length > 0 ? mix : [random.pick(possible)];
}

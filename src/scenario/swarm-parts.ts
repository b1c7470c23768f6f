import type { Random } from '../core/random.ts';
import { drawSchedule, SWARM_MIX, type MixKind, type Schedule, type Strike } from '../nemesis/schedule.ts';
import { brokersToDraw } from './brokers-needed.ts';
import { chance, weighted } from './drawing.ts';
import type { Scenario } from './schema.ts';

/** What small scenarios have in common that are drawn from a seed in transactions, or with a consumer group. */

export function drawCluster(random: Random) {
  const mode = random.pick(['zookeeper', 'kraft-combined', 'kraft-separate'] as const);
  const brokers = weighted(random, [
    [1, 1],
    [3, 14],
    [5, 2],
  ]);
  return { mode, brokers };
}

export function drawTopic(random: Random, brokers: number, drawPartitions: () => number) {
  const replicationFactor = chance(random, 0.9) ? Math.min(3, brokers) : 1;
  return {
    partitions: drawPartitions(),
    replicationFactor,
    minInsyncReplicas: chance(random, 0.8) ? Math.min(2, replicationFactor) : 1,
    uncleanLeaderElection: chance(random, 0.05),
  };
}

/** So long a client waits, and half of that a broker for its followers. */
export function drawTimeouts(random: Random) {
  const requestTimeoutMs = random.pick([300, 600, 1_500]);
  return { requestTimeoutMs, produceTimeoutMs: Math.round(requestTimeoutMs / 2) };
}

/** @returns so many writes, and a load that takes as long as the run for them. */
export function drawLoad(random: Random, phases: Scenario['phases']) {
  const writes = 60 + random.int(140);
  const seconds = (phases.warmUpMs + phases.faultsMs + phases.recoveryMs) / 1_000;
  const load = {
    workers: 1 + random.int(3),
    inFlight: random.pick([1, 1, 2, 4]),
    recordsPerRequest: weighted(random, [
      [1, 6],
      [3, 1],
    ]),
    ratePerSecond: Math.max(1, Math.round(writes / seconds)),
  };
  return { writes, load };
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

import { NS_PER_MS } from '../../core/clock.ts';
import { seededRandom, type Random } from '../../core/random.ts';
import { seconds } from '../../core/words.ts';
import { drawSchedule, scheduleOfScript, type MixKind, type Schedule } from '../../nemesis/schedule.ts';
import { isCopying } from '../../scenario/copying.ts';
import { mayRetry } from '../../scenario/client.ts';
import { recordsThatFit } from '../../scenario/fits.ts';
import type { Scenario } from '../../scenario/schema.ts';
import { RATE_FACTORS, rateTimes, SIZE_FACTORS, sizeTimes } from '../../scenario/soak-load.ts';

/** One period of a soak, before it begins. */
export interface PeriodPlan {
  /** Counts from 1. */
  period: number;
  seed: number;
  scenario: Scenario;
  schedule: Schedule;
  /** The kinds of faults that may strike; empty where the period is quiet. */
  kinds: readonly string[];
  /** The load in a few words: `500 writes/s, 1,024 bytes, 3 partitions, in bursts`. */
  load: string;
}

/**
 * Long enough to be forgotten as a producer (see the scenario "soak"), in a period that is long enough itself. Brokers remember
 * idempotent producers only.
 */
const PAUSES = { everyMs: 20_000, forMs: 5_000 } as const;
const BURSTS = { everyMs: 2_000, forMs: 400 } as const;

/** The period of this number: the same for the same scenario and seed, whatever happened before it. */
export function drawPeriod(scenario: Scenario, seed: number, period: number): PeriodPlan {
  const random = seededRandom(seed).fork(`period-${period}`);
  const { schedule, kinds, nemesis } = drawFaults(scenario, random.fork('faults'));
  const { load, partitions, producer, words } = drawLoad(scenario, random.fork('load'));
  const { soak: _, ...rest } = scenario;
  return {
    period,
    seed: random.fork('seed').int(2 ** 31),
    scenario: {
      ...rest,
      title: `Period ${period}: ${kinds.length === 0 ? 'quiet' : kinds.join(', ')}`,
      topic: { ...scenario.topic, partitions },
      producer,
      load,
      nemesis,
      phases: { ...scenario.phases, faultsMs: lengthOf(schedule, scenario.phases.faultsMs) },
    },
    schedule,
    kinds,
    load: words,
  };
}

/** Nothing more comes after the last heal, and what is provable by then should be told soon. */
function lengthOf(schedule: Schedule, faultsMs: number): number {
  const ends = schedule.map(({ atMs, forMs }) => (forMs === null ? faultsMs : atMs + forMs));
  return ends.length === 0 ? faultsMs : Math.min(faultsMs, Math.ceil(Math.max(...ends)));
}

function drawFaults(
  { nemesis, phases, soak }: Scenario,
  random: Random,
): { schedule: Schedule; kinds: string[]; nemesis: Scenario['nemesis'] } {
  const isQuiet = random.float() < (soak?.quietShare ?? 0);
  if (isQuiet) return { schedule: [], kinds: [], nemesis: { script: [], keepBrokersUp: 0 } };
  if (!('random' in nemesis)) {
    const schedule = scheduleOfScript(nemesis.script);
    return { schedule, kinds: [...new Set(schedule.map(({ fault }) => fault.kind))], nemesis };
  }
  const { mix, meanIntervalMs, meanDurationMs } = nemesis.random;
  const probability = random.pick([0.2, 0.4, 0.8]);
  const drawn = mix.filter(() => random.float() < probability);
  const kinds: MixKind[] = drawn.length > 0 ? drawn : [random.pick(mix)];
  const settings = {
    ...nemesis.random,
    mix: kinds,
    meanIntervalMs: meanIntervalMs * random.pick([0.5, 1, 2]),
    meanDurationMs: meanDurationMs * random.pick([0.5, 1, 2]),
  };
  return {
    schedule: drawSchedule(settings, phases.faultsMs, random.fork('schedule')),
    kinds,
    nemesis: { random: settings },
  };
}

function drawLoad(scenario: Scenario, random: Random) {
  const { load, topic, producer, phases, brokerSettings } = scenario;
  const { ratePerSecond, recordBytes } = load;
  const rate = ratePerSecond === null ? null : rateTimes(ratePerSecond, random.pick(RATE_FACTORS));
  const bytes = sizeTimes(recordBytes, random.pick(SIZE_FACTORS));
  // Where the first half is copied to the second there are pairs of them.
  const together = isCopying(scenario) ? 2 : 1;
  const partitions =
    random.float() < 0.5 ? topic.partitions : together * (1 + random.int(topic.partitions / together));
  const shape = random.pick(['even', 'even', 'bursts', 'pauses'] as const);
  const isLong = phases.warmUpMs + phases.faultsMs > 2 * PAUSES.everyMs;
  const bursts =
    rate === null || shape === 'even' ? undefined : shape === 'pauses' && isLong ? PAUSES : BURSTS;
  // With weaker acks there are no such producers, and one that sends again must not be forgotten meanwhile.
  const isForgotten = bursts === PAUSES && producer.acks === 'all' && !mayRetry(scenario);
  const { bursts: _, ...even } = load;
  return {
    load: {
      ...even,
      ratePerSecond: rate,
      recordBytes: bytes,
      recordsPerRequest: Math.min(even.recordsPerRequest, recordsThatFit(bytes, brokerSettings)),
      ...(bursts !== undefined && { bursts }),
    },
    partitions,
    producer: isForgotten ? { ...producer, idempotence: true } : producer,
    words: [
      rate === null ? 'full speed' : `${rate} writes/s`,
      `${bytes} bytes`,
      `${partitions} ${partitions === 1 ? 'partition' : 'partitions'}`,
      ...(bursts === undefined
        ? []
        : [`${seconds(bursts.forMs * NS_PER_MS)} of every ${seconds(bursts.everyMs * NS_PER_MS)}`]),
      ...(isForgotten ? ['idempotent'] : []),
    ].join(', '),
  };
}

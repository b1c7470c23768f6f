import type { Schedule, Strike } from '../nemesis/schedule.ts';
import { isCopying } from '../scenario/copying.ts';
import { CHURN_KINDS, type ChurnKind } from '../scenario/group-schema.ts';
import type { Scenario } from '../scenario/schema.ts';
import { bisect, minimize } from './ddmin.ts';

/** What is made smaller. */
export interface Case {
  scenario: Scenario;
  schedule: Schedule;
}

export interface ShrinkOptions {
  /** Whether a smaller case fails in the same way. */
  fails: (candidate: Case) => Promise<boolean>;
  /** Told of every case that is smaller and still fails. */
  onSmaller?: (smaller: Case) => void;
  /** How often to go through everything again, as long as that makes it smaller. */
  rounds: number;
  /** Where attempts are expensive: halve what can be counted until it passes, instead of looking for the border. */
  hasty?: boolean;
}

/**
 * The smallest case that still fails: first the schedule is thinned out by delta debugging, then nodes, workers,
 * writes and durations are brought down one after the other, and all of that again until nothing gets smaller. What
 * seemed needed at first often is not once something else is gone.
 *
 * @param start fails as it is; this is not tried again.
 */
export async function shrink(start: Case, options: ShrinkOptions): Promise<Case> {
  let best = start;
  const attempt = async (candidate: Case | null): Promise<boolean> => {
    if (candidate === null || !(await options.fails(candidate))) return false;
    best = candidate;
    options.onSmaller?.(candidate);
    return true;
  };
  for (let round = 0; round < options.rounds; round++) {
    const before = best;
    await minimize(best.schedule, (part) => attempt({ ...best, schedule: part }));
    for (const measure of [...MEASURES, ...strikeMeasures(best.schedule)]) {
      const most = measure.of(best);
      if (most === null || most <= measure.least) continue;
      const fails = (value: number) => attempt(measure.set(best, value));
      if (options.hasty === true) await halve(measure.least, most, fails);
      else if (measure.probe !== undefined) await probe(measure.probe, most, fails);
      else await bisect(measure.least, most, fails);
    }
    for (const simplify of SIMPLER) await attempt(simplify(best));
    if (best === before) break;
  }
  return best;
}

/** The smallest of the values that fails. */
async function probe(
  values: readonly number[],
  most: number,
  fails: (value: number) => Promise<boolean>,
): Promise<void> {
  for (const value of values) if (value < most && (await fails(value))) return;
}

async function halve(least: number, most: number, fails: (value: number) => Promise<boolean>): Promise<void> {
  for (let value = most; value > least;) {
    value = Math.max(least, Math.floor(value / 2));
    if (!(await fails(value))) return;
  }
}

/** Something that can be counted, and should be as small as possible. */
interface Measure {
  least: number;
  /** Null where a case does not have it. */
  of: (from: Case) => number | null;
  /** The case with another value; null where that makes no sense. */
  set: (from: Case, value: number) => Case | null;
  /** These values from the smallest on, instead of bisection: for what does not fail all the more for being larger. */
  probe?: readonly number[];
}

const MEASURES: readonly Measure[] = [
  {
    least: 1,
    of: ({ scenario }) => writesOf(scenario),
    set: (from, count) => withLoad(from, { count }),
    probe: [1, 2, 3, 4, 5, 6, 8, 10, 13, 16, 20, 25, 32, 40, 50, 65, 80, 100, 150, 200, 500, 1_000, 10_000],
  },
  ofPhase('warmUpMs'),
  ofPhase('recoveryMs'),
  ofPhase('faultsMs'),
  {
    least: 1,
    of: ({ scenario }) => scenario.load.ratePerSecond,
    set: (from, ratePerSecond) => withLoad(from, { ratePerSecond }),
    probe: [1, 2, 5, 10, 20, 50, 100, 200, 500],
  },
  {
    least: 1,
    of: ({ scenario }) => scenario.load.workers,
    set: (from, workers) => withLoad(from, { workers }),
  },
  {
    least: 1,
    of: ({ scenario }) => scenario.load.inFlight,
    set: (from, inFlight) => withLoad(from, { inFlight }),
  },
  {
    least: 1,
    of: ({ scenario }) => scenario.load.recordsPerRequest,
    set: (from, recordsPerRequest) => withLoad(from, { recordsPerRequest }),
  },
  {
    least: 1,
    of: ({ scenario }) => scenario.topic.partitions,
    set: (from, partitions) => withTopic(from, { partitions }),
  },
  {
    least: 1,
    of: ({ scenario }) => scenario.topic.replicationFactor,
    set: (from, replicationFactor) =>
      withTopic(from, {
        replicationFactor,
        minInsyncReplicas: Math.min(from.scenario.topic.minInsyncReplicas, replicationFactor),
      }),
  },
  { least: 1, of: ({ scenario }) => scenario.brokers, set: withBrokers },
  {
    least: 0,
    of: ({ scenario }) => scenario.consumers,
    set: withConsumers,
  },
  {
    least: 1,
    of: ({ scenario }) => scenario.producer.transactions?.requestsPerTransaction ?? null,
    set: (from, requestsPerTransaction) => withTransactions(from, { requestsPerTransaction }),
  },
  {
    least: 1,
    of: ({ scenario }) => scenario.group?.members ?? null,
    set: (from, members) => withGroup(from, { members }),
  },
  {
    least: 0,
    of: ({ scenario }) => scenario.producer.retries,
    set: (from, retries) => withProducer(from, { retries }),
  },
];

/** Each fault shorter, and earlier. */
function strikeMeasures(schedule: Schedule): Measure[] {
  const strikeOf = (from: Case, id: string) => from.schedule.find((strike) => strike.id === id);
  return schedule.flatMap(({ id }): Measure[] => [
    {
      least: 0,
      of: (from) => strikeOf(from, id)?.atMs ?? null,
      set: (from, atMs) => withStrike(from, id, { atMs }),
    },
    {
      least: 1,
      of: (from) => strikeOf(from, id)?.forMs ?? null,
      set: (from, forMs) => withStrike(from, id, { forMs }),
    },
  ]);
}

/** What is either there or not. Null where it is not. */
const SIMPLER: readonly ((from: Case) => Case | null)[] = [
  withoutTransactions,
  (from) => (isSet(from, 'keepProducer') ? withTransactions(from, { keepProducer: false }) : null),
  (from) => (isSet(from, 'retryEnd') ? withTransactions(from, { retryEnd: false }) : null),
  (from) => ((from.scenario.group?.churn ?? null) === null ? null : withGroup(from, { churn: null })),
  ...CHURN_KINDS.map((kind) => (from: Case) => withoutChurn(from, kind)),
  (from) =>
    from.scenario.group?.staticMembership === true ? withGroup(from, { staticMembership: false }) : null,
  (from) => (from.scenario.producer.idempotence ? withProducer(from, { idempotence: false }) : null),
  (from) =>
    from.scenario.topic.uncleanLeaderElection ? withTopic(from, { uncleanLeaderElection: false }) : null,
  (from) =>
    Object.keys(from.scenario.brokerSettings).length > 0
      ? { ...from, scenario: { ...from.scenario, brokerSettings: {} } }
      : null,
  (from) =>
    from.scenario.detection === 'short'
      ? null
      : { ...from, scenario: { ...from.scenario, detection: 'short' } },
];

function isSet({ scenario }: Case, name: 'keepProducer' | 'retryEnd'): boolean {
  return scenario.producer.transactions?.[name] === true;
}

function withoutTransactions(from: Case): Case | null {
  const { transactions, ...producer } = from.scenario.producer;
  return transactions === undefined ? null : { ...from, scenario: { ...from.scenario, producer } };
}

/** How many writes a scenario plans; null for a load without end. */
export function writesOf({ load, phases }: Scenario): number | null {
  const seconds = (phases.warmUpMs + phases.faultsMs + phases.recoveryMs) / 1_000;
  const inTime = load.ratePerSecond === null ? null : Math.ceil(load.ratePerSecond * seconds);
  return load.count ?? inTime;
}

function ofPhase(name: keyof Scenario['phases']): Measure {
  return {
    least: 0,
    of: ({ scenario }) => scenario.phases[name],
    set: (from, ms) => ({
      ...from,
      scenario: { ...from.scenario, phases: { ...from.scenario.phases, [name]: ms } },
    }),
  };
}

function withLoad(from: Case, change: Partial<Scenario['load']>): Case {
  return { ...from, scenario: { ...from.scenario, load: { ...from.scenario.load, ...change } } };
}

function withTopic(from: Case, change: Partial<Scenario['topic']>): Case | null {
  const topic = { ...from.scenario.topic, ...change };
  // One half is copied to the other.
  if (isCopying(from.scenario) && topic.partitions % 2 !== 0) return null;
  const highest = Math.max(
    0,
    ...from.schedule.map(({ fault }) => ('target' in fault ? (fault.partition ?? 0) : 0)),
  );
  if (highest >= topic.partitions) return null;
  return { ...from, scenario: { ...from.scenario, topic } };
}

function withProducer(from: Case, change: Partial<Scenario['producer']>): Case {
  return { ...from, scenario: { ...from.scenario, producer: { ...from.scenario.producer, ...change } } };
}

function withConsumers(from: Case, consumers: number): Case {
  const { consumer, ...scenario } = from.scenario;
  return {
    ...from,
    scenario: { ...scenario, consumers, ...(consumer !== undefined && consumers > 0 && { consumer }) },
  };
}

function withTransactions(
  from: Case,
  change: Partial<NonNullable<Scenario['producer']['transactions']>>,
): Case | null {
  const { transactions } = from.scenario.producer;
  return transactions === undefined
    ? null
    : withProducer(from, { transactions: { ...transactions, ...change } });
}

function withGroup(from: Case, change: Partial<NonNullable<Scenario['group']>>): Case | null {
  const { group } = from.scenario;
  return group === undefined
    ? null
    : { ...from, scenario: { ...from.scenario, group: { ...group, ...change } } };
}

/** One kind of what is done to members less, where there are others. */
function withoutChurn(from: Case, kind: ChurnKind): Case | null {
  const churn = from.scenario.group?.churn ?? null;
  if (churn === null || !churn.mix.includes(kind) || churn.mix.length === 1) return null;
  return withGroup(from, { churn: { ...churn, mix: churn.mix.filter((other) => other !== kind) } });
}

/** Brokers are called kafka1, kafka2, …; the last ones go, unless a fault names them. */
function withBrokers(from: Case, brokers: number): Case | null {
  const { scenario, schedule } = from;
  if (brokers < scenario.topic.replicationFactor) return null;
  const isGone = (name: string) => Number(/^kafka(\d+)$/.exec(name)?.[1] ?? 0) > brokers;
  const named = schedule.flatMap(({ fault, aim }) => [
    ...('target' in fault ? [fault.target] : []),
    ...(aim?.targets ?? []),
  ]);
  if (named.some(isGone)) return null;
  const left = schedule.map((strike) => withoutLinks(strike, isGone));
  return { scenario: { ...scenario, brokers }, schedule: left };
}

function withoutLinks(strike: Strike, isGone: (name: string) => boolean): Strike {
  if (strike.aim === undefined) return strike;
  const links = strike.aim.links.filter(({ from, to }) => !isGone(from) && !isGone(to));
  return { ...strike, aim: { ...strike.aim, links } };
}

function withStrike(from: Case, id: string, change: Partial<Strike>): Case {
  return {
    ...from,
    schedule: from.schedule.map((strike) => (strike.id === id ? { ...strike, ...change } : strike)),
  };
}

/** `2 faults, 3 brokers, 1 worker, 10 writes, 4.2 s`. */
export function describeSize({ scenario, schedule }: Case): string {
  const { warmUpMs, faultsMs, recoveryMs } = scenario.phases;
  const endMs = Math.max(faultsMs, ...schedule.map(({ atMs, forMs }) => atMs + (forMs ?? 0)));
  const writes = writesOf(scenario);
  const several = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`;
  return [
    several(schedule.length, 'fault'),
    several(scenario.brokers, 'broker'),
    several(scenario.load.workers, 'worker'),
    ...(scenario.group === undefined ? [] : [several(scenario.group.members, 'member')]),
    writes === null ? 'writes at full speed' : several(writes, 'write'),
    `${((warmUpMs + endMs + recoveryMs) / 1_000).toFixed(1)} s`,
  ].join(', ');
}

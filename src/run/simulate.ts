import { virtualClock } from '../core/virtual-clock.ts';
import { seededRandom } from '../core/random.ts';
import type { KafkaMode } from '../db/kafka/recipes.ts';
import type { Event } from '../history/event.ts';
import { memoryRecorder } from '../history/recorder/memory-recorder.ts';
import type { Recorder } from '../history/recorder/recorder.ts';
import type { Run, RunInfo } from '../history/run.ts';
import type { Schedule } from '../nemesis/schedule.ts';
import { run as perform } from '../runner/runner.ts';
import { contractOf } from '../scenario/contract.ts';
import { copiesInfoOf, writersOf } from '../scenario/copying.ts';
import { groupInfoOf } from '../scenario/group.ts';
import type { Scenario } from '../scenario/schema.ts';
import { transactionsInfoOf } from '../scenario/transactions.ts';
import type { Bug } from '../sim/bugs.ts';
import { simulatedWorld, type SimulatedOptions } from '../world/simulated.ts';
import { TOPIC } from './plan.ts';

/** A whole run in virtual time, from the scenario to the history. The same options give the same history. */
export interface SimulateOptions {
  scenario: Scenario;
  schedule: Schedule;
  seed: number;
  /** By default the mode that has a coordination of its own to cut off: ZooKeeper. */
  mode?: KafkaMode;
  bug?: Bug | null;
  client?: SimulatedOptions['client'];
  /** The version of Kafka whose transactions are modelled; the newest one if absent. */
  kafka?: string;
  /** Where the history goes; in memory if absent. */
  recorder?: Recorder;
}

/** Nothing that a scenario can ask for takes longer than this, unless it is stuck. */
const LIMIT_NS = 24 * 3_600 * 1e9;

export async function simulate(options: SimulateOptions): Promise<{ run: Run }> {
  const { scenario, schedule, seed } = options;
  const mode = options.mode ?? 'zookeeper';
  const clock = virtualClock();
  const info = infoOf(options, mode);
  const memory = memoryRecorder(info, clock);
  const recorder = options.recorder ?? memory;
  const world = simulatedWorld({
    scenario,
    mode,
    clock,
    random: seededRandom(seed),
    bug: options.bug ?? null,
    ...(options.client !== undefined && { client: options.client }),
    ...(options.kafka !== undefined && { kafka: options.kafka }),
    place: { topic: TOPIC, seed },
    onEvent: (event: Event) => recorder.event(event),
  });
  await recorder.update({ nodes: [...world.nodes] });
  const never = new AbortController().signal;
  await clock.drive(
    perform({
      world,
      scenario,
      schedule,
      seed,
      recorder,
      decode: world.decode,
      onProgress: () => {},
      stop: never,
      abort: never,
    }),
    LIMIT_NS,
  );
  await recorder.close('complete');
  return { run: memory.run() };
}

function infoOf({ scenario, schedule, seed, kafka }: SimulateOptions, mode: KafkaMode): RunInfo {
  const place = { topic: TOPIC, seed, isGiven: false };
  const transactions = transactionsInfoOf(scenario, place);
  const group = groupInfoOf(scenario, place);
  const copies = copiesInfoOf(scenario);
  return {
    version: 2,
    run: `seed${seed}`,
    status: 'running',
    world: 'simulated',
    seed,
    scenario: { ...scenario, faultsPlanned: schedule.length },
    contract: contractOf(scenario),
    topic: TOPIC,
    partitions: scenario.topic.partitions,
    ...(scenario.dense && { dense: true }),
    nodes: [],
    workers: writersOf(scenario),
    ...(transactions !== undefined && { transactions }),
    ...(group !== undefined && { group }),
    ...(copies !== undefined && { copies }),
    versions: { kept: 'simulated', ...(kafka !== undefined && { kafka }) },
    kafkaMode: mode,
    startedAt: '1970-01-01T00:00:00.000Z',
  };
}

import { Option, type Command } from 'commander';
import { freshId, freshSeed, seededRandom } from '../core/random.ts';
import type { Claim } from '../checker/result.ts';
import { resolveDistribution } from '../db/kafka/distribution.ts';
import { assertMode, modesOf, type KafkaMode } from '../db/kafka/recipes.ts';
import { createRunDirectory } from '../history/directory.ts';
import { createEncoder } from '../history/value.ts';
import { drawSchedule, type Schedule } from '../nemesis/schedule.ts';
import type { Scenario } from '../scenario/schema.ts';
import { claimOption } from './check.ts';
import { launch } from './launch.ts';
import { TOPIC, type Plan } from './plan.ts';
import { parseSeed } from './parse.ts';
import { addScenarioOptions, resolveScenario, type ScenarioOptions } from './scenario-options.ts';

/** Where Kafka comes from and where the run goes: common to `run` and `suite`. */
export interface ClusterOptions {
  kafka?: string;
  mode?: KafkaMode;
  store: string;
  dataDir?: string;
  claim: Claim;
  seed?: number;
  json?: true;
}

export function addClusterOptions(command: Command): Command {
  return command
    .option(
      '--kafka <version|dir|tgz>',
      'which Kafka: 4.4.0, 3.9.1, 2.0.1, …, a folder, an archive (default: $KAFKA_HOME, else 4.4.0)',
    )
    .addOption(
      new Option(
        '--mode <mode>',
        'how the cluster keeps its metadata (default: what the version and the scenario want)',
      ).choices(['zookeeper', 'kraft-combined', 'kraft-separate']),
    )
    .option('--store <dir>', 'where run directories go', 'store')
    .option('--data-dir <dir>', "keep the brokers' data there (default: in memory)")
    .addOption(claimOption())
    .option('--seed <n>', 'of everything random; a fresh one is printed otherwise', parseSeed)
    .option('--json', 'print the result as JSON');
}

export function addRunCommand(program: Command): void {
  const command = program
    .command('run', { isDefault: false })
    .argument('[scenario]', 'a name from "kept scenarios", or a JSON file', 'random')
    .description('run a scenario against a real cluster, and decide');
  addClusterOptions(addScenarioOptions(command))
    .addHelpText(
      'after',
      `
Starts a cluster in network namespaces of its own (no daemon, no root needed), writes unique values from many
workers, injures the cluster on a schedule, heals it, reads everything back and judges every acknowledged record.
Everything is gone afterwards, whatever happens; the run's history, its verdict and a picture stay in store/run-N.

Examples:
  kept run
  kept run leader-isolated-acks-1 --kafka 2.0.1
  kept run random --duration 10m --faults kill,pause,bisect --rate 2000 --partitions 6
  kept run my-scenario.json --seed 42 --json

Ctrl-C ends the load and still heals, reads back and decides; a second one stops at once. The history is safe.`,
    )
    .action(async (name: string, options: ClusterOptions & ScenarioOptions) => {
      const plan = await preparePlan(resolveScenario(name, options), options);
      process.stderr.write(`${describePlan(plan)}\n`);
      process.exitCode = await launch(plan);
    });
}

/**
 * Resolves everything that needs the machine's own network and file system, before the lab closes around the run.
 * @param directory instead of a new run directory in the store.
 */
export async function preparePlan(
  scenario: Scenario,
  options: ClusterOptions,
  directory?: string,
): Promise<Plan> {
  const seed = options.seed ?? freshSeed();
  const run = freshId();
  // Refuses a record size that has no room for a value, before anything is made.
  createEncoder({ run, topic: TOPIC, sizeBytes: scenario.load.recordBytes });
  const distribution = await resolveDistribution({
    kafka: options.kafka,
    mode: options.mode,
    environment: process.env,
    onProgress: (line) => process.stderr.write(`${line}\n`),
  });
  const mode = options.mode ?? preferredMode(distribution.version, scenario);
  assertMode(distribution.version, mode);
  return {
    run,
    scenario,
    schedule: scheduleOf(scenario, seed),
    seed,
    claim: options.claim,
    distribution,
    mode,
    directory: directory ?? (await createRunDirectory(options.store)),
    dataDirectory: options.dataDir ?? null,
    json: options.json === true,
    quiet: false,
    command: process.argv.slice(2),
  };
}

/** ZooKeeper where the version still knows it: it is what the original experiments used. */
function preferredMode(version: string, scenario: Scenario): KafkaMode {
  return modesOf(version).includes('zookeeper') ? 'zookeeper' : scenario.kraftMode;
}

function scheduleOf(scenario: Scenario, seed: number): Schedule {
  const { nemesis, phases } = scenario;
  if ('random' in nemesis) {
    return drawSchedule(nemesis.random, phases.faultsMs, seededRandom(seed).fork('schedule'));
  }
  return nemesis.script.map((strike, index) => ({ ...strike, id: strike.id ?? `fault-${index + 1}` }));
}

/** What is about to happen, before it happens: whoever sees only this can repeat the run. */
export function describePlan({ scenario, seed, distribution, mode, schedule, directory }: Plan): string {
  const { load, producer, topic } = scenario;
  const rate = load.ratePerSecond === null ? 'full speed' : `${load.ratePerSecond} writes/s`;
  return [
    `${scenario.name}: ${scenario.title}`,
    `  seed ${seed} · Kafka ${distribution.version} (${mode}, ${distribution.origin}) · Java ${distribution.java.version} · ${directory}`,
    `  ${scenario.brokers} brokers · ${topic.partitions} partition(s), replication ${topic.replicationFactor}, min.insync.replicas ${topic.minInsyncReplicas}, unclean election ${topic.uncleanLeaderElection ? 'on' : 'off'}`,
    `  acks=${producer.acks}${producer.idempotence ? ', idempotent' : ''}, ${producer.retries} retries · ${load.workers} workers, ${rate}, ${load.inFlight} in flight, ${load.recordBytes} bytes${load.count === undefined ? '' : `, ${load.count} writes`}`,
    `  ${schedule.length} fault(s) planned · failure detection: ${scenario.detection}`,
  ].join('\n');
}

import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { Option, type Command } from 'commander';
import { EXIT, Failure, messageOf } from '../../core/failure.ts';
import {
  COMMON_MIX,
  MIX_KINDS,
  MIX_NAMES,
  randomScheduleSchema,
  type MixKind,
} from '../../nemesis/schedule.ts';
import { CLIENT_LIBRARIES, type ClientLibrary } from '../../history/client-info.ts';
import { CATALOG, findEntry } from '../../scenario/catalog/catalog.ts';
import { defaultRetries } from '../../scenario/client.ts';
import { brokersNeeded } from '../../scenario/brokers-needed.ts';
import { misfitsOf } from '../../scenario/fits.ts';
import { problemsOf } from '../../scenario/problems.ts';
import { titleOf } from '../../scenario/title.ts';
import { scenarioSchema, type Scenario } from '../../scenario/schema.ts';
import { addGroupOptions, groupOf, type GroupOptions } from './group-options.ts';
import {
  parseAcks,
  parseClient,
  parseCount,
  parseDurationMs,
  parseList,
  parseLoadHosts,
  parseRateOption,
  parseShare,
  parseTransactionVersion,
} from './parse.ts';

/** The options that change a scenario, and how they change it. */
export interface ScenarioOptions extends GroupOptions {
  fullSize?: true;
  acks?: 0 | 1 | 'all';
  idempotence?: true;
  client?: { library: ClientLibrary; version?: string };
  clientCommand?: string;
  retries?: number;
  transactions?: true;
  requestsPerTransaction?: number;
  abortShare?: number;
  transactionTimeout?: number;
  transactionVersion?: 1 | 2;
  minIsr?: number;
  unclean?: true;
  compact?: true;
  partitions?: number;
  brokers?: number;
  workers?: number;
  rate?: number | 'max';
  loadHosts?: number | string[];
  inFlight?: number;
  recordsPerRequest?: number;
  recordBytes?: number;
  count?: number;
  consumers?: number;
  consumer?: { library: ClientLibrary; version?: string };
  dense?: true;
  warmUp?: number;
  /** Of the faults phase; of a soak in all. */
  duration?: number;
  /** Of a soak: the faults phase of each period. */
  period?: number;
  forever?: true;
  recovery?: number;
  faults?: string[];
  faultInterval?: number;
  faultDuration?: number;
  detection?: 'short' | 'original';
}

export function addScenarioOptions(command: Command): Command {
  return addFaultOptions(addGroupOptions(addLoadOptions(command)));
}

function addLoadOptions(command: Command): Command {
  return command
    .optionsGroup('The promise under test:')
    .option('--acks <0|1|all>', 'what the producer waits for', parseAcks)
    .option('--min-isr <n>', 'min.insync.replicas of the topic', parseCount)
    .option('--unclean', 'allow unclean leader election')
    .option('--compact', 'compact the topic, in which each record has a key of its own')
    .option('--idempotence', 'use the idempotent producer')
    .option('--dense', 'no offset may be empty: there are no transactions and no compaction that leave gaps')
    .option(
      '--client <library[@version]>',
      `what writes: ${CLIENT_LIBRARIES.filter((name) => name !== 'command').join(', ')} (default: kept's own driver, which sends raw requests)`,
      parseClient,
    )
    .option(
      '--client-command <command>',
      'a program of yours as the client, which speaks the protocol of docs/clients.md; split at spaces',
    )
    .option('--retries <n>', "let the client library retry by itself, as an application's would", parseCount)
    .optionsGroup('Transactions:')
    .option('--transactions', 'each worker writes in transactions; so with every option of this group')
    .option('--requests-per-transaction <n>', 'produce requests of one transaction (4)', parseCount)
    .option('--abort-share <share>', 'so many transactions are aborted: 0 to 1 (0.25)', parseShare)
    .option(
      '--transaction-timeout <time>',
      'after so long without an end the coordinator aborts a transaction (10s)',
      parseDurationMs,
    )
    .option(
      '--transaction-version <1|2>',
      "transaction.version as kept's own driver speaks it (2 where the brokers have it, else 1)",
      parseTransactionVersion,
    )
    .optionsGroup('The load:')
    .option('--workers <n>', 'how many producers', parseCount)
    .option(
      '--rate <n|max>',
      'writes per second of all workers together; max: as fast as answers come',
      parseRateOption,
    )
    .option(
      '--load-hosts <n|list>',
      'where the workers live, if not on this machine: so many further hosts of the lab (netns, docker), or hosts behind SSH (--lab ssh, --bootstrap-server): user@a,user@b',
      parseLoadHosts,
    )
    .option('--in-flight <n>', 'requests that one worker may have outstanding', parseCount)
    .option(
      '--records-per-request <n>',
      'writes that go out in one request; each has the verdict of its request',
      parseCount,
    )
    .option('--record-bytes <n>', 'size of a value', parseCount)
    .option('--count <n>', 'stop after so many writes', parseCount)
    .option('--consumers <n>', 'readers that follow every partition while the run goes on', parseCount)
    .option(
      '--consumer <library[@version]>',
      'what the consumers are (one if none are asked for), and they are given what is committed: kafkajs, platformatic, librdkafka, java',
      parseClient,
    )
    .option('--partitions <n>', 'partitions of the topic', parseCount)
    .option('--brokers <n>', 'brokers of the cluster', parseCount);
}

function addFaultOptions(command: Command): Command {
  return command
    .optionsGroup('The faults:')
    .option('--warm-up <time>', 'load before the first fault', parseDurationMs)
    .option(
      '--duration <time>',
      'length of the faults phase: 40s, 10m, 8h; of a soak in all: 72h',
      parseDurationMs,
    )
    .option('--recovery <time>', 'load after the last heal', parseDurationMs)
    .option('--faults <list>', `random faults of these kinds: ${MIX_KINDS.join(',')}; or none`, parseList)
    .option('--fault-interval <time>', 'mean time between random faults', parseDurationMs)
    .option('--fault-duration <time>', 'mean length of a random fault', parseDurationMs)
    .addOption(
      new Option('--detection <which>', 'how fast Kafka notices failures').choices(['short', 'original']),
    )
    .option('--full-size', 'a failure scenario at its original size: 100,000 records, original timeouts')
    .optionsGroup('Options:');
}

/**
 * The scenario that is meant: by name or number from the catalogue, or from a JSON file, changed by options.
 * @throws Failure (usage) that names what is wrong with it.
 */
export function resolveScenario(nameOrFile: string, options: ScenarioOptions): Scenario {
  return scenarioWith(baseScenario(nameOrFile, options.fullSize === true), options);
}

/**
 * The same of a scenario that is there.
 * @throws Failure (usage) that names what is wrong with it.
 */
export function scenarioWith(base: Scenario, options: ScenarioOptions): Scenario {
  const scenario = applyOptions(base, options);
  const misfits = misfitsOf(scenario);
  if (misfits.length > 0) {
    throw new Failure(`The scenario "${scenario.name}" does not fit together: ${misfits.join('; ')}.`, {
      hint: 'Change the file, or the options that change it (--duration, --partitions, --brokers, --count, --records-per-request).',
      exitStatus: EXIT.usage,
    });
  }
  return { ...scenario, title: titleOf(scenario, base) };
}

function baseScenario(nameOrFile: string, fullSize: boolean): Scenario {
  const found = findEntry(nameOrFile);
  if (found !== undefined) {
    if (!fullSize) return found.scenario;
    if (found.fullSize !== undefined) return found.fullSize;
    throw new Failure(`The scenario "${nameOrFile}" has no full-size form.`, {
      hint: 'Set its size with --count, --rate and --duration instead.',
      exitStatus: EXIT.usage,
    });
  }
  if (!nameOrFile.endsWith('.json')) {
    throw new Failure(`There is no scenario "${nameOrFile}".`, {
      hint: `Known are ${CATALOG.map((entry) => entry.scenario.name).join(', ')}; or give a file that ends in .json.`,
      exitStatus: EXIT.usage,
    });
  }
  const value = readJson(nameOrFile);
  // A scenario that has no name gets that of its file.
  const name = basename(nameOrFile, '.json')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
  const isNameless = typeof value === 'object' && value !== null && !Array.isArray(value) && name !== '';
  return parseScenario(isNameless ? { name, ...value } : value, `the file ${nameOrFile}`);
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Failure(`The scenario file ${file} cannot be read: ${messageOf(error)}.`, {
      hint: '"kept scenarios --json" prints scenarios that you can start from.',
      exitStatus: EXIT.usage,
    });
  }
}

function parseScenario(value: unknown, origin: string): Scenario {
  const parsed = scenarioSchema.safeParse(value);
  if (parsed.success) return checkScenario(parsed.data, origin);
  throw new Failure(`${origin} is not a scenario: ${problemsOf(parsed.error, value).join('; ')}.`, {
    hint: '"kept scenarios --schema" prints what a scenario may hold, "kept scenarios --json" some to start from.',
    exitStatus: EXIT.usage,
  });
}

/** What the schema cannot say: how the parts must fit together. */
function checkScenario(scenario: Scenario, origin: string): Scenario {
  const { brokers, topic, producer } = scenario;
  const wrong =
    topic.replicationFactor > brokers
      ? `a replication factor of ${topic.replicationFactor} needs as many brokers, and there are ${brokers}`
      : topic.minInsyncReplicas > topic.replicationFactor
        ? `min.insync.replicas is ${topic.minInsyncReplicas}, more than the ${topic.replicationFactor} replicas there are`
        : producer.idempotence && producer.acks !== 'all'
          ? 'an idempotent producer needs acks=all'
          : null;
  if (wrong === null) return scenario;
  throw new Failure(`${origin} contradicts itself: ${wrong}.`, {
    hint: 'Change --brokers, --min-isr, --acks or the file.',
    exitStatus: EXIT.usage,
  });
}

function applyOptions(scenario: Scenario, options: ScenarioOptions): Scenario {
  const { topic, producer, load, phases } = scenario;
  const brokers = options.brokers ?? scenario.brokers;
  return parseScenario(
    {
      ...scenario,
      brokers,
      detection: options.detection ?? scenario.detection,
      topic: {
        partitions: options.partitions ?? topic.partitions,
        replicationFactor: Math.min(topic.replicationFactor, brokers),
        minInsyncReplicas: options.minIsr ?? Math.min(topic.minInsyncReplicas, brokers),
        uncleanLeaderElection: options.unclean ?? topic.uncleanLeaderElection,
        compact: options.compact ?? topic.compact,
      },
      producer: {
        ...producer,
        acks: options.acks ?? producer.acks,
        idempotence: options.idempotence ?? producer.idempotence,
        retries: retriesOf(scenario, options),
        ...transactionsOf(producer, options),
      },
      ...clientOf(scenario, options),
      load: {
        ...load,
        workers: options.workers ?? load.workers,
        ratePerSecond: options.rate === 'max' ? null : (options.rate ?? load.ratePerSecond),
        inFlight: options.inFlight ?? load.inFlight,
        recordsPerRequest: options.recordsPerRequest ?? load.recordsPerRequest,
        recordBytes: options.recordBytes ?? load.recordBytes,
        ...(options.count !== undefined && { count: options.count }),
        ...(options.loadHosts !== undefined && { hosts: options.loadHosts }),
      },
      ...readersOf(scenario, options),
      dense: options.dense ?? scenario.dense,
      phases: {
        warmUpMs: options.warmUp ?? phases.warmUpMs,
        faultsMs: (scenario.soak === undefined ? options.duration : options.period) ?? phases.faultsMs,
        recoveryMs: options.recovery ?? phases.recoveryMs,
      },
      nemesis: applyFaultOptions(scenario, options),
      ...(scenario.soak !== undefined && {
        soak: {
          ...scenario.soak,
          durationMs: options.forever === true ? null : (options.duration ?? scenario.soak.durationMs),
        },
      }),
    },
    `The scenario "${scenario.name}" with these options`,
  );
}

function readersOf(scenario: Scenario, options: ScenarioOptions): object {
  const group = groupOf(scenario, options);
  return { ...group, ...consumersOf(scenario, options, 'group' in group) };
}

function consumersOf(
  { consumers, consumer: before }: Scenario,
  options: ScenarioOptions,
  isOfGroup: boolean,
): object {
  const count = options.consumers ?? (isOfGroup ? 0 : consumers);
  const { consumer } = options;
  if (consumer === undefined) return { consumers: count };
  return {
    consumers: isOfGroup ? count : Math.max(1, count),
    consumer: {
      ...(before !== undefined && { isolation: before.isolation, when: before.when }),
      ...(before?.library === consumer.library && before),
      ...consumer,
    },
  };
}

const OF_LIBRARIES = { retryEnd: true, keepProducer: false } as const;

/** Any of the options asks for transactions. */
function transactionsOf({ transactions }: Scenario['producer'], options: ScenarioOptions): object {
  const { requestsPerTransaction, abortShare, transactionTimeout, transactionVersion } = options;
  const changes = {
    ...(requestsPerTransaction !== undefined && { requestsPerTransaction }),
    ...(abortShare !== undefined && { abortShare }),
    ...(transactionTimeout !== undefined && { timeoutMs: transactionTimeout }),
    ...(transactionVersion !== undefined && { version: transactionVersion }),
  };
  // What is about kept's own driver means nothing to a library.
  const isOthers = options.clientCommand !== undefined || (options.client?.library ?? 'kept') !== 'kept';
  const others = isOthers && transactions !== undefined ? OF_LIBRARIES : {};
  const all = { ...others, ...changes };
  if (options.transactions === undefined && Object.keys(all).length === 0) return {};
  return { transactions: { ...transactions, ...all } };
}

/** A library is used as an application uses it, so it repeats; kept's own driver does not. */
function retriesOf({ producer }: Scenario, { client, clientCommand, retries }: ScenarioOptions): number {
  if (retries !== undefined) return retries;
  if (client?.library === 'kept') return 0;
  if (client === undefined && clientCommand === undefined) return producer.retries;
  return producer.retries > 0 ? producer.retries : defaultRetries(client?.library ?? 'command');
}

/** @throws Failure (usage) where two clients are named. */
function clientOf({ client: before }: Scenario, { client, clientCommand }: ScenarioOptions): object {
  if (client !== undefined && clientCommand !== undefined) {
    throw new Failure('--client names a library, and --client-command a program of yours', {
      hint: 'leave one of them out',
      exitStatus: EXIT.usage,
    });
  }
  if (clientCommand !== undefined) {
    const settings = before?.library === 'command' ? before.settings : {};
    return { client: { library: 'command', command: clientCommand.trim().split(/\s+/), settings } };
  }
  if (client === undefined) return {};
  return { client: before?.library === client.library ? { ...before, ...client } : client };
}

/** With fewer brokers than the scenario had, kinds of faults that need more are left out of a random mix. */
function possibleFaults(nemesis: Scenario['nemesis'], brokers: number): Scenario['nemesis'] {
  if (!('random' in nemesis)) return nemesis;
  const mix = nemesis.random.mix.filter((kind) => brokers >= brokersNeeded(kind));
  return { random: { ...nemesis.random, mix } };
}

/** What `--faults` takes instead of kinds: the load alone. */
const NO_FAULTS = 'none';

function applyFaultOptions(scenario: Scenario, options: ScenarioOptions): Scenario['nemesis'] {
  const { faultInterval, faultDuration } = options;
  const faults = options.faults?.map((kind) => MIX_NAMES[kind] ?? kind);
  if (faults === undefined && faultInterval === undefined && faultDuration === undefined)
    return options.brokers === undefined
      ? scenario.nemesis
      : possibleFaults(scenario.nemesis, options.brokers);
  if (faults?.length === 1 && faults[0] === NO_FAULTS) return { script: [], keepBrokersUp: 0 };
  const unknown = faults?.find((kind) => !MIX_KINDS.includes(kind as MixKind));
  if (unknown !== undefined) {
    throw new Failure(`There is no kind of fault "${unknown}".`, {
      hint: `Known are ${MIX_KINDS.join(', ')}; or "${NO_FAULTS}" alone.`,
      exitStatus: EXIT.usage,
    });
  }
  const drawn = 'random' in scenario.nemesis ? scenario.nemesis.random : undefined;
  return {
    random: randomScheduleSchema.parse({
      mix: faults ?? drawn?.mix ?? [...COMMON_MIX],
      meanIntervalMs: faultInterval ?? drawn?.meanIntervalMs ?? 2_000,
      meanDurationMs: faultDuration ?? drawn?.meanDurationMs ?? 4_000,
      keepBrokersUp: drawn?.keepBrokersUp ?? 1,
    }),
  };
}

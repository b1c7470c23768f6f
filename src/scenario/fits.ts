import { nearest } from '../core/nearest.ts';
import { disorderIn, transactionalWorkers } from '../generator/scripted.ts';
import { ROLES } from '../history/fault.ts';
import { PEER_GROUPS } from '../history/faults/between.ts';
import { transactionTimeoutOf } from './copying.ts';
import { libraryOf, mayRetry } from './client.ts';
import { brokersNeeded } from './brokers-needed.ts';
import { grouped } from '../core/words.ts';
import type { Scenario } from './schema.ts';

/** What no schema can say: whether the parts of a scenario fit together. Found before a cluster is started. */

/** @returns what does not fit, each with its path; none if all does. */
export function misfitsOf(scenario: Scenario): string[] {
  return [
    ...clientMisfits(scenario),
    ...transactionMisfits(scenario),
    ...markerMisfits(scenario),
    ...scriptMisfits(scenario),
    ...sendMisfits(scenario),
    ...requestLogMisfits(scenario),
    ...consumerMisfits(scenario),
    ...groupMisfits(scenario),
    ...copyingMisfits(scenario),
    ...batchMisfits(scenario),
    ...compactMisfits(scenario),
    ...faultMisfits(scenario),
  ];
}

function clientMisfits({ client, producer, load }: Scenario): string[] {
  if (client === undefined) return [];
  const { library, command, version, settings } = client;
  const isOwn = library === 'kept';
  return [
    ...(isOwn && producer.retries > 0
      ? [
          `client.library: kept's own driver sends each request once, so that its verdict is about this request, and producer.retries is ${producer.retries}; name a library, or set retries to 0`,
        ]
      : []),
    ...(isOwn && (version !== undefined || Object.keys(settings).length > 0)
      ? ["client: kept's own driver has no version and no settings but the scenario's"]
      : []),
    ...(library === 'command' && command === undefined
      ? ['client.command: the program is missing, and client.library is "command"']
      : []),
    ...(library === 'java' && producer.idempotence && producer.retries === 0
      ? [
          'producer.retries: an idempotent producer of the Java client repeats its requests; set it to 1 or more',
        ]
      : []),
    ...((library === 'command' || library === 'librdkafka' || library === 'java') && load.hosts !== undefined
      ? ['load.hosts: the client is a program of this machine, so the workers must live here']
      : []),
    ...(library === 'platformatic' && load.hosts !== undefined
      ? ['load.hosts: @platformatic/kafka cannot be sent to another host, so the workers must live here']
      : []),
    ...((library === 'kafkajs' || library === 'platformatic') && Object.keys(settings).length > 0
      ? [`client.settings: ${library} takes none here; the scenario says what it is told`]
      : []),
    ...(library !== 'command' && command !== undefined
      ? [`client.command: a program is named, and client.library is "${library}", not "command"`]
      : []),
  ];
}

/** What would leave nothing to say about transactions, or what kept cannot do with them. */
function transactionMisfits(scenario: Scenario): string[] {
  const { producer, load } = scenario;
  if (producer.transactions === undefined) return [];
  const isOwn = libraryOf(scenario) === 'kept';
  const { retryEnd, keepProducer } = producer.transactions;
  const aboutOwn = [...(retryEnd ? [] : ['retryEnd']), ...(keepProducer ? ['keepProducer'] : [])];
  return [
    ...(producer.acks === 'all' ? [] : ['producer.acks: transactions need acks=all']),
    ...(isOwn
      ? []
      : aboutOwn.map(
          (name) =>
            `producer.transactions.${name}: it is about kept's own driver, and what a library does is its own`,
        )),
    ...(load.hosts === undefined
      ? []
      : ['load.hosts: workers that write in transactions must live in the process of the run']),
  ];
}

/** Transactions are judged by the markers in the log, whoever wrote in them. */
function markerMisfits(scenario: Scenario): string[] {
  if (transactionTimeoutOf(scenario) === null) return [];
  return [
    ...(scenario.topic.compact
      ? ['topic.compact: compaction removes the markers by which transactions are judged']
      : []),
    ...(scenario.dense
      ? ['dense: markers of transactions have offsets of their own, so "dense" must be false']
      : []),
  ];
}

/** The libraries whose consumers can be members, each in a program of its own. */
const HAVE_MEMBERS: ReadonlySet<string> = new Set(['java', 'librdkafka', 'command']);

function groupMisfits({ group, consumer, consumers, load }: Scenario): string[] {
  if (group === undefined) return [];
  const { library, when } = consumer ?? {};
  return [
    ...(library !== undefined && HAVE_MEMBERS.has(library)
      ? []
      : [
          `consumer.library: members of a group are java, librdkafka or a program of yours (command)${library === undefined ? ', and none is named' : `, and not ${library}`}`,
        ]),
    ...(consumers === 0 ? [] : ['consumers: must be 0, since the members of the group are the consumers']),
    ...(when === 'afterwards' ? ['consumer.when: a group reads meanwhile'] : []),
    ...(load.hosts === undefined
      ? []
      : ['load.hosts: members live on this machine, and so must the workers']),
  ];
}

function copyingMisfits({ group, consumer, topic, load }: Scenario): string[] {
  if (group?.commit !== 'transaction') return [];
  return [
    ...(topic.partitions % 2 === 0
      ? []
      : [
          `topic.partitions: the first half is copied to the second, so there must be an even number of them, not ${topic.partitions}`,
        ]),
    ...(load.script === undefined
      ? []
      : ['load.script: what is copied is written by a load, and not by a script']),
    ...(consumer?.isolation === 'read_uncommitted'
      ? ['consumer.isolation: who copies must be given what is committed']
      : []),
  ];
}

function consumerMisfits({ consumer, consumers, group }: Scenario): string[] {
  if (consumer === undefined) return [];
  const { library, command } = consumer;
  return [
    ...(consumers > 0 || group !== undefined ? [] : ['consumers: is 0, and consumer says what they are']),
    ...(library === 'kept'
      ? ["consumer.library: kept's own reader is there without it, and hides nothing"]
      : []),
    ...((library === 'command') === (command !== undefined)
      ? []
      : ['consumer.command: goes with the library "command"']),
  ];
}

function scriptMisfits(scenario: Scenario): string[] {
  const { load, producer, topic } = scenario;
  const { script } = load;
  if (script === undefined) return [];
  const isOwn = libraryOf(scenario) === 'kept';
  return [
    ...(load.inFlight === 1 ? [] : ['load.inFlight: steps of a script follow each other, so it must be 1']),
    ...(producer.transactions === undefined && script.some((step) => step.do === 'begin')
      ? ['producer.transactions: is missing, and load.script begins transactions']
      : []),
    ...(load.hosts === undefined ? [] : ['load.hosts: the workers of a script must live in one process']),
    ...script.flatMap((step, index) => [
      ...(step.worker < load.workers
        ? []
        : [`load.script[${index}].worker: ${step.worker}, and load.workers is ${load.workers}`]),
      ...(step.do === 'write' && step.partition >= topic.partitions
        ? [
            `load.script[${index}].partition: ${step.partition}, and the partitions are numbered from 0 to ${topic.partitions - 1}`,
          ]
        : []),
      ...(step.do === 'write' && step.key !== undefined && !isOwn
        ? [`load.script[${index}].key: only kept's own driver takes it`]
        : []),
    ]),
    ...disorderIn(script).map(({ index, what }) => `load.script[${index}]: ${what}`),
  ];
}

/** Calls of a library with several records. */
function sendMisfits(scenario: Scenario): string[] {
  const { load, topic, requestLog } = scenario;
  const script = load.script ?? [];
  const inTransactions = transactionalWorkers(script);
  return script.flatMap((step, index) => {
    if (step.do !== 'send') return [];
    const path = `load.script[${index}]`;
    const beyond = step.partitions.find((partition) => partition !== null && partition >= topic.partitions);
    return [
      ...(libraryOf(scenario) === 'kept'
        ? [`${path}.do: kept's own driver has no such call; name a library (client.library)`]
        : []),
      ...(inTransactions.has(step.worker)
        ? [`${path}.do: worker ${step.worker} writes in transactions, and there each record is a write`]
        : []),
      ...(beyond === undefined
        ? []
        : [
            `${path}.partitions: ${beyond}, and the partitions are numbered from 0 to ${topic.partitions - 1}`,
          ]),
      ...(step.partitions.includes(null) && !requestLog
        ? [
            `${path}.partitions: where the library chooses, only the brokers can say what it chose: set requestLog`,
          ]
        : []),
    ];
  });
}

function requestLogMisfits({ requestLog, load, producer, soak }: Scenario): string[] {
  if (!requestLog) return [];
  return [
    ...(load.script === undefined ? ['requestLog: is for a load that is written out (load.script)'] : []),
    ...(producer.acks === 0 ? ['requestLog: with acks=0 brokers answer nothing'] : []),
    ...(soak === undefined ? [] : ['requestLog: a soak has too many requests for it']),
  ];
}

/** What brokers take at most in one batch (message.max.bytes), where nothing else is set. */
const BATCH_BYTES_MAX = 1_048_588;
/** Of a batch, and of each record in it beside its value. */
const BATCH_HEAD_BYTES = 61;
const RECORD_HEAD_BYTES = 12;

/** How many records of this size fit into one request; one at least, which is as large as it is. */
export function recordsThatFit(recordBytes: number, brokerSettings: Scenario['brokerSettings']): number {
  const most = batchBytesMax(brokerSettings);
  const fit = Math.floor((most - BATCH_HEAD_BYTES) / (recordBytes + RECORD_HEAD_BYTES));
  // What is no number is the brokers' to refuse.
  return Number.isNaN(fit) ? Infinity : Math.max(1, fit);
}

function batchBytesMax(brokerSettings: Scenario['brokerSettings']): number {
  return Number(brokerSettings['message.max.bytes'] ?? BATCH_BYTES_MAX);
}

function batchMisfits({ load, brokerSettings }: Scenario): string[] {
  const { recordBytes, script } = load;
  const path = script === undefined ? 'load.recordsPerRequest' : 'load.script';
  const recordsPerRequest =
    script === undefined
      ? load.recordsPerRequest
      : Math.max(0, ...script.map((step) => (step.do === 'write' ? step.records : 0)));
  const bytes = BATCH_HEAD_BYTES + recordsPerRequest * (recordBytes + RECORD_HEAD_BYTES);
  const most = batchBytesMax(brokerSettings);
  const fit = recordsThatFit(recordBytes, brokerSettings);
  if (recordsPerRequest <= fit) return [];
  return [
    `${path}: ${grouped(recordsPerRequest)} records of ${grouped(recordBytes)} bytes are a batch of ${grouped(bytes)} bytes, and a broker takes ${grouped(most)} (message.max.bytes), so at most ${grouped(fit)} records`,
  ];
}

/** What would make a record vanish, or an offset be empty, that nobody lost. */
function compactMisfits(scenario: Scenario): string[] {
  const { topic, dense } = scenario;
  if (!topic.compact) return [];
  return [
    ...(mayRetry(scenario)
      ? [
          'topic.compact: where the client sends a record again it may be stored twice under one key, and compaction removes the older copy, which may be the acknowledged one; so producer.retries must be 0, and the client none that kept does not know',
        ]
      : []),
    ...(dense ? ['topic.compact: compaction may leave offsets empty, so "dense" must be false'] : []),
  ];
}

function faultMisfits(scenario: Scenario): string[] {
  const { nemesis, phases, topic, load, brokers } = scenario;
  if ('random' in nemesis) {
    return nemesis.random.mix.flatMap((kind, index) =>
      brokers < brokersNeeded(kind)
        ? [
            `nemesis.random.mix[${index}]: "${kind}" needs ${brokersNeeded(kind)} brokers, and there are ${brokers}`,
          ]
        : [],
    );
  }
  return nemesis.script.flatMap((strike, index) => {
    const path = `nemesis.script[${index}]`;
    const { fault, atMs, afterWrites } = strike;
    const wrong: string[] = [];
    if (brokers < brokersNeeded(fault.kind))
      wrong.push(
        `${path}.fault.kind: "${fault.kind}" needs ${brokersNeeded(fault.kind)} brokers, and there are ${brokers}`,
      );
    if ('partition' in fault && fault.partition !== undefined && fault.partition >= topic.partitions)
      wrong.push(
        `${path}.fault.partition: ${fault.partition}, and the partitions are numbered from 0 to ${topic.partitions - 1}`,
      );
    if (fault.kind === 'requests' && typeof fault.from === 'object')
      for (const worker of fault.from.filter((each) => each >= load.workers))
        wrong.push(
          `${path}.fault.from: there is no worker ${worker}; they are numbered from 0 to ${load.workers - 1}`,
        );
    if (afterWrites === undefined && atMs > phases.faultsMs)
      wrong.push(
        `${path}.atMs: ${atMs} is behind the end of the faults phase (phases.faultsMs is ${phases.faultsMs})`,
      );
    if (afterWrites !== undefined && load.count !== undefined && afterWrites >= load.count)
      wrong.push(
        `${path}.afterWrites: ${afterWrites}, and the load ends after ${load.count} writes (load.count)`,
      );
    return wrong;
  });
}

/**
 * @param clients further places of workers, beside `client`.
 * @returns which targets are neither a role nor a node of the cluster.
 */
export function strangersIn(
  scenario: Scenario,
  nodes: readonly string[],
  clients: readonly string[] = [],
): string[] {
  if ('random' in scenario.nemesis) return [];
  return scenario.nemesis.script.flatMap(({ fault, aim }, index) => {
    const path = `nemesis.script[${index}]`;
    const named: [path: string, name: string, known: readonly string[]][] = [];
    if ('target' in fault) named.push([`${path}.fault.target`, fault.target, [...ROLES, ...nodes]]);
    const places = [...nodes, 'client', ...clients];
    if (fault.kind === 'cut')
      named.push([`${path}.fault.from`, fault.from, places], [`${path}.fault.to`, fault.to, places]);
    if (fault.kind === 'loss' || fault.kind === 'delay')
      named.push([`${path}.fault.peers`, fault.peers, [...PEER_GROUPS, ...places]]);
    if (fault.kind === 'partition')
      for (const [at, group] of fault.groups.entries())
        for (const name of group) named.push([`${path}.fault.groups[${at}]`, name, places]);
    for (const [at, name] of (aim?.targets ?? []).entries())
      named.push([`${path}.aim.targets[${at}]`, name, nodes]);
    return named
      .filter(([, name, known]) => !known.includes(name))
      .map(([where, name, known]) => {
        const near = nearest(name, known);
        return `${where}: "${name}" is neither a role nor a node of this cluster; ${known.join(', ')}${near === null ? '' : ` (did you mean ${near}?)`}`;
      });
  });
}

import type { KafkaMode } from '../db/kafka/recipes.ts';
import { NS_PER_MS } from '../core/clock.ts';
import { counted, seconds } from '../core/words.ts';
import { nameOfClient } from '../history/client-info.ts';
import { loadHostsOf } from '../run/shared-load.ts';
import { TOPIC, type Plan } from '../run/plan.ts';
import { describeForecast, sizeOf } from '../run/room.ts';
import { retriesInWords } from '../scenario/client.ts';
import type { Scenario } from '../scenario/schema.ts';
import type { GivenPlan, SimulatedPlan, WorldPlan } from '../world/plan.ts';
import { safeLine } from './terminal/safe-text.ts';

/** What is about to happen, before it happens: this alone is enough to repeat the run. */
export function describePlan({
  scenario,
  client,
  seed,
  mode,
  schedule,
  directory,
  world,
  topic = TOPIC,
  processes,
  soak,
}: Plan): string {
  const isModel = world.kind === 'simulated';
  const faults = soak === undefined ? `${schedule.length} fault(s) planned` : 'faults drawn for each period';
  return [
    ...(isModel ? [announcementOf(world)] : []),
    `${scenario.name}: ${safeLine(scenario.title)}`,
    `  seed ${seed} · ${systemOf(world, mode)} · ${directory}`,
    ...describeLoad(scenario, processes),
    ...(client.mode === 'audit' ? [] : [`  client under audit: ${nameOfClient(client)}`]),
    `  ${faults} · ${world.kind === 'given' ? describeTopic(world, topic) : `failure detection: ${scenario.detection}`}`,
    ...(world.kind === 'given' ? [describeLimit(scenario)] : []),
    ...(isModel ? [] : [`  ${describeForecast(scenario)}`]),
  ].join('\n');
}

function systemOf(world: WorldPlan, mode: KafkaMode): string {
  if (world.kind === 'simulated')
    return `simulated Kafka (${mode})${world.bug === null ? '' : ` with the bug ${world.bug}`}`;
  if (world.kind === 'given')
    return `a cluster that was given: ${world.brokers.map(({ name, address, port }) => `${name} (${address}:${port})`).join(', ')}`;
  const { version, origin, java } = world.distribution;
  return `Kafka ${version} (${mode}, ${origin}) · Java ${java.version}`;
}

function describeTopic({ topic: { isOwn, isKept } }: GivenPlan, name: string): string {
  if (!isOwn) return `topic ${name}, which stays`;
  return `topic ${name}, made by the run${isKept ? '' : ' and deleted in the end'}`;
}

/** What somebody else's cluster is in for at most, before it begins. */
function describeLimit({ load, phases }: Scenario): string {
  const length = seconds((phases.warmUpMs + phases.faultsMs + phases.recoveryMs) * NS_PER_MS);
  const { ratePerSecond, recordBytes } = load;
  const rate =
    ratePerSecond === null
      ? 'at full speed'
      : `at most ${ratePerSecond} writes/s, ${sizeOf(ratePerSecond * recordBytes)}/s before replication`;
  return `  load: ${rate}, for ${length}`;
}

/** The cluster, the promise and the load, a line each. */
export function describeLoad(scenario: Scenario, processes = 1): string[] {
  const { load, producer, topic } = scenario;
  const rate =
    load.script !== undefined
      ? `a script of ${counted(load.script.length, 'step')}`
      : load.ratePerSecond === null
        ? 'full speed'
        : `${load.ratePerSecond} writes/s`;
  const { transactions } = producer;
  return [
    `  ${scenario.brokers} brokers · ${topic.partitions} partition(s), replication ${topic.replicationFactor}, min.insync.replicas ${topic.minInsyncReplicas}, unclean election ${topic.uncleanLeaderElection ? 'on' : 'off'}`,
    `  acks=${producer.acks}${producer.idempotence ? ', idempotent' : ''}, ${retriesInWords(producer.retries)} · ${load.workers} workers${placesOf(load, processes)}, ${rate}, ${load.inFlight} in flight, ${load.recordsPerRequest === 1 ? '' : `${load.recordsPerRequest} a request, `}${load.recordBytes} bytes${load.count === undefined ? '' : `, ${load.count} writes`}${consumersOf(scenario)}`,
    ...(transactions === undefined ? [] : [transactionsOf(scenario, transactions)]),
    ...groupLines(scenario),
  ];
}

function consumersOf({ consumers, consumer }: Scenario): string {
  if (consumers === 0) return '';
  const whose =
    consumer === undefined ? '' : ` of ${consumer.library}, ${consumer.isolation.replace('_', ' ')}`;
  return ` · ${consumers} consumer(s)${whose}`;
}

function groupLines({ group, consumer }: Scenario): string[] {
  if (group === undefined) return [];
  const { members, protocol, staticMembership, sessionTimeoutMs, churn } = group;
  const kind = `${staticMembership ? 'static ' : ''}member`;
  const fate = churn === null ? 'left alone' : `churn: ${churn.mix.join(', ')}`;
  return [
    `  a group of ${counted(members, kind)} of ${consumer?.library}, protocol ${protocol}, ${commitsInWords(group)}, session ${seconds(sessionTimeoutMs * NS_PER_MS)}, ${fate}`,
  ];
}

function commitsInWords({ commit, transactions }: NonNullable<Scenario['group']>): string {
  if (commit !== 'transaction') return `${commit} commits`;
  const { version, timeoutMs } = transactions;
  const spoken = version === undefined ? '' : ` of version ${version}`;
  return `copies in transactions${spoken} with a time of ${seconds(timeoutMs * NS_PER_MS)}`;
}

function transactionsOf(
  { load }: Scenario,
  {
    version,
    timeoutMs,
    requestsPerTransaction,
    abortShare,
  }: NonNullable<Scenario['producer']['transactions']>,
): string {
  const spoken = version === undefined ? '' : ` of version ${version}`;
  const which =
    load.script === undefined
      ? `${counted(requestsPerTransaction, 'request')} each, ${Math.round(100 * abortShare)} % aborted, `
      : '';
  return `  in transactions${spoken}: ${which}timeout ${seconds(timeoutMs * NS_PER_MS)}`;
}

function placesOf({ hosts }: Scenario['load'], processes: number): string {
  if (hosts === undefined) return processes === 1 ? '' : ` in ${processes} processes`;
  const count = loadHostsOf({ hosts });
  const on = typeof hosts === 'number' ? '' : ` (${hosts.join(', ')})`;
  const more = processes === count ? '' : ` in ${processes} processes`;
  return `${more} on ${counted(count, 'further host')}${on}`;
}

/** The first thing that anybody is told of a simulated run. */
function announcementOf({ because, bug }: SimulatedPlan): string {
  const why = because === null ? '' : ` ${because}, so there can be no real Kafka.`;
  const planted = bug === null ? '' : ` The bug "${bug}" is planted into it.`;
  return `*** SIMULATED ***${why} This run is against a model of Kafka in virtual time, not against Kafka.${planted}`;
}

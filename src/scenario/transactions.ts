import { EXIT, Failure } from '../core/failure.ts';
import type { ClientLibrary } from '../history/client-info.ts';
import type { TransactionsInfo } from '../history/transaction.ts';
import { isCopying, transactionTimeoutOf, writersOf } from './copying.ts';
import type { Scenario } from './schema.ts';

/**
 * The transactional id of a worker; no two runs have the same in one cluster, unless they share a topic and a seed.
 * @param instances how many workers that follow each other have one between them
 */
export function transactionalIdOf(
  { topic, seed }: { topic: string; seed: number },
  worker: number,
  instances = 1,
): string {
  return `${topic}-${seed}-${Math.floor(worker / instances)}`;
}

const STATE_MIN_INSYNC_REPLICAS = 'transaction.state.log.min.isr';

/** What brokers of a lab are told of the log of transactions: with one replica a coordinator forgets what it answered. */
export function stateSettingsOf({ brokers }: Pick<Scenario, 'brokers'>): Readonly<Record<string, string>> {
  return { [STATE_MIN_INSYNC_REPLICAS]: String(Math.min(2, brokers)) };
}

/** What it comes to, with the scenario's own settings; NaN for what is no number. */
export function stateMinInsyncReplicasOf(scenario: Pick<Scenario, 'brokers' | 'brokerSettings'>): number {
  return Number({ ...stateSettingsOf(scenario), ...scenario.brokerSettings }[STATE_MIN_INSYNC_REPLICAS]);
}

/**
 * What run.json says of the transactions; undefined where there are none.
 * @param place.isGiven whether the cluster is somebody else's, whose settings for the log of transactions are not known
 */
export function transactionsInfoOf(
  scenario: Scenario,
  place: { topic: string; seed: number; isGiven: boolean },
): TransactionsInfo | undefined {
  const { producer, load, group } = scenario;
  const { transactions } = producer;
  const timeoutMs = transactionTimeoutOf(scenario);
  if (timeoutMs === null) return undefined;
  const set = stateMinInsyncReplicasOf(scenario);
  const versions = new Set([
    ...(transactions === undefined ? [] : [transactions.version ?? null]),
    ...(isCopying(scenario) ? [group!.transactions.version ?? null] : []),
  ]);
  return {
    ids: Array.from({ length: writersOf(scenario) }, (_, worker) =>
      worker >= load.workers
        ? transactionalIdOf(place, worker)
        : transactions === undefined
          ? ''
          : transactionalIdOf(place, worker, transactions.instances),
    ),
    // Where they differ, what holds for all is what the older one has.
    version: versions.has(null) ? null : versions.has(1) ? 1 : 2,
    timeoutMs,
    stateMinInsyncReplicas: !place.isGiven && Number.isSafeInteger(set) ? set : null,
  };
}

/** The first Java client that speaks version 2. */
const JAVA_SPEAKS_2_SINCE = 4;

/**
 * Says which transaction.version the workers' requests have, where the scenario leaves it open: the highest that both the
 * cluster and the library know. It stays open for a program that kept does not know.
 * @param cluster.hasVersion2 whether its brokers are of Kafka 4.0 or later
 * @throws Failure (usage) where the scenario names another one than the library has
 */
export function withTransactionVersion(
  scenario: Scenario,
  { kind, version }: { kind: ClientLibrary; version: string | null },
  { hasVersion2 }: { hasVersion2: boolean },
): Scenario {
  const { producer } = scenario;
  const { transactions } = producer;
  if (transactions === undefined || kind === 'command') return scenario;
  const { version: wanted } = transactions;
  if (kind === 'kept' && wanted !== undefined) return scenario;
  const chosen = versionSpoken({ kind, version }, { hasVersion2 });
  if (wanted !== undefined && wanted !== chosen)
    throw new Failure(
      `The client ${kind} has transactions of version ${chosen} here, and version ${wanted} was asked for.`,
      {
        hint: "Leave the version out: only kept's own driver can be told which one it speaks.",
        exitStatus: EXIT.usage,
      },
    );
  return { ...scenario, producer: { ...producer, transactions: { ...transactions, version: chosen } } };
}

/** Both, where a scenario may have either: what its workers' requests have, and those of members that copy. */
export function withTransactionVersions(
  scenario: Scenario,
  {
    client,
    consumer,
  }: {
    client: Parameters<typeof withTransactionVersion>[1];
    consumer: Parameters<typeof withCopyingVersion>[1];
  },
  brokers: { hasVersion2: boolean },
): Scenario {
  return withCopyingVersion(withTransactionVersion(scenario, client, brokers), consumer, brokers);
}

/** The same as `withTransactionVersion` of the members of a group, which copy in transactions. */
export function withCopyingVersion(
  scenario: Scenario,
  consumer: { kind: ClientLibrary; version: string | null } | null,
  brokers: { hasVersion2: boolean },
): Scenario {
  const { group } = scenario;
  if (group === undefined || consumer === null || !isCopying(scenario) || consumer.kind === 'command')
    return scenario;
  const version = versionSpoken(consumer, brokers);
  return { ...scenario, group: { ...group, transactions: { ...group.transactions, version } } };
}

function versionSpoken(
  { kind, version }: { kind: ClientLibrary; version: string | null },
  { hasVersion2 }: { hasVersion2: boolean },
): 1 | 2 {
  const speaks = kind === 'kept' || (kind === 'java' && majorOf(version ?? '') >= JAVA_SPEAKS_2_SINCE);
  return speaks && hasVersion2 ? 2 : 1;
}

function majorOf(version: string): number {
  return Number.parseInt(version, 10);
}

import { EXIT, Failure } from '../core/failure.ts';
import type { GroupInfo } from '../history/group.ts';
import type { Scenario } from './schema.ts';

/** The group of a run; no two runs have the same in one cluster, unless they share a topic and a seed. */
export function groupIdOf({ topic, seed }: { topic: string; seed: number }): string {
  return `${topic}-${seed}-group`;
}

const MIN_INSYNC_REPLICAS = 'min.insync.replicas';
const UNCLEAN_ELECTION = 'unclean.leader.election.enable';
const RETENTION_MINUTES = 'offsets.retention.minutes';
/** Kafka's default: a week. */
const RETENTION_MINUTES_DEFAULT = 7 * 24 * 60;
const MS_PER_MINUTE = 60_000;

/**
 * What brokers of a lab are told where there is a group: the topic of offsets has the brokers' defaults, and with one
 * replica a coordinator forgets what it answered. Sessions may be as short as the scenario has them.
 */
export function groupSettingsOf({ group, brokers }: Scenario): Readonly<Record<string, string>> {
  if (group === undefined) return {};
  const sessionMs = String(group.sessionTimeoutMs);
  const heartbeatMs = String(Math.floor(group.sessionTimeoutMs / 3));
  return {
    [MIN_INSYNC_REPLICAS]: String(Math.min(2, brokers)),
    'group.min.session.timeout.ms': sessionMs,
    ...(group.protocol === 'consumer' && {
      'group.consumer.min.session.timeout.ms': sessionMs,
      'group.consumer.session.timeout.ms': sessionMs,
      'group.consumer.min.heartbeat.interval.ms': heartbeatMs,
      'group.consumer.heartbeat.interval.ms': heartbeatMs,
    }),
  };
}

/** What it comes to for the topic of offsets, with the scenario's own settings; NaN for what is no number. */
export function offsetsMinInsyncReplicasOf(scenario: Scenario): number {
  return Number({ ...groupSettingsOf(scenario), ...scenario.brokerSettings }[MIN_INSYNC_REPLICAS]);
}

/**
 * What run.json says of the group; undefined where there is none.
 * @param place.isGiven whether the cluster is somebody else's, whose settings for the topic of offsets are not known
 */
export function groupInfoOf(
  scenario: Scenario,
  place: { topic: string; seed: number; isGiven: boolean },
): GroupInfo | undefined {
  const { group, brokerSettings } = scenario;
  if (group === undefined) return undefined;
  const settings: Readonly<Record<string, string | undefined>> = {
    ...groupSettingsOf(scenario),
    ...brokerSettings,
  };
  const minutes = Number(settings[RETENTION_MINUTES] ?? RETENTION_MINUTES_DEFAULT);
  const minInsyncReplicas = offsetsMinInsyncReplicasOf(scenario);
  const { isGiven } = place;
  return {
    id: groupIdOf(place),
    protocol: group.protocol,
    commit: group.commit,
    offsetsMinInsyncReplicas: !isGiven && Number.isSafeInteger(minInsyncReplicas) ? minInsyncReplicas : null,
    offsetsUncleanElection: isGiven ? null : settings[UNCLEAN_ELECTION] === 'true',
    offsetsRetentionMs: !isGiven && Number.isFinite(minutes) ? minutes * MS_PER_MINUTE : null,
  };
}

/** The first Kafka whose brokers have the protocol of KIP-848 without being asked for it. */
const HAS_CONSUMER_PROTOCOL_SINCE = 4;

/** @throws Failure (usage) where the group has a protocol that these brokers do not have */
export function assertGroupProtocol({ group }: Scenario, kafkaVersion: string): void {
  if (group?.protocol !== 'consumer') return;
  if (Number.parseInt(kafkaVersion, 10) >= HAS_CONSUMER_PROTOCOL_SINCE) return;
  throw new Failure(`The protocol "consumer" needs Kafka 4.0, and this is ${kafkaVersion}.`, {
    hint: 'Ask for --group-protocol classic, or for another --kafka.',
    exitStatus: EXIT.usage,
  });
}

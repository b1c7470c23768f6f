import { nameOfClient } from '../../history/client-info.ts';
import { counted, grouped, moment, sentence } from '../../core/words.ts';
import { orAssumed } from '../../history/assumptions.ts';
import { describeFault } from '../../history/fault-words.ts';
import type { Fault } from '../../history/fault.ts';
import type { Contract, RunInfo } from '../../history/run.ts';
import { findingHeadline } from '../../checker/findings/finding-words.ts';
import type { Finding, FindingKind } from '../../checker/result.ts';

/** The words that the terminal text and the picture share, so that both tell it the same way. */

/** `offset 12`, `offsets 4,700 to 18,549`. */
export function offsetRange([first, last]: readonly [number, number]): string {
  return first === last ? `offset ${grouped(first)}` : `offsets ${grouped(first)} to ${grouped(last)}`;
}

/** `at 7.1 s`, `from 7.1 s to 20.3 s`. */
export function timeRange([first, last]: readonly [number, number]): string {
  const [from, to] = [moment(first), moment(last)];
  return from === to ? `at ${from}` : `from ${from} to ${to}`;
}

/** A fault with the nodes that it really struck: `isolate leader (kafka1) from cluster`. */
export function describeStrike(fault: Fault, targets: readonly string[]): string {
  if (!('target' in fault) || targets.length === 0) return describeFault(fault);
  if (targets.length === 1 && targets[0] === fault.target) return describeFault(fault);
  const struck = targets.length > 4 ? `${targets.slice(0, 3).join(', ')}, …` : targets.join(', ');
  return describeFault({ ...fault, target: `${fault.target} (${struck})` });
}

/** `kafka1 in epoch 4`. */
export function describeLeader(leader: NonNullable<Finding['leader']>): string {
  return leader.epoch === null ? leader.node : `${leader.node} in epoch ${leader.epoch}`;
}

const KAFKA_MODES: Record<string, string> = {
  zookeeper: 'with ZooKeeper',
  'kraft-combined': 'KRaft, combined nodes',
  'kraft-separate': 'KRaft, separate controller',
};

/** What ran, for a title's second line: `Kafka 4.1.0 (KRaft, separate controller) · acks=1 · …`. */
export function describeSetting(info: RunInfo): string {
  const mode = info.kafkaMode === undefined ? '' : ` (${KAFKA_MODES[info.kafkaMode] ?? info.kafkaMode})`;
  const kafka = info.versions.kafka === undefined ? 'Kafka' : `Kafka ${info.versions.kafka}`;
  // A model shall not be taken for the real thing.
  const system = info.world === 'simulated' ? `SIMULATED ${kafka}` : kafka;
  const world = info.world === 'imported' ? 'imported history' : '';
  const { contract, client } = info;
  return [
    world,
    system + mode,
    info.bug === undefined ? '' : `planted bug: ${info.bug}`,
    orAssumed(contract, 'acks', `acks=${contract.acks}`),
    client === undefined || client.mode === 'audit' || client.library === 'model'
      ? ''
      : `client ${nameOfClient(client)}`,
    contract.idempotence ? orAssumed(contract, 'idempotence', 'idempotent') : '',
    replicasOf(contract),
    contract.uncleanLeaderElection ? 'unclean election on' : '',
    counted(info.workers, 'worker'),
    info.partitions === 1 ? '' : counted(info.partitions, 'partition'),
    `seed ${info.seed}`,
  ]
    .filter((part) => part !== '')
    .join(' · ');
}

function replicasOf(contract: Contract): string {
  const replicas = orAssumed(contract, 'replicationFactor', `${contract.replicationFactor} replicas`);
  return `${replicas}, ${orAssumed(contract, 'minInsyncReplicas', `min. in sync ${contract.minInsyncReplicas}`)}`;
}

/** Whether a finding says that something acknowledged, or at least sent, is gone. */
export function isLoss(kind: FindingKind): boolean {
  return kind === 'lost' || kind === 'lost-after-read' || kind === 'sent-missing';
}

/**
 * A finding as a short paragraph: what, how many, acknowledged when and by whom, during which faults, ended by what,
 * and whether Kafka's contract permits it.
 * @param faultLabels what to call the faults of the run, by id.
 * @param options.withReason false where the judgement is told elsewhere.
 */
export function describeFinding(
  finding: Finding,
  faultLabels: ReadonlyMap<string, string>,
  { withReason = true }: { withReason?: boolean } = {},
): string {
  const sentences = [`${findingHeadline(finding.kind, finding.count)} in partition ${finding.partition}.`];
  const facts: string[] = [];
  if (finding.reader !== undefined) facts.push(`by the reader “${finding.reader}”`);
  if (finding.leader !== undefined) facts.push(`acknowledged by ${describeLeader(finding.leader)}`);
  if (finding.offsets !== undefined) facts.push(`at ${offsetRange(finding.offsets)}`);
  if (finding.timeNs !== undefined) facts.push(timeRange(finding.timeNs));
  if (finding.faults !== undefined && finding.faults.length > 0) {
    const names = finding.faults.map((id) => `“${faultLabels.get(id) ?? id}”`);
    const shown = names.length > 3 ? [...names.slice(0, 3), `${names.length - 3} more`] : names;
    facts.push(`during ${shown.join(', ')}`);
  }
  if (facts.length > 0) sentences.push(sentence(facts.join(' ')));
  if (finding.scans !== undefined) sentences.push(`${finding.scans} final scans agree on it.`);
  if (finding.endedBy !== undefined) sentences.push(sentence(finding.endedBy));
  if (withReason) sentences.push(judgementInWords(finding));
  return sentences.join(' ');
}

/** `Permitted: acks=1 promises nothing once the leader is replaced.` */
export function judgementInWords({ judgement, reason }: Finding): string {
  return sentence(`${judgement}: ${reason}`);
}

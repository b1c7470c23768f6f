import { capitalised } from '../../core/capitalised.ts';
import { NS_PER_SECOND } from '../../core/clock.ts';
import { orAssumed } from '../../history/assumptions.ts';
import { describeFault } from '../../history/fault-words.ts';
import type { Fault } from '../../history/fault.ts';
import type { Contract, RunInfo } from '../../history/run.ts';
import type { Finding, FindingKind, Result } from '../../checker/result.ts';

/** The words and number formats that the terminal text and the picture share, so that both tell it the same way. */

/** `18,550`. The same on every machine, whatever its locale. */
export function grouped(value: number): string {
  return Math.round(value)
    .toString()
    .replaceAll(/\B(?=(\d{3})+$)/g, ',');
}

/** `1 record`, `13,850 records`. */
export function counted(count: number, singular: string, plural = `${singular}s`): string {
  return `${grouped(count)} ${count === 1 ? singular : plural}`;
}

/** A moment or a length of time: `350 ms`, `7.1 s`, `12 min 05 s`, `3 h 20 min`. */
export function seconds(timeNs: number): string {
  const total = timeNs / NS_PER_SECOND;
  if (total < 0.9995) return `${Math.round(total * 1000)} ms`;
  if (total < 119.95) return `${total.toFixed(1)} s`;
  const whole = Math.round(total);
  if (whole < 7200) return `${Math.floor(whole / 60)} min ${pad2(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${pad2(Math.floor((whole % 3600) / 60))} min`;
}

/** A moment on the run's clock; unlike `seconds` it never falls into milliseconds: `at 0.4 s`. */
export function moment(timeNs: number): string {
  return timeNs < NS_PER_SECOND ? `${(timeNs / NS_PER_SECOND).toFixed(1)} s` : seconds(timeNs);
}

const pad2 = (value: number) => String(value).padStart(2, '0');

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

/** What a finding of each kind is about, after its count: `13,850 acknowledged records lost`. */
export const FINDING_WORDS: Record<FindingKind, { one: string; many: string; after: string }> = {
  lost: { one: 'acknowledged record', many: 'acknowledged records', after: 'lost' },
  'lost-after-read': {
    one: 'acknowledged record',
    many: 'acknowledged records',
    after: 'lost after a reader had seen them',
  },
  divergent: { one: 'offset', many: 'offsets', after: 'with more than one value' },
  misplaced: { one: 'record', many: 'records', after: 'at another offset than the acknowledged one' },
  duplicate: { one: 'value', many: 'values', after: 'stored more than once' },
  'aborted-read': { one: 'failed write', many: 'failed writes', after: 'found in the log all the same' },
  phantom: { one: 'record', many: 'records', after: 'that no write of this run explains' },
  reordered: { one: 'partition', many: 'partitions', after: 'whose log contradicts real time' },
  'end-regressed': { one: 'end offset', many: 'end offsets', after: 'smaller than one seen before' },
  skipped: { one: 'record', many: 'records', after: 'that a reader went past without handing them over' },
  'non-monotonic-read': { one: 'record', many: 'records', after: 'handed over by a reader that went back' },
  'unexplained-offset': { one: 'offset', many: 'offsets', after: 'that are empty and that nothing explains' },
  unread: { one: 'acknowledged record', many: 'acknowledged records', after: 'that no scan could cover' },
  'sent-missing': {
    one: 'record',
    many: 'records',
    after: 'sent with acks=0 and missing',
  },
};

/** `13,850 acknowledged records lost`. */
export function findingHeadline(kind: FindingKind, count: number): string {
  const words = FINDING_WORDS[kind];
  return `${counted(count, words.one, words.many)} ${words.after}`;
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
  const { contract } = info;
  return [
    world,
    system + mode,
    info.bug === undefined ? '' : `planted bug: ${info.bug}`,
    orAssumed(contract, 'acks', `acks=${contract.acks}`),
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

/** The verdict as a sentence of its own. */
export function verdictInWords({ verdict, claim, counts, findings }: Result): string {
  if (verdict === 'inconclusive') return 'This run proves nothing either way.';
  const accusing = findings.filter(({ judgement }) => claim === 'kept' || judgement === 'violation');
  if (verdict === 'invalid' && accusing.length > 0 && accusing.every(({ reader }) => reader !== undefined))
    return 'A reader did not hand over what is there; nothing points at Kafka.';
  if (claim === 'contract') {
    return verdict === 'valid'
      ? 'Nothing happened that Kafka’s contract does not permit.'
      : 'Kafka did what its contract does not permit.';
  }
  if (verdict === 'valid') return 'Kafka kept everything that it acknowledged.';
  return counts.lost + counts['lost-after-read'] > 0
    ? 'Kafka did not keep everything that it acknowledged.'
    : 'What is in the log is not what Kafka’s answers said.';
}

/** Whether a finding says that something acknowledged, or at least sent, is gone. */
export function isLoss(kind: FindingKind): boolean {
  return kind === 'lost' || kind === 'lost-after-read' || kind === 'sent-missing';
}

/**
 * A finding as a short paragraph: what, how many, acknowledged when and by whom, during which faults, ended by what,
 * and whether Kafka's contract permits it.
 * @param faultLabels what to call the faults of the run, by id.
 */
export function describeFinding(finding: Finding, faultLabels: ReadonlyMap<string, string>): string {
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
  sentences.push(sentence(`${finding.judgement}: ${finding.reason}`));
  return sentences.join(' ');
}

/** With a capital and a full stop. */
function sentence(text: string): string {
  const start = capitalised(text);
  return /[.!?…]$/.test(start) ? start : `${start}.`;
}

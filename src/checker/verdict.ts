import { nameOfClient } from '../history/client-info.ts';
import { capitalised, counted, grouped, listed, sentence } from '../core/words.ts';
import { findingClause } from './findings/finding-words.ts';
import { faultsDuring } from './facts/attribution.ts';
import { Endings } from './facts/endings.ts';
import type { Examination } from './examination.ts';
import { remarksOnFaults } from './questions/faults.ts';
import { remarksOnWatches } from './questions/watches.ts';
import { completeScans } from './facts/scans.ts';
import { FINDING_KINDS, type Claim, type Finding, type Result, type Verdict } from './result.ts';

/** Turns what was found into a result: findings, a verdict, and why. */
export function resultOf(examination: Examination, claim: Claim): Result {
  const { run, counts, doubts } = examination;
  const findings = findingsOf(examination);
  const broken = findings.filter((finding) => breaksClaim(finding, claim, run.info.contract.clientRetries));
  const verdict: Verdict = broken.length > 0 ? 'invalid' : doubts.length > 0 ? 'inconclusive' : 'valid';
  const reasons = [...brokenReasons(broken, counts.ok), ...doubts, ...notes(examination, findings, broken)];
  if (verdict === 'valid') reasons.unshift(keptReason(examination));
  return {
    version: 1,
    run: run.info.run,
    claim,
    verdict,
    reasons,
    ...(doubts.length > 0 && { doubts: [...doubts] }),
    contract: run.info.contract,
    ...(run.info.client !== undefined && { client: run.info.client }),
    counts,
    ...(examination.transactions !== null && { transactions: examination.transactions }),
    ...(examination.copied !== null && { copies: examination.copied }),
    ...(examination.group !== null && { group: examination.group }),
    findings,
  };
}

/**
 * Whether a finding makes the verdict invalid. `unread` and `sent-missing` are no accusations. Where the client may
 * repeat itself, duplicates break no promise. An end offset that was permitted to go back takes nothing with it: what is
 * lost is told as a loss; and where order is not promised, nothing acknowledged is missing for it.
 */
export function breaksClaim(
  { kind, judgement }: Pick<Finding, 'kind' | 'judgement'>,
  claim: Claim,
  clientRetries: boolean,
): boolean {
  if (kind === 'unread' || kind === 'sent-missing') return false;
  if (kind === 'duplicate' && clientRetries && judgement === 'permitted') return false;
  if (kind === 'end-regressed' || kind === 'producer-order') return judgement === 'violation';
  return claim === 'kept' || judgement === 'violation';
}

/** Violations first, then by kind, partition and offset. */
function findingsOf(examination: Examination): Finding[] {
  const { run, power, truncations, faultIndex: faults } = examination;
  const { nodes, contract } = run.info;
  const endings = new Endings({ events: run.events, nodes, contract, truncations, faults, power });
  const findings: Finding[] = [];
  for (const { kind, loss, partition, cause, group } of examination.findings) {
    const { term } = cause;
    const attributed = term !== undefined;
    const during = attributed ? faultsDuring(group, faults) : [];
    const agreeing = kind === 'lost' ? completeScans(examination.finalScans(partition), group).length : 0;
    const ending = attributed ? endings.of(partition, cause, group) : null;
    findings.push({
      kind,
      ...(loss !== null && { loss }),
      partition,
      count: group.count,
      ...cause.ruling,
      values: group.values.toString(),
      ...(group.firstOffset >= 0 && { offsets: [group.firstOffset, group.lastOffset] as [number, number] }),
      ...(group.firstNs <= group.lastNs && { timeNs: [group.firstNs, group.lastNs] as [number, number] }),
      ...(term != null &&
        cause.unacknowledged !== true && { leader: { node: term.node, id: term.leader, epoch: term.epoch } }),
      ...(during.length > 0 && { faults: during }),
      ...(agreeing > 1 && { scans: agreeing }),
      ...(cause.reader !== undefined && { reader: cause.reader }),
      ...(ending !== null && { endedBy: ending }),
      examples: group.examples,
    });
  }
  return findings.toSorted(
    (a, b) =>
      Number(a.judgement === 'permitted') - Number(b.judgement === 'permitted') ||
      FINDING_KINDS.indexOf(a.kind) - FINDING_KINDS.indexOf(b.kind) ||
      a.partition - b.partition ||
      (a.offsets?.[0] ?? -1) - (b.offsets?.[0] ?? -1) ||
      (a.timeNs?.[0] ?? -1) - (b.timeNs?.[0] ?? -1),
  );
}

/** A sentence for each kind and judgement: how many, and why that is permitted or not. */
function brokenReasons(broken: readonly Finding[], acknowledged: number): string[] {
  const byReason = new Map<string, { first: Finding; count: number; reasons: Set<string> }>();
  for (const finding of broken) {
    const key = `${finding.kind} ${finding.judgement}`;
    const known = byReason.get(key);
    if (known === undefined)
      byReason.set(key, { first: finding, count: finding.count, reasons: new Set([finding.reason]) });
    else {
      known.count += finding.count;
      known.reasons.add(finding.reason);
    }
  }
  return [...byReason.values()].map(({ first, count, reasons }) => {
    const others =
      reasons.size > 1 ? ` (and ${counted(reasons.size - 1, 'other reason')}, see the findings)` : '';
    return `${capitalised(findingClause(first.kind, count, acknowledged))}; ${first.judgement}: ${first.reason}${others}.`;
  });
}

/** What a reader of the verdict should know although it does not decide it. */
function notes(examination: Examination, findings: readonly Finding[], broken: readonly Finding[]): string[] {
  const { run, counts } = examination;
  const list: string[] = [];
  const lost = broken.filter(({ kind }) => kind === 'lost');
  if (lost.length > 0 && lost.every(({ scans = 1 }) => scans > 1))
    list.push('Final scans by different readers agree on what is missing.');
  const clientFaults = broken
    .filter(({ blame, reader }) => blame === 'client' && reader === undefined)
    .reduce((sum, { count }) => sum + count, 0);
  const readers = new Set(broken.flatMap(({ reader }) => reader ?? []));
  if (readers.size > 0)
    list.push(
      `The evidence for what readers did points at ${listed([...readers].map((name) => `the reader “${name}”`))}, not at the broker.`,
    );
  if (clientFaults > 0) {
    list.push(
      `The evidence for ${grouped(clientFaults)} of these points at the client library${run.info.client === undefined ? '' : ` (${nameOfClient(run.info.client)})`}, not at the broker.`,
    );
  }
  if (counts['sent-missing'] > 0) {
    list.push(
      `${grouped(counts['sent-missing'])} of ${counted(counts.sent, 'record')} that ${counts.sent === 1 ? 'was' : 'were'} sent with acks=0 ${counts['sent-missing'] === 1 ? 'is' : 'are'} missing: they had not been acknowledged.`,
    );
  }
  const accused = new Set(broken);
  const silent = findings.filter(
    (finding) => !accused.has(finding) && finding.kind !== 'unread' && finding.kind !== 'sent-missing',
  );
  for (const kind of new Set(silent.map((finding) => finding.kind))) {
    const ofKind = silent.filter((finding) => finding.kind === kind);
    const count = ofKind.reduce((sum, finding) => sum + finding.count, 0);
    list.push(
      `${capitalised(findingClause(kind, count, counts.ok))}; ${ofKind[0]!.judgement}: ${ofKind[0]!.reason}.`,
    );
  }
  list.push(...remarksOnFaults(examination), ...remarksOnWatches(examination));
  if (run.info.status === 'interrupted') list.push('The run was stopped early.');
  return list.map(sentence);
}

function keptReason({ run, counts, lostSent, lostUnacknowledged }: Examination): string {
  if (counts.ok === 0) {
    const there = counts.sent - counts['sent-missing'] - lostSent;
    return `Nothing was acknowledged with acks=${run.info.contract.acks}; ${grouped(there)} of ${counted(counts.sent, 'record')} that were sent are there.`;
  }
  const lost = counts.lost + counts['lost-after-read'] - lostUnacknowledged;
  // Of a violation the verdict would be invalid.
  if (lost > 0)
    return `${grouped(counts.ok - lost)} of ${counted(counts.ok, 'acknowledged record')} are there, and all that is missing is permitted to be.`;
  return counts.ok === 1
    ? 'The only acknowledged record is there.'
    : `Every one of ${counted(counts.ok, 'acknowledged record')} is there.`;
}

import { grouped, listed, moment, sentence } from '../../core/words.ts';
import type { Finding, Result } from '../../checker/result.ts';
import { nameOfClient } from '../../history/client-info.ts';
import type { FaultSpan } from '../timeline/faults.ts';
import type { CauseGroup } from './causes.ts';
import { timeRange } from './phrases.ts';

/** The verdict in one or two sentences, which tell what the contract permits from what it does not. */
export function verdictInWords(result: Result): string {
  const { verdict, claim, counts, findings } = result;
  if (verdict === 'inconclusive') return 'This run proves nothing either way.';
  const accusing = findings.filter(({ judgement }) => claim === 'kept' || judgement === 'violation');
  if (verdict === 'invalid' && accusing.length > 0 && accusing.every(({ reader }) => reader !== undefined))
    return readersInWords(accusing);
  if (verdict === 'invalid' && accusing.length > 0 && accusing.every(({ blame }) => blame === 'client')) {
    const library =
      result.client === undefined
        ? 'The client library'
        : `The client library (${nameOfClient(result.client)})`;
    return `${library} did not do what it reported; nothing points at Kafka.`;
  }
  if (claim === 'contract') {
    if (verdict === 'invalid') return 'Kafka did what its contract does not permit.';
    const lost = counts.lost + counts['lost-after-read'];
    const permitted = lost === 0 ? '' : ` It permits that ${grouped(lost)} of them ${be(lost)} lost.`;
    return `Nothing happened that Kafka’s contract does not permit.${permitted}`;
  }
  if (verdict === 'valid') return 'Kafka kept everything that it acknowledged.';
  return counts.lost + counts['lost-after-read'] > 0
    ? `Kafka did not keep everything that it acknowledged. ${permissionInWords(findings.filter(isLost), 'lost records')}`
    : `What is in the log is not what Kafka’s answers said. ${permissionInWords(accusing, 'findings')}`;
}

/** What readers did, where nothing else is to be told. */
function readersInWords(findings: readonly Finding[]): string {
  // Whether the broker or the library showed it too early is not known.
  if (findings.some(({ kind }) => kind === 'dirty-read'))
    return 'A reader was given what had not been committed.';
  return findings.every(({ kind }) => kind === 'aborted-read')
    ? 'A reader handed over what was aborted; nothing points at Kafka.'
    : 'A reader did not hand over what is there; nothing points at Kafka.';
}

const be = (count: number) => (count === 1 ? 'is' : 'are');

const isLost = ({ kind }: Finding) => kind === 'lost' || kind === 'lost-after-read';

/** `Its contract permits that.`, or how much of it. */
function permissionInWords(findings: readonly Finding[], what: string): string {
  const countOf = (judgement: Finding['judgement']) =>
    findings.filter((finding) => finding.judgement === judgement).reduce((sum, { count }) => sum + count, 0);
  const [permitted, violations] = [countOf('permitted'), countOf('violation')];
  if (violations === 0) return 'Its contract permits that.';
  if (permitted === 0) return 'Its contract does not permit that.';
  return `Its contract does not permit ${grouped(violations)} of the ${grouped(permitted + violations)} ${what}, and permits the rest.`;
}

const FAULTS_NAMED = 3;

/**
 * Under which faults, and when, what the group is about was acknowledged or seen; and which fault struck the leader that
 * had acknowledged it after that. Null where the history tells no time.
 */
export function whenInWords({ findings }: CauseGroup, faults: readonly FaultSpan[]): string | null {
  const times = findings.flatMap(({ timeNs }) => (timeNs === undefined ? [] : [timeNs]));
  if (times.length === 0) return null;
  const range = [
    Math.min(...times.map(([first]) => first)),
    Math.max(...times.map(([, last]) => last)),
  ] as const;
  const during = new Set(findings.flatMap(({ faults: ids = [] }) => ids));
  const named = faults.filter(({ id }) => during.has(id)).map(({ label }) => `“${label}”`);
  const [first] = findings;
  const verb = first.leader === undefined ? 'seen' : 'acknowledged';
  const under = named.length === 0 ? 'with no fault in force' : `during ${listedShortly(named)}`;
  const parts = [`${verb} ${timeRange(range)} ${under}`];
  const struck = faults.find(
    ({ id, nodes, fromNs }) =>
      first.leader !== undefined &&
      !during.has(id) &&
      nodes.includes(first.leader.node) &&
      fromNs >= (first.timeNs?.[0] ?? Infinity),
  );
  if (struck !== undefined && isLost(first))
    parts.push(`“${struck.label}” struck ${first.leader!.node} at ${moment(struck.fromNs)}`);
  return sentence(parts.join('; '));
}

function listedShortly(names: readonly string[]): string {
  if (names.length <= FAULTS_NAMED) return listed(names);
  return `${names.slice(0, FAULTS_NAMED).join(', ')} and ${names.length - FAULTS_NAMED} more`;
}

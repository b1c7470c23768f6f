import { capitalised, clause, counted, listed } from '../../core/words.ts';
import { eventsOf } from '../../history/events-of.ts';
import type { Examination } from '../examination.ts';
import { doubtsAboutFaults } from './faults.ts';
import { findingClause } from '../findings/finding-words.ts';
import type { Cause } from '../findings/grouping.ts';

/**
 * A verdict must have been earned: what kept this run from testing anything, or from knowing what came of it. Each
 * is a sentence; one is enough to make the verdict inconclusive.
 */
export function doubtsAbout(examination: Examination): string[] {
  return [
    ...aboutTheHistory(examination),
    ...aboutTheLoad(examination),
    ...doubtsAboutFaults(examination),
    ...aboutWhatIsUnsaid(examination),
    ...aboutTheScan(examination),
  ];
}

function aboutTheHistory({
  run,
  counts,
  repeated,
  unexplained,
  unproven,
  wasChanged,
}: Examination): string[] {
  const doubts = run
    .damage()
    .map(({ file, kind, detail }) => `The history is damaged: ${file} is ${kind}. ${clause(detail)}.`);
  if (repeated > 0) {
    doubts.push(
      `${counted(repeated, 'write')} ${repeated === 1 ? 'has' : 'have'} more than one row in the history, so nothing is said about ${repeated === 1 ? 'it' : 'them'}.`,
    );
  }
  if (unexplained > 0) {
    doubts.push(
      `${counted(unexplained, 'record')} in the log ${unexplained === 1 ? 'has' : 'have'} no write that explains ${unexplained === 1 ? 'it' : 'them'}, but rows of writes are missing.`,
    );
  }
  const why = wasChanged ? 'lines of the file were changed' : 'the counts of writes do not agree';
  if (unproven.lost > 0)
    doubts.push(
      `${capitalised(findingClause('lost', unproven.lost, counts.ok))}, but ${why}, so that proves no loss.`,
    );
  if (unproven.misplaced > 0)
    doubts.push(
      `${capitalised(findingClause('misplaced', unproven.misplaced, counts.ok))}, but ${wasChanged ? why : 'rows are missing'}, so that proves nothing.`,
    );
  doubts.push(...(run.info.unjudged ?? []));
  if (run.info.status === 'failed')
    doubts.push(`The run failed: ${clause(run.info.failure ?? 'no reason was recorded')}.`);
  return doubts;
}

function aboutTheLoad({ run, counts }: Examination): string[] {
  if (counts.attempted === 0) return ['No write was attempted.'];
  if (counts.ok > 0 || (run.info.contract.acks === 0 && counts.sent > 0)) return [];
  const what = run.info.contract.acks === 0 ? 'sent' : 'acknowledged';
  return [`None of ${counted(counts.attempted, 'write')} was ${what}, so there was nothing to lose.`];
}

/** What is permitted only because the history does not say what it depends on is not shown to be permitted. */
function aboutWhatIsUnsaid(examination: Examination): string[] {
  const doubts: string[] = [];
  const unled = partitionsOf(
    examination,
    (cause, partition) => cause.dependsOn === 'leaders' || mayBeUntold(examination, cause, partition),
  );
  if (unled.length > 0)
    doubts.push(
      `The history does not tell who led ${partitions(unled)}, so it is unknown whether Kafka’s contract permits what happened there.`,
    );
  if (partitionsOf(examination, (cause) => cause.dependsOn === 'hands').length > 0)
    doubts.push(
      'What was done by hand is told in words only, so it is unknown whether Kafka’s contract permits what happened.',
    );
  if (partitionsOf(examination, (cause) => cause.dependsOn === 'acks').length > 0)
    doubts.push(
      'The history does not say which acks the producer asked for, so it is unknown whether Kafka’s contract permits what happened.',
    );
  if (partitionsOf(examination, (cause) => cause.dependsOn === 'coordinators').length > 0)
    doubts.push(
      'The history does not tell transaction.state.log.min.isr, so it is unknown whether Kafka’s contract permits what happened to transactions.',
    );
  return doubts;
}

/** Where brokers were only asked now and then, nothing tells which of them came back from a loss of power and led on. */
function mayBeUntold({ power, leadershipOf }: Examination, { ruling }: Cause, partition: number): boolean {
  return ruling.judgement === 'permitted' && power.occurred && leadershipOf(partition).isSampled;
}

/** The partitions that have findings of such causes. */
function partitionsOf(
  { findings }: Examination,
  isMeant: (cause: Cause, partition: number) => boolean,
): number[] {
  const found = new Set<number>();
  for (const { cause, partition } of findings) if (isMeant(cause, partition)) found.add(partition);
  return [...found].toSorted((a, b) => a - b);
}

function aboutTheScan(examination: Examination): string[] {
  const { run, counts, logs } = examination;
  const written = logs.filter(({ attempted }) => attempted > 0);
  const unscanned = written.filter(({ scan }) => scan === null);
  const doubts: string[] = [];
  if (unscanned.length > 0) {
    const where =
      unscanned.length === written.length
        ? ''
        : ` of ${partitions(unscanned.map(({ partition }) => partition))}`;
    const killed = run.info.status === 'running' ? ': the run was killed before it' : '';
    const unsettled = eventsOf(run.events, 'scan').find(
      ({ final, reason }) => !final && reason?.startsWith('the cluster did not settle') === true,
    );
    const why = unsettled !== undefined ? `, for ${clause(unsettled.reason!)}` : killed;
    doubts.push(`There is no final scan${where}${why}, so nothing is known about what is missing.`);
  }
  const uncovered = written.filter(({ scan }) => scan !== null && !scan.covered);
  if (uncovered.length > 0) {
    const { reason } = uncovered[0]!.scan!;
    doubts.push(
      `The final scan did not cover ${partitions(uncovered.map(({ partition }) => partition))}${reason === undefined ? '' : `: ${clause(reason)}`}.`,
    );
  }
  if (counts.unread > 0) {
    doubts.push(
      `Nothing is known about ${counted(counts.unread, 'acknowledged record')} that no final scan covered.`,
    );
  }
  return doubts;
}

function partitions(numbers: readonly number[]): string {
  return `${numbers.length === 1 ? 'partition' : 'partitions'} ${listed(numbers)}`;
}

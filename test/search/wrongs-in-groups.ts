import type { FindingKind } from '../../src/checker/result.ts';
import { eventsOf } from '../../src/history/events-of.ts';
import type { OffsetCommitEvent } from '../../src/history/group.ts';
import type { Run } from '../../src/history/run.ts';
import { transactionalRowsOf } from '../history/sample.ts';
import { exactlyOnceFindings } from '../oracle/exactly-once.ts';
import { skippedByDefinition, zombiesByDefinition } from '../oracle/group.ts';

/** A library waits for so long, at least, before it sends a commit again. */
const BACKOFF_NS = 80e6;

/**
 * What is not as a group was promised, by the definitions and without any excuse, in what members were handed and had committed when
 * all was over.
 */
export function wrongsInGroups(run: Run): FindingKind[] {
  const wrongs = new Set<FindingKind>();
  const { writes, reads, markers, events } = transactionalRowsOf(run);
  const commits = eventsOf(events, 'offset-commit');
  const last = eventsOf(events, 'offset-fetch').findLast(({ final }) => final === true);
  const committed = new Map(last?.offsets.map(({ partition, offset }) => [partition, offset]));
  if (run.info.group!.commit !== 'automatic') {
    for (const [partition, offset] of committed) {
      const wrong = wrongAnswerIn(commits, { partition, offset, invokeNs: last!.invokeNs });
      if (wrong !== null) wrongs.add(wrong);
    }
    const answered = commits.flatMap(({ outcome, generation, invokeNs, completeNs: doneNs }) =>
      outcome === 'ok' && generation !== null ? [{ generation, invokeNs, doneNs }] : [],
    );
    if (zombiesByDefinition(answered).length > 0) wrongs.add('zombie-offset');
  }
  const lives = new Set(eventsOf(events, 'member').map(({ scan }) => scan));
  const finals = eventsOf(events, 'scan').filter(({ final, covered }) => final && covered);
  const shown = reads.filter(
    (read) =>
      read.integrity === 'valid' &&
      finals.some(({ scan, partition }) => scan === read.scan && partition === read.partition) &&
      (run.info.transactions === undefined || fateOf(read, markers) !== 'abort'),
  );
  const handed = reads.filter(({ scan }) => lives.has(scan)).map((read) => ({ ...read, life: read.scan }));
  const mayHaveCommittedUnseen =
    run.info.group!.commit === 'automatic' &&
    eventsOf(events, 'member').some(({ what }) => what === 'killed' || what === 'ended');
  if (!mayHaveCommittedUnseen && skippedByDefinition(shown, committed, handed).length > 0)
    wrongs.add('group-skipped');
  const { copies } = run.info;
  if (copies !== undefined) {
    const offsets = Array.from({ length: copies.partitions }, (_, partition) => {
      const offset = committed.get(partition);
      return offset === undefined ? null : Math.max(0, offset);
    });
    const found = exactlyOnceFindings({ writes, reads, markers, events, ...copies, committed: offsets });
    for (const finding of found) wrongs.add(finding.split(' ')[0] as FindingKind);
  }
  return [...wrongs].toSorted();
}

/** The marker behind a record; undefined where it is of no transaction, or there is none. */
function fateOf(
  { partition, producerId, offset }: { partition: number; producerId?: number; offset: number },
  markers: readonly { partition: number; producerId: number; offset: number; kind: string }[],
): string | undefined {
  const own = markers.filter(
    (marker) => marker.partition === partition && marker.producerId === producerId && marker.offset > offset,
  );
  return own.toSorted((one, other) => one.offset - other.offset)[0]?.kind;
}

/** Each commit that was over must have been followed, or been, one of what was told. */
function wrongAnswerIn(
  commits: readonly OffsetCommitEvent[],
  answer: { partition: number; offset: number; invokeNs: number },
): FindingKind | null {
  const own = commits.flatMap(({ offsets, ...commit }) =>
    commit.outcome === 'fail'
      ? []
      : offsets
          .filter(({ partition }) => partition === answer.partition)
          .map(({ offset }) => ({ ...commit, offset })),
  );
  const over = own.filter(({ outcome, completeNs }) => outcome === 'ok' && completeNs < answer.invokeNs);
  const told = own.filter(({ offset }) => offset === answer.offset);
  const explains = (before: (typeof own)[number]) =>
    told.some(
      ({ outcome, invokeNs, completeNs, transaction }) =>
        outcome !== 'ok' ||
        completeNs >= before.invokeNs ||
        (transaction === undefined && completeNs - invokeNs >= BACKOFF_NS),
    );
  if (over.every(explains)) return told.length > 0 || answer.offset < 0 ? null : 'offset-phantom';
  if (answer.offset < 0) return 'offset-lost';
  if (told.length === 0) return 'offset-phantom';
  // More than was committed last hands nothing out again, and skips nothing.
  return over.some((before) => !explains(before) && before.offset > answer.offset)
    ? 'offset-regressed'
    : null;
}

import type { ResetEvent, ScanEvent } from '../../src/history/event.ts';
import { FINDING_KINDS, type Counts } from '../../src/checker/result.ts';
import type { Event } from '../../src/history/event.ts';
import type { Read, Write } from '../../src/history/write.ts';

/**
 * The definitions of the findings, word for word, with plain objects and no thought of speed: what the checker is
 * held against. It decides about everything but time (`reordered`), for which there is another brute force.
 */
export interface History {
  writes: readonly Write[];
  reads: readonly Read[];
  events: readonly Event[];
  readsIncomplete?: boolean;
  writesIncomplete?: boolean;
}

const NOT_OURS = 'not ours';

export function bruteCounts(history: History): Counts {
  const { writes, reads, events, readsIncomplete = false, writesIncomplete = false } = history;
  const counts = Object.fromEntries(
    ['attempted', 'ok', 'sent', 'fail', 'info', 'found', 'info-found', ...FINDING_KINDS].map((name) => [
      name,
      0,
    ]),
  ) as unknown as Counts;

  const rowsOf = new Map<string, Write[]>();
  for (const write of writes) {
    const value = `${write.worker}:${write.seq}`;
    rowsOf.set(value, [...(rowsOf.get(value) ?? []), write]);
  }
  const firstRows = [...rowsOf.values()].map((rows) => rows[0]!);
  counts.attempted = firstRows.length;
  for (const { outcome } of firstRows) counts[outcome]++;

  const partitions = new Set([...writes, ...reads].map(({ partition }) => partition));
  for (const partition of partitions) {
    const scan = decidingScan(events, partition);
    const home = (value: string) => rowsOf.get(value)?.[0]?.partition === partition;
    const returned = reads
      .filter((read) => read.partition === partition)
      .map((read) => ({
        scan: read.scan,
        offset: read.offset,
        timeNs: read.timeNs,
        value: read.integrity === 'valid' && read.worker !== null ? `${read.worker}:${read.seq}` : NOT_OURS,
      }));
    const isFinal = (number: number) =>
      events.some(
        (event) =>
          event.type === 'scan' && event.final && event.partition === partition && event.scan === number,
      );
    const hasReturned = (number: number | undefined, offset: number) =>
      returned.some((record) => record.scan === number && record.offset === offset);
    /** What the deciding scan went past is there if another final scan returned it; the first one tells what. */
    const records = returned.map((record, index) => ({
      ...record,
      decides:
        record.scan === scan?.scan ||
        (scan?.covered === true &&
          isFinal(record.scan) &&
          record.offset >= scan.from &&
          record.offset < scan.end &&
          !hasReturned(scan.scan, record.offset) &&
          returned.findIndex(({ scan: number, offset }) => isFinal(number) && offset === record.offset) ===
            index),
    }));
    const readers = events.flatMap((event) =>
      event.type === 'scan' && event.partition === partition ? [event.scan] : [],
    );
    for (const reader of new Set(readers)) {
      const own = returned.filter((record) => record.scan === reader);
      const highest = Math.max(-1, ...own.map(({ offset }) => offset));
      const wentPast = (at: number) =>
        events.some(
          (event) =>
            event.type === 'scan' &&
            event.partition === partition &&
            event.scan === reader &&
            at >= event.from &&
            at < event.end &&
            (event.covered || at < highest),
        ) && !resets(reader).some(({ from, to }) => at >= from && at < to);
      const skipped = records.filter(
        ({ decides, offset }) => decides && wentPast(offset) && !hasReturned(reader, offset),
      );
      // What a reader was given may be among what is missing.
      if (!readsIncomplete) counts.skipped += new Set(skipped.map(({ offset }) => offset)).size;
      counts['non-monotonic-read'] += own.filter((later, index) =>
        own.some((earlier, before) => {
          if (before >= index || earlier.timeNs >= later.timeNs || later.offset > earlier.offset)
            return false;
          // Whether the reader began again in between, at or below what it was given then.
          return ![...restarts(reader)].some(
            ({ timeNs, to }) => timeNs > earlier.timeNs && timeNs <= later.timeNs && to <= later.offset,
          );
        }),
      ).length;
    }
    function resets(reader: number) {
      return events.filter(
        (event) => event.type === 'reset' && event.partition === partition && event.scan === reader,
      ) as ResetEvent[];
    }
    function restarts(reader: number) {
      const begun = events.filter(
        (event) => event.type === 'scan' && event.partition === partition && event.scan === reader,
      ) as ScanEvent[];
      return [...resets(reader), ...begun.map(({ invokeNs, from }) => ({ timeNs: invokeNs, to: from }))];
    }
    const deciding = records.filter(({ decides }) => decides);
    const offsetsOf = (value: string, among: typeof records) =>
      new Set(among.filter((record) => record.value === value).map(({ offset }) => offset));

    counts.phantom += new Set(
      records
        .filter(
          ({ value }) =>
            !home(value) &&
            !((rowsOf.get(value)?.length ?? 0) > 1) &&
            !(writesIncomplete && value !== NOT_OURS && !rowsOf.has(value)),
        )
        .map(({ offset }) => offset),
    ).size;

    const saidAt = new Map<number, Set<string>>();
    const say = (offset: number, value: string) =>
      saidAt.set(offset, (saidAt.get(offset) ?? new Set()).add(value));
    for (const { offset, value } of records) say(offset, value);

    for (const [value, [write, ...more]] of rowsOf) {
      if (write === undefined || write.partition !== partition) continue;
      const foundAt = offsetsOf(value, deciding);
      const seenAt = offsetsOf(
        value,
        records.filter(({ decides }) => !decides),
      );
      if (foundAt.size > 0) {
        counts.found++;
        if (write.outcome === 'info') counts['info-found']++;
      }
      if (more.length > 0) continue;
      if (new Set([...foundAt, ...seenAt]).size > 1) counts.duplicate++;
      if (write.outcome === 'fail' && foundAt.size + seenAt.size > 0) counts['aborted-read']++;
      const isGone = foundAt.size === 0 && goneAfterRead(write, value);
      if (write.outcome !== 'ok') {
        if (isGone) counts['lost-after-read']++;
        else if (write.outcome === 'sent' && foundAt.size + seenAt.size === 0 && readable(write))
          counts['sent-missing']++;
        continue;
      }

      if (write.offset !== null && !isReportedAlike(write, foundAt)) say(write.offset, value);
      if (foundAt.size > 0) {
        const isOutOfPlace = write.offset !== null && !foundAt.has(write.offset);
        if (isOutOfPlace && !isReportedAlike(write, foundAt)) counts.misplaced++;
      } else if (!readable(write) && !isGone) {
        const isElsewhere = write.offset !== null && seenAt.size === 1 && !seenAt.has(write.offset);
        if (isElsewhere && givenFirst(write, value) !== undefined) counts.misplaced++;
        else counts.unread++;
      } else if (givenFirst(write, value) !== undefined) counts['lost-after-read']++;
      else counts.lost++;
    }
    counts.divergent += [...saidAt.values()].filter((values) => values.size > 1).length;

    /** Its worker was told the same offset for the record that stands there, and both are in the log. */
    function isReportedAlike({ worker, offset }: Write, foundAt: ReadonlySet<number>): boolean {
      if (foundAt.size === 0 || foundAt.has(offset!)) return false;
      const held = deciding.find((record) => record.offset === offset)?.value ?? NOT_OURS;
      const rows = rowsOf.get(held) ?? [];
      const [other, ...more] = rows;
      const isBatch = [...foundAt].some((place) => {
        const [from, to] = [Math.min(place, offset!), Math.max(place, offset!)];
        return Array.from({ length: to - from + 1 }, (_, index) => from + index).every((at) => {
          const there = deciding.find((record) => record.offset === at)?.value ?? NOT_OURS;
          return there !== NOT_OURS && there.startsWith(`${worker}:`);
        });
      });
      // The answer to the record that stands there may be among what is missing.
      if (isBatch && writesIncomplete && rows.length === 0) return true;
      return (
        isBatch &&
        more.length === 0 &&
        home(held) &&
        other?.worker === worker &&
        other.outcome === 'ok' &&
        other.offset === offset
      );
    }

    /** When and where a reader was first given it; of no use if that was before it was sent. */
    function givenFirst(write: Write, value: string) {
      const given = records
        .filter((record) => !record.decides && record.value === value)
        .map(({ offset, timeNs, scan: number }) => ({
          offset,
          timeNs: timeNs > 0 ? timeNs : endedNs(number),
        }));
      const first = given.toSorted((a, b) => a.timeNs - b.timeNs)[0];
      return first === undefined || first.timeNs < write.invokeNs ? undefined : first;
    }

    function endedNs(number: number): number {
      const own = events.flatMap((event) =>
        event.type === 'scan' && event.scan === number && event.partition === partition
          ? [event.completeNs]
          : [],
      );
      return own.length === 0 ? Infinity : Math.max(...own);
    }

    /** Whether the deciding scan came after that, and would have returned it. */
    function goneAfterRead(write: Write, value: string): boolean {
      const first = givenFirst(write, value);
      if (scan === undefined || !scan.covered || first === undefined) return false;
      if (scan.from > 0 && first.offset < scan.from) return false;
      if (first.timeNs > scan.invokeNs) return false;
      return (
        !readsIncomplete || first.offset >= scan.end || deciding.some(({ offset }) => offset === first.offset)
      );
    }

    function readable(write: Write): boolean {
      if (scan === undefined || !scan.covered) return false;
      if (scan.from > 0 && (write.offset ?? -1) < scan.from) return false;
      const knownNs = write.completeNs === null ? Infinity : Math.max(write.invokeNs, write.completeNs);
      if (knownNs > scan.invokeNs) return false;
      if (!readsIncomplete) return true;
      if (write.offset === null) return false;
      return write.offset >= scan.end || deciding.some(({ offset }) => offset === write.offset);
    }
  }

  const ends = events.filter((event) => event.type === 'end');
  counts['end-regressed'] = ends.filter((end) =>
    ends.some(
      (before) =>
        before.partition === end.partition && before.completeNs < end.invokeNs && before.offset > end.offset,
    ),
  ).length;
  return counts;
}

function decidingScan(events: readonly Event[], partition: number): ScanEvent | undefined {
  const final = events.filter(
    (event): event is ScanEvent => event.type === 'scan' && event.final && event.partition === partition,
  );
  const covered = final.filter((event) => event.covered);
  const candidates = covered.length > 0 ? covered : final;
  const isPartOfAnother = (scan: ScanEvent) =>
    candidates.some((other) => scan.from > other.from && scan.end <= other.end);
  return candidates
    .filter((scan) => !isPartOfAnother(scan))
    .toSorted((a, b) => a.completeNs - b.completeNs)
    .at(-1);
}

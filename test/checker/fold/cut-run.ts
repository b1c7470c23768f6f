import type { Event, ScanEvent } from '../../../src/history/event.ts';
import { timeOf } from '../../../src/history/events-of.ts';
import { endAt, readAt, writeAt } from '../../../src/history/columns/columns.ts';
import { runOf } from '../../../src/history/memory.ts';
import type { Run } from '../../../src/history/run.ts';
import type { Read, Write } from '../../../src/history/write.ts';

/**
 * A run of one final scan, cut into segments of one log, as if it had been settled and scanned at the end of each. A segment
 * ends after so many writes; its scan covers of each partition what is known by then: up to the first record whose write, or
 * the first acknowledgement, that is to come.
 * @param at shares of the writes, ascending.
 */
export function cutRun(run: Run, at: readonly number[]): Run[] {
  const writes: Write[] = [];
  for (const batch of run.writes())
    for (let row = 0; row < batch.length; row++) writes.push(writeAt(batch, row));
  const reads: Read[] = [];
  for (const batch of run.reads())
    for (let row = 0; row < batch.length; row++) reads.push(readAt(batch, row));
  const events: Event[] = [...run.events];
  for (const batch of run.ends()) for (let row = 0; row < batch.length; row++) events.push(endAt(batch, row));
  const isFinal = (event: Event): event is ScanEvent => event.type === 'scan' && event.final;
  const finals = events.filter(isFinal).filter(({ covered }) => covered);
  const finalScans = new Set(finals.map(({ scan, partition }) => `${scan}/${partition}`));
  const isOfFinal = ({ scan, partition }: Read) => finalScans.has(`${scan}/${partition}`);

  const cuts = at.map((share) => {
    const index = Math.floor(share * writes.length);
    const timeNs = Math.max(0, ...writes.slice(0, index).map(({ completeNs }) => completeNs ?? 0));
    const toCome = new Map(writes.slice(index).map((write) => [`${write.worker}:${write.seq}`, write]));
    const ends = new Map<number, number>();
    for (const { partition, end } of finals) ends.set(partition, Math.max(end, ends.get(partition) ?? 0));
    const lower = (partition: number, offset: number) =>
      ends.set(partition, Math.min(offset, ends.get(partition) ?? 0));
    for (const { worker, seq, partition, offset } of reads)
      if (toCome.has(`${worker}:${seq}`)) lower(partition, offset);
    for (const { partition, offset } of toCome.values()) if (offset !== null) lower(partition, offset);
    return { index, timeNs, ends };
  });

  const segments: Run[] = [];
  let before = { index: 0, timeNs: -Infinity, ends: new Map<number, number>() };
  for (const cut of [...cuts, null]) {
    const since = before;
    const isIn = (read: Read) => {
      const { partition, offset, timeNs } = read;
      if (!isOfFinal(read)) return timeNs > since.timeNs && (cut === null || timeNs <= cut.timeNs);
      return (
        offset >= (since.ends.get(partition) ?? 0) && (cut === null || offset < cut.ends.get(partition)!)
      );
    };
    const own = events.filter((event) => {
      if (isFinal(event) && event.covered) return false;
      return timeOf(event) > since.timeNs && (cut === null || timeOf(event) <= cut.timeNs);
    });
    const scans = finals.map((scan) => ({
      ...scan,
      from: since.ends.get(scan.partition) ?? scan.from,
      end: cut?.ends.get(scan.partition) ?? scan.end,
    }));
    segments.push({
      ...runOf({
        info: run.info,
        writes: writes.slice(since.index, cut?.index),
        reads: reads.filter(isIn),
        events: [...own, ...scans],
      }),
      damage: () => (cut === null ? run.damage() : []),
    });
    if (cut !== null) before = cut;
  }
  return segments;
}

import { isUnsaid } from '../../history/assumptions.ts';
import type { Examination } from '../examination.ts';
import { diskExcuseOf } from '../facts/disks.ts';
import { EndBounds } from '../facts/end-bounds.ts';
import type { EndList } from '../facts/end-list.ts';
import { regressions, whyWatermarksLag } from '../facts/ends.ts';

/**
 * What end offsets say of the times of appends: an answer that the log ends at h means that everything below h was
 * there when it came, and that nothing from h on was there when it was asked for.
 *
 * Kafka's end offset is the high watermark, so this is only true where an append counts from the moment at which the
 * watermark passes it: with acks=all nothing is acknowledged, and nothing is read, before. With acks=1 the watermark
 * lags behind what is acknowledged; where it may be cut back (unclean election, lost power, changed disks) it proves nothing of what
 * comes to stand below it; before Kafka 2.2 (KIP-207) a new leader may give one that is behind. There ends are not
 * used, nor where it may be unknown who led. Nor is the answer of a broker that was replaced or about to be, for a zombie speaks of a log of its own; nor an
 * end that went back, which is a finding by itself.
 */
export function boundByEnds(examination: Examination): void {
  for (const log of examination.logs) {
    const ends = boundingEnds(examination, log.partition);
    if (ends !== null) log.ends = new EndBounds(ends);
  }
}

/** The end offsets of a partition that say something of time; null where there are none. */
export function boundingEnds(examination: Examination, partition: number): EndList | null {
  const { run, power } = examination;
  const { acks, uncleanLeaderElection } = run.info.contract;
  if (acks !== 'all' || isUnsaid(run.info.contract, 'acks') || uncleanLeaderElection) return null;
  if (power.occurred || diskExcuseOf(examination.faults) !== null || examination.eventsIncomplete)
    return null;
  const { lists, isIncomplete } = examination.ends;
  // One that went back may be told by an end that is missing.
  if (isIncomplete) return null;
  const all = lists.get(partition);
  const ends = all?.where((row) => speaksOfThisLog(examination, partition, all, row));
  if (ends === undefined || ends.length === 0) return null;
  if (whyWatermarksLag(run.info, examination.leadershipOf(partition)) !== null) return null;
  const regressed = new Set(regressions(ends).map(({ end }) => end));
  return regressed.size === 0 ? ends : ends.where((row) => !regressed.has(row));
}

/** A change of leader may be noticed so much later than it took place, and its clock be so much off. */
const MARGIN_NS = 3e9;

function speaksOfThisLog(examination: Examination, partition: number, ends: EndList, row: number): boolean {
  const leadership = examination.leadershipOf(partition);
  const [invokeNs, completeNs, broker] = [ends.invokeNs[row]!, ends.completeNs[row]!, ends.broker[row]!];
  if (examination.unwatched.at(invokeNs, MARGIN_NS)) return false;
  if (broker < 0) return !leadership.changed;
  if (leadership.wasDeposed(broker, invokeNs)) return false;
  return !leadership.changedBetween(invokeNs - MARGIN_NS, completeNs + MARGIN_NS);
}

import { OUTCOMES } from '../history/write.ts';
import { int64At, type WriteBatch } from '../history/run.ts';
import type { Examination } from './examination.ts';
import type { PartitionLog } from './partition.ts';
import { PAGE_KEYS, SLAB_BITS, SLAB_MASK } from './paged.ts';
import { OUTCOME_BITS, REPEATED } from './values.ts';

/** First pass over the writes: what became of each value, and whether faults were in force when it was written. */
export function recordOutcomes(examination: Examination): void {
  const { run, counts, faults } = examination;
  const totals = [0, 0, 0, 0];
  const firstFaultNs = faults.reduce((first, { fromNs }) => Math.min(first, fromNs), Infinity);
  for (const batch of run.writes()) recordBatch(examination, batch, totals, firstFaultNs);
  for (const [code, outcome] of OUTCOMES.entries()) counts[outcome] = totals[code]!;
  counts.attempted = totals.reduce((sum, count) => sum + count, 0);
}

/**
 * This loop sees every write of a history, so it is written out: nearly always there is a page for the value, and
 * nothing is called.
 * @param totals by the code of an outcome: how many there were.
 */
function recordBatch(
  examination: Examination,
  batch: WriteBatch,
  totals: number[],
  firstFaultNs: number,
): void {
  const { values, homes, nearLogs } = examination;
  const { places: statePlaces, slabs: stateSlabs } = values.states;
  const { places: homePlaces, slabs: homeSlabs } = homes;
  const { length, worker, seq, partition, invokeNs, outcome } = batch;
  for (let row = 0; row < length; row++) {
    const log = nearLogs[partition[row]!] ?? examination.logOf(partition[row]!);
    const invoked = int64At(invokeNs, row);
    if (invoked >= firstFaultNs && !examination.testedUnderFault)
      examination.testedUnderFault = isUnderFault(examination, invoked);
    const code = outcome[row]!;
    const low = seq[2 * row]!;
    const page = seq[2 * row + 1] === 0 ? values.pageOf(worker[row]!, low >>> 16) : -1;
    const place = page < 0 ? undefined : statePlaces[page];
    const states = place === undefined ? undefined : stateSlabs[place >>> SLAB_BITS];
    const cell = (place! & SLAB_MASK) + (low & 0xffff);
    if (states !== undefined && states[cell] === 0) {
      states[cell] = code + 1;
      if (log.index !== 0) {
        const home = homePlaces[page];
        if (home === undefined) homes.set(page * PAGE_KEYS + (low & 0xffff), log.index);
        else homeSlabs[home >>> SLAB_BITS]![(home & SLAB_MASK) + (low & 0xffff)] = log.index;
      }
    } else if (!isFirstRow(examination, log, batch, row)) continue;
    totals[code]!++;
    log.attempted++;
    if (invoked > log.lastInvokeNs) log.lastInvokeNs = invoked;
  }
}

function isUnderFault({ faults }: Examination, timeNs: number): boolean {
  return faults.some(({ fromNs, toNs }) => fromNs <= timeNs && timeNs <= toNs);
}

/** Records a write where there was no page for it yet, or another row; false when there was one. */
function isFirstRow(examination: Examination, log: PartitionLog, batch: WriteBatch, row: number): boolean {
  const { values, homes } = examination;
  const { states } = values;
  const id = values.add(batch.worker[row]!, int64At(batch.seq, row));
  const known = states.get(id);
  if ((known & OUTCOME_BITS) !== 0) {
    if ((known & REPEATED) === 0) examination.repeated++;
    states.set(id, known | REPEATED);
    return false;
  }
  states.set(id, batch.outcome[row]! + 1);
  if (log.index !== 0) homes.set(id, log.index);
  return true;
}

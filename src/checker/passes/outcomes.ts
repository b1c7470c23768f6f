import { isUnderFault } from '../../history/fault-spans.ts';
import { OUTCOMES } from '../../history/write.ts';
import { int64At, type WriteBatch } from '../../history/run.ts';
import type { Examination } from '../examination.ts';
import type { PartitionLog } from '../facts/partition.ts';
import { areWorkersSessions } from '../facts/producer-sessions.ts';
import { PAGE_KEYS, SLAB_BITS, SLAB_MASK } from '../columns/paged.ts';
import { claimOf, FIRST_VALUE } from '../columns/slots.ts';
import { cellOf, OUTCOME_BITS, REPEATED } from '../columns/values.ts';

const OK = OUTCOMES.indexOf('ok');

/**
 * First pass over the writes: what became of each value, where it was acknowledged, and whether faults were in force
 * when it was written.
 */
export function recordOutcomes(examination: Examination): void {
  const { run, counts, faults } = examination;
  const totals = [0, 0, 0, 0];
  const firstFaultNs = faults.reduce((first, { fromNs }) => Math.min(first, fromNs), Infinity);
  try {
    for (const batch of run.writes()) recordBatch(examination, batch, totals, firstFaultNs);
  } finally {
    for (const [code, outcome] of OUTCOMES.entries()) counts[outcome] = totals[code]!;
    counts.attempted = totals.reduce((sum, count) => sum + count, 0);
  }
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
  const { values, nearLogs, faults } = examination;
  const { places, slabs } = values.cells;
  const { info } = examination.run;
  const areSessions = areWorkersSessions(info);
  // Where the client library repeats by itself, that is known of all its writes.
  const maySendAgain = !info.contract.idempotence && !info.contract.clientRetries;
  const { length, worker, seq, partition, invokeNs, completeNs, outcome, offset, attempts } = batch;
  for (let row = 0; row < length; row++) {
    const log = nearLogs[partition[row]!] ?? examination.logOf(partition[row]!);
    const invoked = int64At(invokeNs, row);
    if (invoked >= firstFaultNs && !examination.testedUnderFault)
      examination.testedUnderFault = isUnderFault(faults, invoked);
    const code = outcome[row]!;
    const low = seq[2 * row]!;
    const page = seq[2 * row + 1] === 0 ? values.pageOf(worker[row]!, low >>> 16) : -1;
    const place = page < 0 ? undefined : places[page];
    const cells = place === undefined ? undefined : slabs[place >>> SLAB_BITS];
    const cell = (place! & SLAB_MASK) + (low & 0xffff);
    if (cells !== undefined && cells[cell] === 0) cells[cell] = cellOf(code + 1, log.index);
    else if (!isFirstRow(examination, log, batch, row)) continue;
    totals[code]!++;
    if (maySendAgain && attempts[row]! > 1)
      examination.sentAgain.set(values.idOf(worker[row]!, int64At(seq, row)), 1);
    log.attempted++;
    if (invoked > log.lastInvokeNs) log.lastInvokeNs = invoked;
    if (code !== OK) continue;
    const at = offset[2 * row]! >>> 0;
    const slotPlace = offset[2 * row + 1] === 0 ? log.slots.cells.places[at >>> 16] : undefined;
    if (page >= 0 && slotPlace !== undefined) {
      const slots = log.slots.cells.slabs[slotPlace >>> SLAB_BITS]!;
      const slot = (slotPlace & SLAB_MASK) + (at & 0xffff);
      if (slots[slot] === 0) slots[slot] = claimOf(page * PAGE_KEYS + (low & 0xffff));
    } else if (!claimFar(examination, log, batch, row)) continue;
    const acknowledgedAt = int64At(offset, row);
    log.pace.acknowledged(acknowledgedAt, invoked, int64At(completeNs, row), null);
    if (areSessions) log.sessions.acknowledged(worker[row]!, acknowledgedAt, invoked);
  }
}

/** Where there is no page for the offset or the value yet; false when the acknowledgement names no offset. */
function claimFar(examination: Examination, log: PartitionLog, batch: WriteBatch, row: number): boolean {
  const offset = int64At(batch.offset, row);
  if (offset < 0) return false;
  const id = examination.values.idOf(batch.worker[row]!, int64At(batch.seq, row));
  log.slots.claim(offset, id + FIRST_VALUE);
  return true;
}

/** Records a write where there was no page for it yet, or another row; false when there was one. */
function isFirstRow(examination: Examination, log: PartitionLog, batch: WriteBatch, row: number): boolean {
  const { values } = examination;
  const id = examination.addValue(batch.worker[row]!, int64At(batch.seq, row));
  const known = values.stateOf(id);
  if ((known & OUTCOME_BITS) !== 0) {
    if ((known & REPEATED) === 0) examination.repeated++;
    values.setState(id, known | REPEATED);
    return false;
  }
  values.cells.set(id, cellOf(batch.outcome[row]! + 1, log.index));
  return true;
}

import { valueName } from '../../core/words.ts';
import { INTEGRITIES, type Integrity } from '../../history/write.ts';
import { int64At, type ReadBatch } from '../../history/run.ts';
import type { Examination } from '../examination.ts';
import type { Cause } from '../findings/grouping.ts';
import { judgeWrongPlace, RULINGS } from '../findings/judgement.ts';
import { PAGE_KEYS, SLAB_BITS, SLAB_MASK } from '../columns/paged.ts';
import { COPY, DIVERGENT, DIVERGENT_COUNTED, PHANTOM, type PartitionLog } from '../facts/partition.ts';
import { claimOf, FIRST_VALUE, FOREIGN, SCANNED } from '../columns/slots.ts';
import {
  cellOf,
  FOUND,
  FOUND_TWICE,
  IS_FAIL,
  IS_INFO,
  IS_OK,
  IN_PLACE,
  OUTCOME_BITS,
  REPEATED,
  SEEN,
} from '../columns/values.ts';

const NO_WORKER = 0xffffffff;
const VALID = INTEGRITIES.indexOf('valid');

/**
 * First pass over the reads. What the deciding scan of a partition returned takes its slot in the log; of what other
 * readers returned it is only noted that they did. A record that no write explains is a phantom.
 */
export function recordPresence(examination: Examination): void {
  const { run } = examination;
  const wrongPlace: Cause = { ruling: judgeWrongPlace(run.info) };
  for (const batch of run.reads()) recordBatch(examination, batch, wrongPlace);
}

/**
 * This loop sees every record of a history, so what nearly every record is, the first copy of a value at the offset
 * that it claims, is written out in it; the rest is `recordRead`'s, which knows all cases.
 */
function recordBatch(examination: Examination, batch: ReadBatch, wrongPlace: Cause): void {
  const { values, counts, nearLogs } = examination;
  const { places, slabs } = values.cells;
  const { length, worker, seq, partition, offset, scan, timeNs, integrity } = batch;
  let found = 0;
  for (let row = 0; row < length; row++) {
    const log = nearLogs[partition[row]!] ?? examination.logOf(partition[row]!);
    const low = seq[2 * row]!;
    const at = offset[2 * row]! >>> 0;
    const isNear = seq[2 * row + 1] === 0 && offset[2 * row + 1] === 0;
    const page = isNear ? values.pageOf(worker[row]!, low >>> 16) : -1;
    const place = page < 0 ? undefined : places[page];
    const slotPlace = log.slots.cells.places[at >>> 16];
    if (
      place === undefined ||
      slotPlace === undefined ||
      scan[row] !== log.decidingScan ||
      integrity[row] !== VALID
    ) {
      recordRead(examination, log, batch, row, wrongPlace);
      continue;
    }
    const cells = slabs[place >>> SLAB_BITS]!;
    const cell = (place & SLAB_MASK) + (low & 0xffff);
    const slots = log.slots.cells.slabs[slotPlace >>> SLAB_BITS]!;
    const slot = (slotPlace & SLAB_MASK) + (at & 0xffff);
    const claim = claimOf(page * PAGE_KEYS + (low & 0xffff));
    if (slots[slot] !== claim || cells[cell] !== cellOf(IS_OK, log.index)) {
      recordRead(examination, log, batch, row, wrongPlace);
      continue;
    }
    cells[cell] = cellOf(IS_OK | FOUND | IN_PLACE, log.index);
    slots[slot] = claim + SCANNED;
    found++;
    log.placed++;
    log.scanned++;
    if (at < log.lastScanned) log.scannedUpwards = false;
    log.lastScanned = at;
    const readNs = int64At(timeNs, row);
    if (readNs > 0 && readNs < log.firstReadNs) log.firstReadNs = readNs;
  }
  counts.found += found;
}

/** A record, whatever it is. */
function recordRead(
  examination: Examination,
  log: PartitionLog,
  batch: ReadBatch,
  row: number,
  wrongPlace: Cause,
): void {
  const { values } = examination;
  const offset = int64At(batch.offset, row);
  const integrity = batch.integrity[row]!;
  const readNs = int64At(batch.timeNs, row);
  const decides = log.decidingScan >= 0 && log.decidingScan === batch.scan[row];
  if (!decides) log.earlierReads++;
  const code = slotCodeOf(examination, log, integrity, batch.worker[row]!, int64At(batch.seq, row));
  const state = code === FOREIGN ? 0 : values.stateOf(code - FIRST_VALUE);
  const isKnown = isOfThisLog(examination, log, code, state);
  if (!isKnown && (state & REPEATED) === 0) {
    if (wasTakenHere(examination, log, code, state))
      noteCopy(examination, log, code - FIRST_VALUE, { offset, readNs });
    else notePhantom(examination, log, wrongPlace, offset, code, integrity, readNs);
  }
  if (isKnown && (state & OUTCOME_BITS) === IS_FAIL && (state & (FOUND | SEEN)) === 0)
    examination.suspicious++;
  if (!decides) {
    if (isKnown && (state & SEEN) === 0) {
      examination.seen++;
      if ((state & FOUND) !== 0) examination.seenAndFound++;
      values.setState(code - FIRST_VALUE, state | SEEN);
    }
    return;
  }
  if (readNs > 0 && readNs < log.firstReadNs) log.firstReadNs = readNs;
  if (offset < 0) log.isContradicted = true;
  const held = log.slots.scannedAt(offset);
  if (held !== 0) log.scannedUpwards = false;
  if (held === code) return;
  if (held === 0) {
    fillSlot(examination, log, offset, code, isKnown);
    if (offset < log.lastScanned) log.scannedUpwards = false;
    log.lastScanned = offset;
  } else {
    log.isContradicted = true;
    noteDivergentScan(examination, log, offset, readNs);
  }
  if (isKnown) noteFound(examination, log, code - FIRST_VALUE, offset, readNs);
}

/** A final scan returned this at an offset where no scan had returned anything. */
export function fillSlot(
  { values }: Examination,
  log: PartitionLog,
  offset: number,
  code: number,
  isKnown: boolean,
): void {
  const state = isKnown ? values.stateOf(code - FIRST_VALUE) : 0;
  const isCopy = (state & FOUND) !== 0;
  if (log.slots.codeAt(offset) === code && (state & (OUTCOME_BITS | REPEATED)) === IS_OK) {
    values.setState(code - FIRST_VALUE, state | IN_PLACE);
    log.placed++;
    // The first copy, at another offset, has no acknowledgement: only the sweep knows what it means for the order.
    if (isCopy) log.pace.isPlain = false;
  }
  log.slots.scan(offset, code);
  log.scanned++;
  if (!isCopy) return;
  log.mark(offset, COPY);
  log.copies++;
}

/** A final scan returned a value of this log: for the first time, or once more. */
export function noteFound(
  examination: Examination,
  log: PartitionLog,
  id: number,
  offset: number,
  timeNs: number,
): void {
  const { values, counts } = examination;
  const state = values.stateOf(id);
  if ((state & FOUND) !== 0) {
    const cause = examination.copies.causeAt(log, offset, examination.sentAgain.get(id) !== 0);
    return noteDuplicate(examination, log, cause, { id, offset, timeNs });
  }
  values.setState(id, state | FOUND);
  counts.found++;
  if ((state & SEEN) !== 0) examination.seenAndFound++;
  if ((state & OUTCOME_BITS) === IS_INFO) counts['info-found']++;
}

/** What a slot holds when it holds this record. */
export function slotCodeOf(
  examination: Examination,
  log: PartitionLog,
  integrity: number,
  worker: number,
  seq: number,
): number {
  if (integrity !== VALID || worker === NO_WORKER || seq < 0) return FOREIGN;
  const id = examination.values.idOf(worker, seq);
  if (id >= 0) return id + FIRST_VALUE;
  return examination.hasRoomForStrangers ? examination.values.add(worker, seq) + FIRST_VALUE : FOREIGN;
}

/** Whether a write of this run to this partition explains the record. */
export function isOfThisLog(
  { values }: Examination,
  log: PartitionLog,
  code: number,
  state: number,
): boolean {
  return (state & OUTCOME_BITS) !== 0 && values.homeOf(code - FIRST_VALUE) === log.index;
}

/** Whether it is of a write to another partition, and a broker took it in this one, too: its client sent it to both. */
function wasTakenHere(
  { values, requestLog }: Examination,
  log: PartitionLog,
  code: number,
  state: number,
): boolean {
  if (code === FOREIGN || (state & OUTCOME_BITS) === 0) return false;
  const id = code - FIRST_VALUE;
  return requestLog.wasTakenIn(values.workerOf(id), values.seqOf(id), log.partition);
}

function noteCopy(
  examination: Examination,
  log: PartitionLog,
  id: number,
  { offset, readNs }: { offset: number; readNs: number },
): void {
  const cause = examination.copies.causeAt(log, offset, examination.sentAgain.get(id) !== 0);
  noteDuplicate(examination, log, cause, { id, offset, timeNs: readNs });
}

/** One value at another offset than before. */
export function noteDuplicate(
  { values, counts, findings }: Examination,
  log: PartitionLog,
  cause: Cause,
  { id, offset, timeNs }: { id: number; offset: number; timeNs: number },
): void {
  const state = values.stateOf(id);
  if ((state & (FOUND_TWICE | REPEATED)) !== 0) return;
  values.setState(id, state | FOUND_TWICE);
  counts.duplicate++;
  const [worker, seq] = [values.workerOf(id), values.seqOf(id)];
  const group = findings.add('duplicate', null, log.partition, cause, offset, timeNs, worker, seq);
  if (group.wantsExample) group.examples.push({ value: valueName(worker, seq) });
}

const divergentScan: Cause = { ruling: RULINGS.divergentReads };

function noteDivergentScan(
  { counts, findings }: Examination,
  log: PartitionLog,
  offset: number,
  timeNs: number,
): void {
  if (!log.mark(offset, DIVERGENT | DIVERGENT_COUNTED)) return;
  counts.divergent++;
  findings.add('divergent', null, log.partition, divergentScan, offset, timeNs);
}

function notePhantom(
  examination: Examination,
  log: PartitionLog,
  wrongPlace: Cause,
  offset: number,
  code: number,
  integrity: number,
  timeNs: number,
): void {
  const { values, counts, findings } = examination;
  const isStranger = code !== FOREIGN && (values.stateOf(code - FIRST_VALUE) & OUTCOME_BITS) === 0;
  if (examination.writesDisagree || (isStranger && examination.writesIncomplete)) {
    examination.unexplained++;
    return;
  }
  if (!log.mark(offset, PHANTOM)) return;
  counts.phantom++;
  const kind =
    code === FOREIGN
      ? (INTEGRITIES[integrity] ?? 'unreadable')
      : isStranger
        ? 'never-written'
        : 'wrong-place';
  const cause = kind === 'wrong-place' ? wrongPlace : PHANTOMS[kind];
  const isForeign = code === FOREIGN;
  const worker = isForeign ? -1 : values.workerOf(code - FIRST_VALUE);
  const seq = isForeign ? -1 : values.seqOf(code - FIRST_VALUE);
  const group = findings.add('phantom', null, log.partition, cause, offset, timeNs, worker, seq);
  if (!group.wantsExample) return;
  const value = isForeign ? 'unknown' : valueName(worker, seq);
  group.examples.push({ value, foundOffsets: [offset] });
}

const PHANTOMS: Record<Exclude<Integrity | 'never-written', 'wrong-place'>, Cause> = {
  valid: phantom('the record has no readable value', 'unknown'),
  unreadable: phantom('the record is none of this program: somebody else writes to the topic', 'unknown'),
  'bad-checksum': phantom('the checksum of the record does not hold: its bytes were changed', 'broker'),
  mismatched: phantom('the checksum or the run id of the record does not match', 'unknown'),
  'foreign-run': phantom('the record was written by another run', 'unknown'),
  'never-written': phantom('the record carries a number that no write of this run had', 'unknown'),
};

function phantom(reason: string, blame: 'broker' | 'unknown'): Cause {
  return { ruling: { judgement: 'violation', reason, blame } };
}

import { grouped, moment, valueName } from '../../core/words.ts';
import { int64At } from '../../history/run.ts';
import type { Examination } from '../examination.ts';
import type { Cause } from '../findings/grouping.ts';
import { RULINGS } from '../findings/judgement.ts';
import type { PartitionLog } from '../facts/partition.ts';
import { fillSlot, isOfThisLog, noteFound, slotCodeOf } from '../passes/presence.ts';
import { FIRST_VALUE, FOREIGN } from '../columns/slots.ts';
import { Sessions, type Session } from '../facts/sessions.ts';

/**
 * Readers, held against each other: a session of a reader must be given the records of a partition in the order of
 * their offsets, and none may be left out (session guarantees; Terry and others, 1994).
 *
 * One scan cannot tell what is gone from what it was not handed. So what the deciding scan went past, but another
 * final scan returned, is there: it fills the log as if the deciding scan had returned it, and it is the reader that
 * skipped it. What no final scan returned is gone. Only records that some final scan returned can have been skipped:
 * where none did, a consumer may have gone past a record that was lost by then. An offset at which a reader was given
 * another record is not skipped but divergent; and that a reader was given nothing more proves nothing.
 */
export function compareReaders(examination: Examination): void {
  const { run, logs } = examination;
  const sessions = new Sessions(run.events);
  const hasOthers = (log: PartitionLog) =>
    sessions.in(log.partition).some(({ scan }) => scan !== log.scan?.scan);
  // Of a scan that cannot be held against any reader it is known already whether it went straight on.
  if (logs.every((log) => log.scannedUpwards && !hasOthers(log))) return;
  passReads(examination, sessions);
  // What a reader was given, or a reset, may be among the rows that are missing.
  if (examination.readsIncomplete || examination.eventsIncomplete) return;
  for (const log of logs) {
    if (!hasOthers(log)) continue;
    for (const session of sessions.in(log.partition)) noteSkips(examination, log, session);
  }
}

/** One pass over the reads: what each reader was given, in which order, and what only another final scan returned. */
function passReads(examination: Examination, sessions: Sessions): void {
  const { run } = examination;
  const goingBack = new Map<string, Cause>();
  let session: Session | undefined;
  let log: PartitionLog | null = null;
  for (const batch of run.reads()) {
    const { partition, scan, timeNs } = batch;
    for (let row = 0; row < batch.length; row++) {
      if (log === null || log.partition !== partition[row] || session?.scan !== scan[row]) {
        log = examination.logOf(partition[row]!);
        session = sessions.find(partition[row]!, scan[row]!);
      }
      if (session === undefined) continue;
      const offset = int64At(batch.offset, row);
      const givenNs = int64At(timeNs, row);
      const highest = session.returned(offset, givenNs);
      if (highest >= 0 && !examination.eventsIncomplete) {
        let cause = goingBack.get(session.name);
        if (cause === undefined) goingBack.set(session.name, (cause = causeOf('nonMonotonicRead', session)));
        noteGoingBack(examination, log, cause, { offset, highest, givenNs });
      }
      if (!session.final || !isLeftOut(log, offset)) continue;
      const code = slotCodeOf(
        examination,
        log,
        batch.integrity[row]!,
        batch.worker[row]!,
        int64At(batch.seq, row),
      );
      putBack(examination, log, { offset, code, givenNs });
    }
  }
}

/** Whether the deciding scan went past this offset, and no reader has returned a record there until now. */
function isLeftOut(log: PartitionLog, offset: number): boolean {
  const { scan } = log;
  if (scan === null || !scan.covered) return false;
  return offset >= scan.from && offset < scan.end && log.slots.scannedAt(offset) === 0;
}

/** The record is in the log although the deciding scan did not return it. */
function putBack(
  examination: Examination,
  log: PartitionLog,
  { offset, code, givenNs }: { offset: number; code: number; givenNs: number },
): void {
  const id = code - FIRST_VALUE;
  const state = code === FOREIGN ? 0 : examination.values.stateOf(id);
  const isKnown = isOfThisLog(examination, log, code, state);
  fillSlot(examination, log, offset, code, isKnown);
  if (isKnown) noteFound(examination, log, id, offset, givenNs);
}

/** Everything that a reader went past and was not given, although some final scan returned it. */
function noteSkips({ values, counts, findings }: Examination, log: PartitionLog, session: Session): void {
  let cause: Cause | null = null;
  log.slots.forEach((offset, code, isScanned) => {
    if (session.wasGiven(offset) || !isScanned || !session.wentPast(offset)) return;
    counts.skipped++;
    cause ??= causeOf('skipped', session);
    const isForeign = code === FOREIGN;
    const worker = isForeign ? -1 : values.workerOf(code - FIRST_VALUE);
    const seq = isForeign ? -1 : values.seqOf(code - FIRST_VALUE);
    const group = findings.add('skipped', null, log.partition, cause, offset, -1, worker, seq);
    if (!isForeign && group.wantsExample)
      group.examples.push({ value: valueName(worker, seq), foundOffsets: [offset] });
  });
}

function noteGoingBack(
  { counts, findings }: Examination,
  log: PartitionLog,
  cause: Cause,
  { offset, highest, givenNs }: { offset: number; highest: number; givenNs: number },
): void {
  counts['non-monotonic-read']++;
  const group = findings.add('non-monotonic-read', null, log.partition, cause, offset, givenNs);
  if (!group.wantsExample) return;
  const detail = `it had been given offset ${grouped(highest)} before, and was given offset ${grouped(offset)} at ${moment(givenNs)}`;
  group.examples.push({ value: '', detail });
}

function causeOf(kind: 'skipped' | 'nonMonotonicRead', { name }: Session): Cause {
  return { ruling: RULINGS[kind], reader: name };
}

import { grouped, valueName } from '../../core/words.ts';
import { eventsOf } from '../../history/events-of.ts';
import { FIRST_VALUE } from '../columns/slots.ts';
import { FOUND_TWICE, REPEATED } from '../columns/values.ts';
import type { Examination } from '../examination.ts';
import { areWorkersSessions } from '../facts/producer-sessions.ts';

/**
 * Do the records of one idempotent producer stand in the order of the numbers that it gave them? The client numbers them
 * as it sends them, and the final scan tells where the numbers of a log go back. That is a repetition if the record
 * stands in the log twice; else the broker took it behind one that was sent later.
 *
 * So it is known of this program's own runs, whose clients may begin a new producer while writes are under way: there
 * times do not say which writes belong together, and numbers do.
 */
export function checkSequences(examination: Examination): void {
  const { run, values, findings, counts } = examination;
  // What stands there a second time may be among the rows that are missing.
  if (areWorkersSessions(run.info) || examination.readsIncomplete || examination.writesIncomplete) return;
  for (const event of eventsOf(run.events, 'repetition')) {
    const { scan, partition, offset, sequence, highest, timeNs } = event;
    if (highest === undefined || sequence >= highest) continue;
    const log = examination.logOf(partition);
    if (scan !== log.decidingScan) continue;
    const id = log.slots.scannedAt(offset) - FIRST_VALUE;
    if (id < 0 || (values.stateOf(id) & (FOUND_TWICE | REPEATED)) !== 0) continue;
    counts['producer-order']++;
    const cause = examination.causesOf(log).producerOrder;
    const [worker, seq] = [values.workerOf(id), values.seqOf(id)];
    const group = findings.add('producer-order', null, partition, cause, offset, timeNs, worker, seq);
    if (!group.wantsExample) continue;
    const value = valueName(worker, seq);
    const detail = `${value} has the number ${grouped(sequence)} of its producer and stands at offset ${grouped(offset)}, behind number ${grouped(highest)}`;
    group.examples.push({ value, foundOffsets: [offset], detail });
  }
}

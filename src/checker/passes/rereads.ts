import { int64At } from '../../history/run.ts';
import type { Examination } from '../examination.ts';
import { PagedColumn } from '../columns/paged.ts';
import { DIVERGENT, DIVERGENT_COUNTED, type PartitionLog } from '../facts/partition.ts';
import { isOfThisLog, noteDuplicate, slotCodeOf } from './presence.ts';
import { FIRST_VALUE, FOREIGN } from '../columns/slots.ts';
import { FOUND } from '../columns/values.ts';

/**
 * Second pass over the reads, where there are readers besides the deciding scans: what they were given must be what
 * is there, at the same offset; and having been given it, they prove that it had been appended by then.
 */
export function compareRereads(examination: Examination): void {
  const { run, values, counts, findings, copies } = examination;
  if (examination.logs.every((log) => log.earlierReads === 0 && !log.readWhileWritten)) return;
  /** By value id: where it was seen first, plus one, if the deciding scan did not return it there. */
  const strays = new PagedColumn('float64');

  for (const batch of run.reads()) {
    const { worker, seq, partition, scan, integrity } = batch;
    for (let row = 0; row < batch.length; row++) {
      const log = examination.logOf(partition[row]!);
      const decides = log.scan !== null && log.scan.scan === scan[row];
      if (decides && !log.readWhileWritten) continue;
      const offset = int64At(batch.offset, row);
      const timeNs = int64At(batch.timeNs, row);
      const code = slotCodeOf(examination, log, integrity[row]!, worker[row]!, int64At(seq, row));
      const held = log.slots.codeAt(offset);
      if (held === 0) {
        log.slots.claim(offset, code);
      } else if (
        held !== code &&
        // Where only an acknowledgement speaks for the other record, it matters what else was acknowledged there.
        (!examination.writesDisagree || log.slots.isScanned(offset)) &&
        log.mark(offset, DIVERGENT | DIVERGENT_COUNTED)
      ) {
        counts.divergent++;
        findings.add(
          'divergent',
          null,
          log.partition,
          examination.causesOf(log).divergentReads,
          offset,
          timeNs,
        );
      }
      if (held === code || held === 0) noteRead(log, offset, timeNs);
      if (decides || code === FOREIGN || (held === code && log.slots.isScanned(offset))) continue;

      const id = code - FIRST_VALUE;
      if (!isOfThisLog(examination, log, code, values.stateOf(id))) continue;
      const first = strays.get(id);
      if ((values.stateOf(id) & FOUND) !== 0 || (first !== 0 && first !== offset + 1)) {
        // A covering scan did not return this copy here, so it is gone.
        const isCut = log.covered && offset >= log.scan!.from;
        const cause = isCut
          ? copies.causeOfCut(log, offset, examination.causesOf(log).divergentReads)
          : copies.causeAt(log, offset, examination.sentAgain.get(id) !== 0);
        noteDuplicate(examination, log, cause, { id, offset, timeNs });
      } else if (first === 0) {
        strays.set(id, offset + 1);
      }
    }
  }
}

function noteRead(log: PartitionLog, offset: number, timeNs: number): void {
  if (timeNs <= 0) return;
  const known = log.readNs.get(offset);
  if (known === 0 || timeNs + 1 < known) log.readNs.set(offset, timeNs + 1);
}

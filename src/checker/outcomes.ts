import { OUTCOMES } from '../history/write.ts';
import { int64At } from '../history/run.ts';
import type { Examination } from './examination.ts';
import { OUTCOME_BITS, REPEATED } from './values.ts';

/** First pass over the writes: what became of each value, and whether faults were in force when it was written. */
export function recordOutcomes(examination: Examination): void {
  const { run, values, homes, counts, faults } = examination;
  const { states } = values;
  const totals = [0, 0, 0, 0];
  const firstFaultNs = faults.reduce((first, { fromNs }) => Math.min(first, fromNs), Infinity);
  for (const batch of run.writes()) {
    const { worker, seq, partition, invokeNs, outcome } = batch;
    for (let row = 0; row < batch.length; row++) {
      const log = examination.logOf(partition[row]!);
      const invoked = int64At(invokeNs, row);
      if (!examination.testedUnderFault && invoked >= firstFaultNs) {
        examination.testedUnderFault = faults.some(
          ({ fromNs, toNs }) => fromNs <= invoked && invoked <= toNs,
        );
      }
      const id = values.add(worker[row]!, int64At(seq, row));
      const known = states.get(id);
      if ((known & OUTCOME_BITS) !== 0) {
        if ((known & REPEATED) === 0) examination.repeated++;
        states.set(id, known | REPEATED);
        continue;
      }
      const code = outcome[row]!;
      states.set(id, code + 1);
      totals[code]!++;
      if (log.index !== 0) homes.set(id, log.index);
      log.attempted++;
      if (invoked > log.lastInvokeNs) log.lastInvokeNs = invoked;
    }
  }
  for (const [code, outcome] of OUTCOMES.entries()) counts[outcome] = totals[code]!;
  counts.attempted = totals.reduce((sum, count) => sum + count, 0);
}

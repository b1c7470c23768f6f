import { grouped, moment } from '../../core/words.ts';
import type { EndEvent } from '../../history/event.ts';
import type { Examination } from '../examination.ts';
import { judgeEnds } from '../findings/judgement.ts';
import type { Cause } from '../findings/grouping.ts';
import { regressions, whyWatermarksLag } from '../facts/ends.ts';

/**
 * End offsets (high watermarks) alone: none may be smaller than one that was observed strictly earlier, that is,
 * whose answer came before this one was asked for. A broker that had been replaced by then speaks of a log of its own,
 * so what it answers is no observation of this one.
 */
export function checkEnds(examination: Examination): void {
  const { run, counts, findings } = examination;
  const { lists, isIncomplete } = examination.ends;
  // Who had been replaced by then may be unknown, or what speaks against the clock of the ends.
  if (isIncomplete) return;
  for (const [partition, all] of lists) {
    const leadership = examination.leadershipOf(partition);
    const ends = all.where((row) =>
      isObservation(examination, partition, { broker: all.broker[row]!, invokeNs: all.invokeNs[row]! }),
    );
    const { contract } = run.info;
    const laggingWatermarks = whyWatermarksLag(run.info, leadership);
    const causes = new Map<string | null, Cause>();
    const causeOf = (powerExcuse: string | null): Cause => {
      const known = causes.get(powerExcuse);
      if (known !== undefined) return known;
      const leaderChanges = leadership.changesUnder(contract);
      const cause = judgeEnds({ contract, leaderChanges, laggingWatermarks, powerExcuse });
      causes.set(powerExcuse, cause);
      return cause;
    };
    for (const { end, before } of regressions(ends)) {
      // An end says when it was seen, and nothing of when what lies below it was written.
      const sinceNs = 0;
      const [offset, completeNs, broker] = [ends.offset[end]!, ends.completeNs[end]!, ends.broker[end]!];
      const cause = causeOf(examination.power.excuse(contract, leadership, { sinceNs, untilNs: completeNs }));
      counts['end-regressed']++;
      const group = findings.add('end-regressed', null, partition, cause, offset, completeNs);
      if (!group.wantsExample) continue;
      const earlier = `${grouped(ends.offset[before]!)} at ${moment(ends.completeNs[before]!)}`;
      group.examples.push({
        value: '',
        broker: broker < 0 ? null : broker,
        detail: `the end was ${earlier}, and ${grouped(offset)} at ${moment(completeNs)}`,
      });
    }
  }
}

/** Whether who gave this end is known not to have been replaced by then. */
export function isObservation(
  { unwatched, leadershipOf }: Examination,
  partition: number,
  { broker, invokeNs }: Pick<EndEvent, 'broker' | 'invokeNs'>,
): boolean {
  return !unwatched.at(invokeNs) && !leadershipOf(partition).wasDeposed(broker, invokeNs);
}

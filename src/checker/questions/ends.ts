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
  // Who had been replaced by then may be unknown.
  if (examination.eventsIncomplete) return;
  const byPartition = new Map<number, EndEvent[]>();
  for (const event of run.events) {
    if (event.type !== 'end') continue;
    if (examination.unwatched.at(event.invokeNs)) continue;
    if (examination.leadershipOf(event.partition).wasDeposed(event.broker, event.invokeNs)) continue;
    const known = byPartition.get(event.partition);
    if (known === undefined) byPartition.set(event.partition, [event]);
    else known.push(event);
  }
  for (const [partition, ends] of byPartition) {
    const leadership = examination.leadershipOf(partition);
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
      const cause = causeOf(
        examination.power.excuse(contract, leadership, { sinceNs, untilNs: end.completeNs }),
      );
      counts['end-regressed']++;
      const group = findings.add('end-regressed', null, partition, cause, end.offset, end.completeNs);
      if (!group.wantsExample) continue;
      group.examples.push({
        value: '',
        broker: end.broker < 0 ? null : end.broker,
        detail: `the end was ${grouped(before.offset)} at ${moment(before.completeNs)}, and ${grouped(end.offset)} at ${moment(end.completeNs)}`,
      });
    }
  }
}

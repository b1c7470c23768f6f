import type { EndEvent } from '../history/event.ts';
import type { RunInfo } from '../history/run.ts';
import type { Examination } from './examination.ts';
import { judgeEnds } from './judgement.ts';
import { grouped, moment } from './wording.ts';

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
    if (examination.leadershipOf(event.partition).wasDeposed(event.broker, event.invokeNs)) continue;
    const known = byPartition.get(event.partition);
    if (known === undefined) byPartition.set(event.partition, [event]);
    else known.push(event);
  }
  for (const [partition, ends] of byPartition) {
    const leadership = examination.leadershipOf(partition);
    const ruling = judgeEnds({
      contract: run.info.contract,
      leaderChanges: leadership.changed,
      laggingWatermarks: watermarksMayLag(run.info),
      powerExcuse: examination.power.excuse(run.info.contract, leadership.terms, 0),
    });
    const cause = { ruling };
    for (const { end, before } of regressions(ends)) {
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

/** The ends that are smaller than one that was observed strictly earlier, and that one. */
export function regressions(ends: readonly EndEvent[]): { end: EndEvent; before: EndEvent }[] {
  const byAnswer = ends.toSorted((a, b) => a.completeNs - b.completeNs);
  const found: { end: EndEvent; before: EndEvent }[] = [];
  let answered = 0;
  let highest: EndEvent | null = null;
  for (const end of ends.toSorted((a, b) => a.invokeNs - b.invokeNs)) {
    for (; answered < byAnswer.length && byAnswer[answered]!.completeNs < end.invokeNs; answered++) {
      if (highest === null || byAnswer[answered]!.offset > highest.offset) highest = byAnswer[answered]!;
    }
    if (highest !== null && highest.offset > end.offset) found.push({ end, before: highest });
  }
  return found;
}

/** Up to Kafka 2.1 a new leader may answer with an end offset that has not caught up (KIP-207). */
export function watermarksMayLag({ versions }: RunInfo): boolean {
  const [major = Infinity, minor = 0] = (versions.kafka ?? '')
    .split('.')
    .map((part) => Number.parseInt(part, 10));
  return major < 2 || (major === 2 && minor < 2);
}

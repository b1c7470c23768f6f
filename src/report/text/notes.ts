import { NS_PER_MS } from '../../core/clock.ts';
import { counted, moment } from '../../core/words.ts';
import type { Run } from '../../history/run.ts';
import { eventsOf } from '../../history/events-of.ts';

/** What a reader of the result must also know: faults that did not happen, a load that fell behind, damaged files. */
export function notesOf(run: Run): string[] {
  const notes: string[] = [];
  let skipped = 0;
  for (const event of eventsOf(run.events, 'fault-failed', 'fault-skipped', 'note')) {
    if (event.type === 'fault-failed') {
      notes.push(
        `At ${moment(event.timeNs)} ${event.fault.kind} could not be applied or undone: ${event.reason}`,
      );
    } else if (event.type === 'fault-skipped') skipped++;
    else if (event.about !== 'information') notes.push(event.text);
  }
  if (skipped > 0)
    notes.push(`${counted(skipped, 'planned fault')} left out, to keep enough of the cluster up.`);
  for (const { host, uncertaintyNs } of run.info.clocks ?? [])
    notes.push(
      uncertaintyNs === null
        ? `${host} has a clock of its own, of which too little is known: the order of its writes among others is not judged.`
        : `${host} has a clock of its own, and its times are right to ${milliseconds(uncertaintyNs)}: the order of its writes among others is judged only beyond that.`,
    );
  if (run.info.status === 'failed')
    notes.push(`The run failed: ${run.info.failure ?? 'no reason is recorded'}`);
  for (const { file, detail } of run.damage()) notes.push(`${file} is damaged: ${detail}`);
  return notes;
}

function milliseconds(timeNs: number): string {
  return `${(timeNs / NS_PER_MS).toFixed(1)} ms`;
}

import { join } from 'node:path';
import { writeWhole } from '../core/draft.ts';
import { messageOf } from '../core/failure.ts';
import { atPath } from '../core/paths.ts';
import type { Event } from '../history/event.ts';
import { SCHEDULE_FILE } from '../history/layout.ts';
import { executedSchedule } from '../nemesis/executed.ts';
import type { Plan } from './plan.ts';
import type { Reporter } from './reporter.ts';

/** First what is planned, in the end what was done: either can be run again as a scenario's script. */
export function writeSchedule(directory: string, schedule: Plan['schedule']): void {
  const path = join(directory, SCHEDULE_FILE);
  atPath(path, 'written', () => writeWhole(path, `${JSON.stringify(schedule, null, 2)}\n`));
}

export function writeExecuted(
  directory: string,
  events: readonly Event[],
  { say }: Pick<Reporter, 'say'>,
): void {
  try {
    writeSchedule(directory, executedSchedule(events));
  } catch (error) {
    say(`kept: ${messageOf(error)}.\n`);
  }
}

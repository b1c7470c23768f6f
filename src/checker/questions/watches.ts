import { clause, counted, moment } from '../../core/words.ts';
import type { GapEvent } from '../../history/event.ts';
import type { Examination } from '../examination.ts';

/** What a reader of the verdict should know of the gaps in what was observed. */
export function remarksOnWatches({ run, unwatched }: Examination): string[] {
  const [first, ...others] = unwatched.gaps;
  if (first === undefined) return [];
  const told = run.events.find(
    (event): event is GapEvent => event.type === 'gap' && event.fromNs === first.fromNs,
  );
  const until = first.toNs === Infinity ? 'the end' : moment(first.toNs);
  const why = told === undefined ? '' : ` (${clause(told.reason)})`;
  const more = others.length === 0 ? '' : `, nor in ${counted(others.length, 'other gap')}`;
  return [
    `The leaders were not watched from ${moment(first.fromNs)} to ${until}${why}${more}: nothing is a violation that a change of leader then would permit.`,
  ];
}

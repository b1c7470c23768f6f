import { EXIT, Failure } from '../../core/failure.ts';
import { NEMESIS, type Event } from './event.ts';
import { areComparable, type Moment } from './moment.ts';

/** What the order of events is taken from. */
export type Order = 'lines' | 'time';

export const ORDERS: readonly Order[] = ['lines', 'time'];

/**
 * Events in the order in which they happened. Without an order the lines give it, and the times and numbers that the
 * events carry must not contradict them: then one of the two is wrong, and a verdict by the wrong one would be, too.
 */
export function inOrder(events: Event[], order: Order | undefined): Event[] {
  if (order === 'time') return byTime(events);
  if (order === undefined) assertOrder(events);
  return events;
}

/**
 * By time; events of one time stay in the order of lines and share a rank, which makes them concurrent.
 * @throws Failure where an event has no time, or one that cannot be compared with the others.
 */
function byTime(events: readonly Event[]): Event[] {
  const timed = events.filter(({ process, time }) => process !== NEMESIS || time !== undefined);
  const first = timed[0];
  for (const { time, line } of timed) {
    if (time !== undefined && areComparable(time, first!.time!)) continue;
    const lacks = time === undefined ? 'has no time' : `has a time of another sort than line ${first!.line}`;
    throw new Failure(`The operation in line ${line} ${lacks}, so the order cannot be taken from times.`, {
      hint: 'Leave out --order time.',
      exitStatus: EXIT.usage,
    });
  }
  const sorted = timed.toSorted((a, b) => (a.time! < b.time! ? -1 : Number(a.time! > b.time!)));
  let rank = 0;
  return sorted.map((event, at) => {
    if (at > 0 && event.time! > sorted[at - 1]!.time!) rank++;
    return { ...event, rank };
  });
}

/**
 * Only calls and returns that changed places matter: an operation is before another when it returned before the other
 * was called. Two calls, or two returns, may stand in either order.
 */
function assertOrder(events: readonly Event[]): void {
  const latest: { call?: Event; answer?: Event } = {};
  let numbered: Event | undefined;
  for (let at = 0; at < events.length; at++) {
    const event = events[at]!;
    const { index, time, process } = event;
    if (index !== undefined && index >= 0) {
      if (numbered !== undefined && index < numbered.index!)
        throw contradiction(numbered, event, (each) => `the index ${each.index}`);
      numbered = event;
    }
    if (time === undefined || process === NEMESIS) continue;
    const [own, other] =
      event.type === 'invoke' ? (['call', 'answer'] as const) : (['answer', 'call'] as const);
    if (isAfter(latest[other]?.time, time))
      throw contradiction(latest[other]!, event, (each) => `the time ${shown(each.time!)}`);
    if (latest[own] === undefined || isAfter(time, latest[own].time)) latest[own] = event;
  }
}

function isAfter(a: Moment | undefined, b: Moment | undefined): boolean {
  return a !== undefined && b !== undefined && areComparable(a, b) && a > b;
}

function contradiction(before: Event, after: Event, what: (event: Event) => string): Failure {
  return new Failure(
    `Line ${after.line} has ${what(after)}, but stands behind line ${before.line}, which has ${what(before)}: the order of lines and that of events contradict each other.`,
    {
      hint: '"--order time" takes the order from the times, "--order lines" from the lines.',
      exitStatus: EXIT.usage,
    },
  );
}

function shown(time: Moment): string {
  return typeof time === 'string' ? time.replace(/\.?0+$/, '') : String(time);
}

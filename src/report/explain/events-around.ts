import { leadershipsOf, type Leadership, type Term } from '../../checker/facts/leadership.ts';
import { mayMissRows } from '../../checker/facts/completeness.ts';
import { PowerLosses } from '../../checker/facts/power.ts';
import { Unwatched } from '../../checker/facts/unwatched.ts';
import { describeFault } from '../../history/fault-words.ts';
import type { FaultStartEvent, FaultStopEvent } from '../../history/event.ts';
import { eventsOf, viewsByPartition } from '../../history/events-of.ts';
import type { Run } from '../../history/run.ts';
import type { Write } from '../../history/write.ts';
import type { RecordRows, Step, StepOf } from './life.ts';
import type { Names } from './names.ts';

/** While a record was under way; of one that is gone: until it was known to be. */
export interface Span {
  fromNs: number;
  toNs: number;
}

/** Whether it was watched who led at a moment, and none of that is missing. */
export function watchOf(run: Run): (timeNs: number) => boolean {
  const unwatched = new Unwatched(run.events);
  const isWhole = !mayMissRows(run, 'events');
  return (timeNs) => isWhole && !unwatched.at(timeNs);
}

/** Who led which partition, as the checker knows it. */
export function leadershipOf(run: Run): (partition: number) => Leadership {
  const power = new PowerLosses(run.events, run.info.kafkaMode, run.info.nodes);
  return leadershipsOf(run, power, !mayMissRows(run, 'events'), new Unwatched(run.events));
}

/**
 * The last term that had begun when the record set out, those of the brokers that answered for it (one that was replaced
 * without noticing answers in an older one), and each term that began until the end of the span.
 */
export function leaderSteps(
  { events }: Pick<Run, 'events'>,
  leadership: Leadership,
  { partition, writes }: { partition: number; writes: readonly Write[] },
  { fromNs, toNs }: Span,
): Step[] {
  const answering = writes.flatMap(({ broker, completeNs, invokeNs }) =>
    broker === null ? [] : (leadership.termAt(broker, completeNs ?? invokeNs) ?? []),
  );
  // A loss of power divides a term for the checker; nobody was seen to take over then.
  const seen = new Set(
    (viewsByPartition(events).get(partition) ?? []).map(({ leader, timeNs }) => `${leader} ${timeNs}`),
  );
  const terms = leadership.terms.filter((term) => seen.has(`${term.leader} ${term.fromNs}`));
  const wholeOf = (part: Term) =>
    terms.findLast(
      ({ leader, epoch, fromNs: beganNs }) =>
        leader === part.leader && epoch === part.epoch && beganNs <= part.fromNs,
    );
  const wanted = new Set([terms.findLast((term) => term.fromNs <= fromNs), ...answering.map(wholeOf)]);
  return terms
    .filter((term) => wanted.has(term) || (term.fromNs > fromNs && term.fromNs <= toNs))
    .map(({ fromNs: timeNs, node, epoch, startOffset }) => ({
      timeNs,
      what: 'leader',
      node,
      partition,
      epoch,
      startOffset,
    }));
}

/** The faults that were in force at any time of the span: when each took effect, and when it was undone. */
export function faultSteps({ events }: Pick<Run, 'events'>, { fromNs, toNs }: Span): Step[] {
  const starts = new Map<string, FaultStartEvent>();
  const stops = new Map<string, FaultStopEvent>();
  for (const event of eventsOf(events, 'fault-start', 'fault-stop'))
    if (event.type === 'fault-start') starts.set(event.id, event);
    else stops.set(event.id, event);
  return [...starts.values()].flatMap((start): Step[] => {
    const stop = stops.get(start.id);
    if (start.timeNs > toNs || (stop?.timeNs ?? Infinity) < fromNs) return [];
    const step = (
      what: 'fault-start' | 'fault-stop',
      { timeNs, verified }: FaultStartEvent | FaultStopEvent,
    ) => ({
      timeNs,
      what,
      id: start.id,
      label: describeFault(start.fault),
      targets: start.targets,
      verified: verified !== false,
    });
    return [step('fault-start', start), ...(stop === undefined ? [] : [step('fault-stop', stop)])];
  });
}

/** What people did by hand in the span. */
export function markSteps({ events }: Pick<Run, 'events'>, { fromNs, toNs }: Span): Step[] {
  return eventsOf(events, 'mark').flatMap(({ timeNs, mark, text }): Step[] =>
    timeNs < fromNs || timeNs > toNs ? [] : [{ timeNs, what: 'by-hand', mark, text }],
  );
}

/** Each log that was cut at or below one of these offsets since the record was sent. */
export function cutSteps(
  { events }: Pick<Run, 'events'>,
  partition: number,
  offset: number,
  { fromNs, toNs }: Span,
): Step[] {
  return eventsOf(events, 'log').flatMap((event): Step[] => {
    const { timeNs, node, truncatedTo, partition: named = null } = event;
    if (truncatedTo === undefined || truncatedTo > offset || (named ?? partition) !== partition) return [];
    if (timeNs < fromNs || timeNs > toNs) return [];
    return [{ timeNs, what: 'cut', node, truncatedTo, partition: named }];
  });
}

/** Sequence numbers of idempotent producers begin again at 0 behind this one. */
const SEQUENCES = 2 ** 31;

/** What the request log has of it. */
export function producedSteps({ events }: Pick<Run, 'events'>, { worker, seq }: RecordRows): Step[] {
  return eventsOf(events, 'produced').flatMap((event): Step[] => {
    const { timeNs, node, partition, values, code, offset, producerId, epoch, sequence } = event;
    const place = values?.findIndex(([w, s]) => w === worker && s === seq) ?? -1;
    if (place < 0) return [];
    return [
      {
        timeNs,
        what: 'produced',
        node,
        partition,
        code,
        offset: code === 0 && offset !== null && offset >= 0 ? offset + place : null,
        ...(producerId !== undefined && { producerId }),
        ...(epoch !== undefined && { epoch }),
        ...(sequence !== undefined && { sequence: (sequence + place) % SEQUENCES }),
      },
    ];
  });
}

/** Readers that went on behind or before the offset, without going past it. */
export function resetSteps(
  { events }: Pick<Run, 'events'>,
  names: Names,
  partition: number,
  offset: number,
): Step[] {
  return eventsOf(events, 'reset').flatMap((event): Step[] => {
    const { timeNs, scan, from, to, reason } = event;
    if (event.partition !== partition) return [];
    if (offset < Math.min(from, to) || offset >= Math.max(from, to)) return [];
    return [{ timeNs, what: 'reset', reader: names.reader(scan, partition), from, to, reason }];
  });
}

/** Readers that saw its sequence number, or a higher one, a second time at its place. */
export function repetitionSteps(
  { events }: Pick<Run, 'events'>,
  names: Names,
  { reads }: RecordRows,
): Step[] {
  return eventsOf(events, 'repetition').flatMap((event): Step[] => {
    const { timeNs, scan, partition, offset, producerId, sequence } = event;
    const isOwn = reads.some(
      (read) => read.scan === scan && read.partition === partition && read.offset === offset,
    );
    if (!isOwn) return [];
    return [
      { timeNs, what: 'repetition', reader: names.reader(scan, partition), offset, producerId, sequence },
    ];
  });
}

/** The first commit of the group that lets it never read the offset again. */
export function commitSteps({ events }: Pick<Run, 'events'>, partition: number, offset: number): Step[] {
  let first: StepOf<'group-commit'> | null = null;
  for (const event of eventsOf(events, 'offset-commit')) {
    const position = event.offsets.find((each) => each.partition === partition)?.offset ?? -1;
    if (event.outcome !== 'ok' || position <= offset) continue;
    if (event.completeNs >= (first?.timeNs ?? Infinity)) continue;
    const { member, completeNs: timeNs } = event;
    first = { timeNs, what: 'group-commit', member, position, offset };
  }
  return first === null ? [] : [first];
}

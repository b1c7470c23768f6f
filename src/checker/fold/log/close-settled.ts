import { eventsOf } from '../../../history/events-of.ts';
import { faultSpansOf, isUnderFault } from '../../../history/fault-spans.ts';
import type { Event } from '../../../history/event.ts';
import type { Run } from '../../../history/run.ts';
import type { Read, Write } from '../../../history/write.ts';
import { check } from '../../check.ts';
import { Examination } from '../../examination.ts';
import { isObservation } from '../../questions/ends.ts';
import { areWorkersSessions } from '../../facts/producer-sessions.ts';
import { boundaryEvents, faultsLeftOut } from './boundary-events.ts';
import type { LogState } from './log-state.ts';
import { withAdded } from './row-ranges.ts';

/**
 * A settled scan has found the place of everything that was written since the last one, or that it has none. Where that is
 * in order, nothing that comes later can make it wrong: only those writes are kept that may still turn up, and of the events
 * how the log goes on. Where something was found, all of it is held. So a state grows with what was found and with what is
 * open, and never with the length of a log.
 * @param sinceThen the same as a run, without what is held.
 * @param leaveOutRows leaves out what it can where this cannot leave out everything.
 */
export function closeSettled(
  state: LogState,
  sinceThen: Run,
  leaveOutRows: (state: LogState) => LogState,
): LogState {
  if (!isSettled(state)) return leaveOutRows(state);
  if (!isInOrder(sinceThen)) return holding(leaveOutRows(state), sinceThen);
  const { writes, leftOut, held } = state;
  const { open, lastReads, going } = partedOf(state, sinceThen);
  const own = withoutHeld(state);
  const still = new Set<unknown>([...open, ...lastReads, ...going]);
  const gone = own.writes.filter((write) => !still.has(write));
  const heldValues = new Set(held.writes.map(valueOf));
  const isOfHeld = (read: Read) => heldValues.has(valueOf(read));
  const goneReads = own.reads.filter((read) => !isOfHeld(read) && !still.has(read));
  const goneEvents = own.events.filter((event) => !still.has(event));
  const count = (of: Write['outcome']) => gone.filter(({ outcome }) => outcome === of).length;
  const faults = faultsLeftOut(state.events, goneEvents, wasTested(sinceThen, writes));
  return {
    ...state,
    writes: open,
    reads: lastReads,
    events: going,
    held: { ...held, reads: [...held.reads, ...own.reads.filter(isOfHeld)] },
    leftOut: {
      writes: leftOut.writes + count('ok'),
      others: { info: leftOut.others.info + count('info'), sent: leftOut.others.sent + count('sent') },
      faults: {
        struck: leftOut.faults.struck + faults.struck,
        unverified: leftOut.faults.unverified + faults.unverified,
        failed: leftOut.faults.failed + faults.failed,
        skipped: leftOut.faults.skipped + faults.skipped,
        tested: leftOut.faults.tested || faults.tested,
      },
      offsets: withAdded(
        leftOut.offsets,
        'partition',
        goneReads.map(({ partition, offset }) => [partition, offset]),
      ),
      values: withAdded(
        leftOut.values,
        'worker',
        gone.map(({ worker, seq }) => [worker, seq]),
      ),
    },
  };
}

/** All of it is put aside, in its order. What goes on or is open stands in both places: see `withoutHeld`. */
function holding(state: LogState, sinceThen: Run): LogState {
  const { held } = state;
  const { open, lastReads, going } = partedOf(state, sinceThen);
  const own = withoutHeld(state);
  return {
    ...state,
    writes: open,
    reads: lastReads,
    events: going,
    held: {
      writes: [...held.writes, ...own.writes],
      reads: [...held.reads, ...own.reads],
      events: [...held.events, ...own.events.filter((event) => !goesOnAlone(event))],
    },
  };
}

/** Scans that decide are joined with those that come. */
const goesOnAlone = (event: Event): boolean => event.type === 'scan' && event.final;

/** What is not held too. */
export function withoutHeld({
  writes,
  reads,
  events,
  held,
}: LogState): Pick<LogState, 'writes' | 'reads' | 'events'> {
  return {
    writes: notAmong(held.writes, writes),
    reads: notAmong(held.reads, reads),
    events: notAmong(held.events, events),
  };
}

/** By what they say, for they were written to disk in between. */
function notAmong<Item>(held: readonly Item[], items: Item[]): Item[] {
  if (held.length === 0) return items;
  const known = new Set(held.map((item) => JSON.stringify(item)));
  return items.filter((item) => !known.has(JSON.stringify(item)));
}

/**
 * What may still turn up, what may not, and the events that say how the log goes on. Of each partition the write that was
 * sent last is kept in any case: what comes to stand behind it must not have been known before it was sent. Where workers are
 * sessions of producers that holds of each of them.
 */
function partedOf({ writes, reads, events }: LogState, sinceThen: Run) {
  const examination = new Examination(sinceThen);
  const given = new Set(reads.map(valueOf));
  const last = new Map<string, Write>();
  const areSessions = areWorkersSessions(sinceThen.info);
  for (const write of writes) {
    const key = areSessions ? `${write.partition} ${write.worker}` : `${write.partition}`;
    const known = last.get(key);
    const isLater = known === undefined || write.invokeNs > known.invokeNs;
    if (isLater && given.has(valueOf(write))) last.set(key, write);
  }
  const lasting = new Set([...last.values()].map(valueOf));
  const isOpen = (write: Write) => write.outcome !== 'ok' && !given.has(valueOf(write));
  const places = new Set(reads.map(({ partition, offset }) => `${partition}/${offset}`));
  return {
    open: writes.filter((write) => lasting.has(valueOf(write)) || isOpen(write)),
    lastReads: reads.filter((read) => lasting.has(valueOf(read))),
    going: boundaryEvents(events, {
      wasRead: (partition, offset) => places.has(`${partition}/${offset}`),
      speaksOfLog: (end) => isObservation(examination, end.partition, end),
    }),
  };
}

/** Whether a scan has come past everything that is known to have an offset, and every reader has told how far it came. */
function isSettled({ writes, reads, events, settled }: LogState): boolean {
  if (writes.length === 0) return false;
  const ends = new Map(settled.map((one) => [one.partition, one]));
  const told = new Set(eventsOf(events, 'scan').map(({ scan, partition }) => `${scan}/${partition}`));
  return (
    eventsOf(events, 'end').every(({ partition, offset }) => offset <= (ends.get(partition)?.end ?? 0)) &&
    writes.every(({ partition, offset, completeNs }) => {
      const known = ends.get(partition);
      if (known === undefined) return false;
      return offset === null ? (completeNs ?? Infinity) <= known.invokeNs : offset < known.end;
    }) &&
    reads.every(
      ({ scan, partition, offset }) =>
        told.has(`${scan}/${partition}`) && offset < (ends.get(partition)?.end ?? 0),
    )
  );
}

/**
 * Whether nothing was found and nothing is open. Whether enough faults took effect is asked in the end, of all segments. A
 * history whose rows depend on more than on their neighbours is held in any case.
 */
function isInOrder(run: Run): boolean {
  const { info } = run;
  const scenario = { ...info.scenario, partOfSoak: true };
  const { verdict, findings } = check({ ...run, info: { ...info, scenario } }, { claim: 'kept' });
  return verdict === 'valid' && findings.length === 0;
}

const valueOf = ({ worker, seq }: Pick<Read, 'worker' | 'seq'>): string => `${worker}:${seq}`;

function wasTested({ events }: Run, writes: readonly Write[]): boolean {
  const faults = faultSpansOf(events);
  return writes.some(({ invokeNs }) => isUnderFault(faults, invokeNs));
}

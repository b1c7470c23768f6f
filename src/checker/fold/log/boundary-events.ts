import type { EndEvent, Event, ViewEvent } from '../../../history/event.ts';
import { timeOf } from '../../../history/events-of.ts';
import { gapsOf } from '../../../history/gaps.ts';
import type { LeftOutFaults } from '../../../history/run.ts';
import { changesDisks } from '../../facts/disks.ts';

/**
 * Of the events of a log that was found in order, those that say how it goes on: who leads and who follows, what every
 * observer said last, how far the log had come, and what is not over yet.
 * @param options.wasRead whether the record of this place was read, and found in order.
 * @param options.speaksOfLog whether a broker said it that led: of one that did not, nobody will know so much later.
 */
export function boundaryEvents(
  events: readonly Event[],
  {
    wasRead,
    speaksOfLog,
  }: {
    wasRead: (partition: number, offset: number) => boolean;
    speaksOfLog: (end: EndEvent) => boolean;
  },
): Event[] {
  const last = new Map<string, Event>();
  /** The end that was asked for last: what stands behind it was not there yet. */
  const asked = new Map<number, EndEvent>();
  const leading = new Map<number, number>();
  const ended = new Set<string>();
  const ofDisks = new Set<string>();
  for (const event of events) {
    if (event.type === 'end' && !speaksOfLog(event)) continue;
    const key = lastKey(event);
    if (key !== null) last.set(key, laterOf(last.get(key), event));
    if (event.type === 'end') {
      const lastAsked = asked.get(event.partition);
      if (lastAsked === undefined || event.invokeNs > lastAsked.invokeNs) asked.set(event.partition, event);
    }
    if (event.type === 'view' && event.epoch !== null)
      leading.set(event.partition, Math.max(event.epoch, leading.get(event.partition) ?? -1));
    if (isOver(event)) ended.add(idOf(event)!);
    if (event.type === 'fault-start' && strikesDisk(event.fault.kind)) ofDisks.add(event.id);
  }
  const lasting = new Set<Event>([...last.values(), ...asked.values()]);
  return events.filter((event) => {
    if (lasting.has(event)) return true;
    if (event.type === 'scan') return event.final;
    if (event.type === 'note') return gapsOf([event]).length > 0;
    if (event.type === 'view') return isOfTerm(event, leading.get(event.partition));
    if (event.type === 'repetition') return !wasRead(event.partition, event.offset);
    const id = idOf(event);
    if (event.type === 'fault-start' && strikesDisk(event.fault.kind)) return true;
    if (event.type === 'fault-stop' && ofDisks.has(event.id)) return true;
    return id !== null && !ended.has(id);
  });
}

/** What of the faults is not among the events any more. */
export function faultsLeftOut(all: readonly Event[], gone: readonly Event[], tested: boolean): LeftOutFaults {
  const started = new Set(all.flatMap((event) => (event.type === 'fault-start' ? [event.id] : [])));
  const count = (is: (event: Event) => boolean) => gone.filter(is).length;
  return {
    struck: count(({ type }) => type === 'fault-start'),
    unverified: count((event) => event.type === 'fault-start' && event.verified === false),
    failed: count((event) => event.type === 'fault-failed' && !started.has(event.id)),
    skipped: count(({ type }) => type === 'fault-skipped'),
    tested,
  };
}

const isOfTerm = ({ epoch }: ViewEvent, leading: number | undefined): boolean =>
  epoch === leading || leading === undefined;

/** What a fault of this kind destroyed may come to light much later. */
const strikesDisk = (kind: string): boolean => kind === 'power-loss' || changesDisks(kind);

/** Of these only the last one says something of what comes; null of all others. */
function lastKey(event: Event): string | null {
  const { type } = event;
  if (type === 'phase') return type;
  if (type === 'node' || type === 'clock') return `${type} ${event.node}`;
  if (type === 'controller') return `${type} ${event.observer}`;
  if (type === 'view') return `${type} ${event.observer} ${event.partition}`;
  return type === 'end' ? `${type} ${event.partition}` : null;
}

/** An end that was higher, and a clock that is less certain, say more than the last one. */
function laterOf(known: Event | undefined, event: Event): Event {
  if (known?.type === 'end') return (event as EndEvent).offset > known.offset ? event : known;
  if (known?.type === 'clock' && event.type === 'clock')
    return event.uncertaintyNs >= known.uncertaintyNs ? event : known;
  return known !== undefined && timeOf(known) > timeOf(event) ? known : event;
}

/** What has a beginning and an end, by its name. */
function idOf(event: Event): string | null {
  if (event.type === 'fault-start' || event.type === 'fault-stop') return `fault ${event.id}`;
  if (event.type === 'mark') return `mark ${event.id}`;
  if (event.type === 'gap') return `gap ${event.watch} ${event.node ?? ''} ${event.fromNs}`;
  return null;
}

function isOver(event: Event): boolean {
  if (event.type === 'gap') return event.toNs !== null;
  return event.type === 'fault-stop' || (event.type === 'mark' && event.mark !== 'start');
}

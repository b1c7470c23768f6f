import type { EndEvent, Event, FaultStartEvent, FaultStopEvent } from '../event.ts';
import { groupLine } from './group-lines.ts';
import type { Carried } from './parse-events.ts';

/**
 * All events as lines.
 * @param nameOf the name that stands for a scan's number.
 */
export function* formatEvents(
  events: readonly Event[],
  nameOf: (scan: number) => string,
): Generator<Record<string, unknown>> {
  const stops = matchingStops(events);
  const matched = new Set(stops.values());
  for (const [order, event] of events.entries()) {
    if (matched.has(order)) continue;
    const { extra, ...own } = event as Event & Carried;
    yield { ...lineOf(own, order), order, ...extra };
  }

  function lineOf(event: Event, order: number): Record<string, unknown> {
    // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- the others are written as they are
    switch (event.type) {
      case 'scan': {
        const { scan: number, name, invokeNs, completeNs, ...rest } = event;
        const scan = nameOf(number);
        return {
          ...rest,
          scan,
          ...(name !== scan && { name }),
          invoke: invokeNs,
          complete: completeNs,
        };
      }
      case 'reset': {
        const { timeNs, scan, ...rest } = event;
        return { ...rest, scan: nameOf(scan), time: timeNs };
      }
      case 'view': {
        const { timeNs, ...rest } = event;
        return { ...rest, time: timeNs };
      }
      case 'member':
      case 'offset-commit':
      case 'offset-fetch':
        return groupLine(event, nameOf);
      case 'fault-start':
        return faultLine(event, stops.get(order));
      default:
        return { ...event };
    }
  }

  function faultLine(start: FaultStartEvent, stopOrder: number | undefined): Record<string, unknown> {
    const stop = stopOrder === undefined ? null : (events[stopOrder] as FaultStopEvent);
    return {
      type: 'fault',
      id: start.id,
      kind: start.fault.kind,
      targets: start.targets,
      start: start.timeNs,
      stop: stop?.timeNs ?? null,
      requested: start.requestedNs,
      ...(start.beganNs !== undefined && { began: start.beganNs }),
      ...((start.evidence !== '' || start.verified === false) && { verified: start.verified !== false }),
      fault: start.fault,
      links: start.links,
      evidence: start.evidence,
      ...(start.missed !== undefined && { missed: start.missed }),
      ...(stop !== null && {
        stopOrder,
        stopRequested: stop.requestedNs,
        stopEvidence: stop.evidence,
        ...(stop.verified === false && { stopVerified: false }),
      }),
    };
  }
}

/**
 * An end offset as a line.
 * @param order its place behind all other events.
 */
export function formatEnd(end: EndEvent, order: number, others: Record<string, unknown> | null): string {
  const { partition, offset, invokeNs, completeNs, broker, stable } = end;
  const line = `{"type":"end","partition":${partition},"offset":${offset},"invoke":${invokeNs},"complete":${completeNs},"broker":${broker < 0 ? null : broker},"order":${order}${stable === undefined ? '' : `,"stable":${stable}`}}`;
  return others === null ? line : JSON.stringify({ ...JSON.parse(line), ...others });
}

/** By the place of a start: the place of the first later stop of the same fault. */
function matchingStops(events: readonly Event[]): Map<number, number> {
  const open = new Map<string, number>();
  const stops = new Map<number, number>();
  for (const [order, event] of events.entries()) {
    if (event.type === 'fault-start') open.set(event.id, order);
    else if (event.type === 'fault-stop') {
      const start = open.get(event.id);
      if (start !== undefined) stops.set(start, order);
      open.delete(event.id);
    }
  }
  return stops;
}

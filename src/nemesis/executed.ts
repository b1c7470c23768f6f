import { NS_PER_MS } from '../core/clock.ts';
import type { Event } from '../history/event.ts';
import type { Schedule, Strike } from './schedule.ts';

/**
 * What a nemesis really did, as a schedule that does it again: each fault at the time after the beginning of the
 * faults phase when it began, on the nodes and links that it struck. Roles, waiting and chance are gone from it.
 * Faults that were skipped, or that could not be applied, are not in it.
 */
export function executedSchedule(events: readonly Event[]): Schedule {
  const phase = events.find((event) => event.type === 'phase' && event.name === 'faults');
  const startNs = phase?.type === 'phase' ? phase.timeNs : 0;
  const endsNs = new Map(
    events.flatMap((event) => (event.type === 'fault-stop' ? [[event.id, event.requestedNs]] : [])),
  );
  return events.flatMap((event): Strike[] => {
    if (event.type !== 'fault-start') return [];
    const { id, fault, targets, links, beganNs = event.requestedNs, timeNs } = event;
    const endNs = endsNs.get(id);
    return [
      {
        id,
        atMs: millisecondsOf(beganNs - startNs),
        fault,
        // It is held from the moment it was in force; a fault takes a while to come about.
        forMs: endNs === undefined ? null : Math.max(1, millisecondsOf(endNs - timeNs)),
        aim: { targets, links },
      },
    ];
  });
}

/** Roles that always have the same holders in the same situation, so that they can be aimed at anew. */
const ROLES: ReadonlySet<string> = new Set([
  'leader',
  'controller',
  'followers',
  'coordination',
  'brokers',
  'all',
]);

/**
 * The same for a cluster where other nodes hold the roles: what struck the leader strikes the one that leads by then, at
 * the same time. What chance picked strikes the nodes that it struck before.
 */
export function aimedAtRoles(schedule: Schedule): Schedule {
  return schedule.map((strike) => {
    if (!('target' in strike.fault) || !ROLES.has(strike.fault.target)) return strike;
    const { aim: _, ...rest } = strike;
    return rest;
  });
}

function millisecondsOf(ns: number): number {
  return Math.max(0, Math.round(ns / NS_PER_MS));
}

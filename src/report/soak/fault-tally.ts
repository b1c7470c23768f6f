import { eventsOf } from '../../history/events-of.ts';
import type { Run } from '../../history/run.ts';
import type { Availability } from '../figures/availability.ts';

/** How often faults of one kind struck one role, and what that cost. */
export interface FaultTally {
  kind: string;
  /** What it was aimed at: `leader`, `controller`, `follower`, `broker`, a node's name; `links` for a partition of the network. */
  role: string;
  struck: number;
  /** Could not be applied, or was not seen to take effect. */
  failed: number;
  /** Left out, to keep enough brokers up. */
  skipped: number;
  /** The time without any acknowledgement while it was in force, of all of them together. */
  unavailableNs: number;
  /** From a strike to the first acknowledgement of a write begun after it: the longest; null where none came. */
  longestRecoveryNs: number | null;
}

/** One for each kind and role that the run's schedule met. */
export function tallyOf(run: Pick<Run, 'events'>, availability: Availability): FaultTally[] {
  const tallies = new Map<string, FaultTally>();
  const of = (fault: { kind: string; target?: unknown }): FaultTally => {
    const role = typeof fault.target === 'string' ? fault.target : 'links';
    const key = `${fault.kind} ${role}`;
    let tally = tallies.get(key);
    if (tally === undefined) {
      const { kind } = fault;
      tally = { kind, role, struck: 0, failed: 0, skipped: 0, unavailableNs: 0, longestRecoveryNs: null };
      tallies.set(key, tally);
    }
    return tally;
  };
  const stretches = new Map(availability.faults.map((stretch) => [stretch.fault, stretch]));
  const recoveries = new Map(
    availability.recoveries
      .filter(({ after }) => after === 'strike')
      .map(({ fault, firstAckAfterNs }) => [fault, firstAckAfterNs]),
  );
  const started = new Set<string>();
  for (const event of eventsOf(run.events, 'fault-start', 'fault-failed', 'fault-skipped')) {
    const tally = of(event.fault);
    if (event.type === 'fault-skipped') tally.skipped++;
    else if (event.type === 'fault-failed') {
      if (!started.has(event.id)) tally.failed++;
    } else {
      started.add(event.id);
      if (event.verified === false) tally.failed++;
      else tally.struck++;
      tally.unavailableNs += stretches.get(event.id)?.longestGapNs ?? 0;
      const recoveryNs = recoveries.get(event.id) ?? null;
      if (recoveryNs !== null) tally.longestRecoveryNs = Math.max(tally.longestRecoveryNs ?? 0, recoveryNs);
    }
  }
  return [...tallies.values()];
}

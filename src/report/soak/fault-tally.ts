import { eventsOf } from '../../history/events-of.ts';
import type { Run } from '../../history/run.ts';
import type { Availability } from '../figures/availability.ts';
import { type Standstill, standstillsOf } from '../figures/standstills.ts';
import { addCost, addOne, type FaultCost, noCost, type OneCost } from './fault-cost.ts';
import { rolesStruck, STRUCK_ROLES, type StruckRole } from './struck-roles.ts';

/** How often faults of one kind struck, whom, and what that cost. */
export interface FaultTally {
  kind: string;
  struck: number;
  /** Could not be applied, or was not seen to take effect. */
  failed: number;
  /** Left out, to keep enough brokers up. */
  skipped: number;
  cost: FaultCost;
  /** The same by what the struck nodes were. A fault that struck a node of several roles counts for each of them. */
  roles: RoleTally[];
}

export interface RoleTally {
  role: StruckRole;
  struck: number;
  cost: FaultCost;
}

/**
 * One for each kind that the run's schedule met.
 * @param unavailableNs the time without service between two moments.
 */
export function tallyOf(
  run: Pick<Run, 'info' | 'events'>,
  availability: Availability,
  unavailableNs: (fromNs: number, toNs: number) => number,
): FaultTally[] {
  const tallies = new Map<string, FaultTally>();
  const costs = costsOf(availability, standstillsOf(run.events), unavailableNs);
  const roles = rolesStruck(run);
  const started = new Set<string>();
  for (const event of eventsOf(run.events, 'fault-start', 'fault-failed', 'fault-skipped')) {
    const tally = tallyIn(tallies, event.fault.kind);
    if (event.type === 'fault-skipped') tally.skipped++;
    else if (event.type === 'fault-failed') {
      if (!started.has(event.id)) tally.failed++;
    } else {
      started.add(event.id);
      // What was not seen to take effect cost nothing that is known.
      if (event.verified === false) tally.failed++;
      else strike(tally, roles.get(event.id) ?? [], costs.get(event.id));
    }
  }
  return [...tallies.values()];
}

function strike(tally: FaultTally, roles: readonly StruckRole[], cost: OneCost | undefined): void {
  tally.struck++;
  if (cost !== undefined) addOne(tally.cost, cost);
  for (const role of roles) {
    const entry = roleIn(tally, role);
    entry.struck++;
    if (cost !== undefined) addOne(entry.cost, cost);
  }
}

/** Of a fault while which nothing ran for some time it is not known what it cost. */
function costsOf(
  { faults, recoveries }: Availability,
  standstills: readonly Standstill[],
  unavailableNs: (fromNs: number, toNs: number) => number,
): Map<string, OneCost> {
  const firstAcks = new Map(
    recoveries
      .filter(({ after }) => after === 'strike')
      .map(({ fault, firstAckAfterNs }) => [fault, firstAckAfterNs]),
  );
  return new Map(
    faults.flatMap((stretch) => {
      const { fault, fromNs, toNs } = stretch;
      const firstAckAfterNs = firstAcks.get(fault) ?? null;
      const untilNs = Math.max(toNs, fromNs + (firstAckAfterNs ?? 0));
      if (standstills.some((each) => each.fromNs < untilNs && each.toNs > fromNs)) return [];
      return [[fault, { stretch, unavailableNs: unavailableNs(fromNs, toNs), firstAckAfterNs }] as const];
    }),
  );
}

/** The tallies of any number of periods, added up. */
export class FaultTallies {
  readonly #sums = new Map<string, FaultTally>();

  add({ kind, struck, failed, skipped, cost, roles }: FaultTally): void {
    const sum = tallyIn(this.#sums, kind);
    sum.struck += struck;
    sum.failed += failed;
    sum.skipped += skipped;
    addCost(sum.cost, cost);
    for (const each of roles) {
      const entry = roleIn(sum, each.role);
      entry.struck += each.struck;
      addCost(entry.cost, each.cost);
    }
  }

  /** One for each kind, in the order of their names. */
  sorted(): FaultTally[] {
    for (const { roles } of this.#sums.values())
      roles.sort((a, b) => STRUCK_ROLES.indexOf(a.role) - STRUCK_ROLES.indexOf(b.role));
    return [...this.#sums.values()].toSorted((a, b) => (a.kind < b.kind ? -1 : 1));
  }
}

function tallyIn(tallies: Map<string, FaultTally>, kind: string): FaultTally {
  let tally = tallies.get(kind);
  if (tally === undefined) {
    tally = { kind, struck: 0, failed: 0, skipped: 0, cost: noCost(), roles: [] };
    tallies.set(kind, tally);
  }
  return tally;
}

function roleIn({ roles }: FaultTally, role: StruckRole): RoleTally {
  let entry = roles.find((each) => each.role === role);
  if (entry === undefined) {
    entry = { role, struck: 0, cost: noCost() };
    roles.push(entry);
  }
  return entry;
}

import { NS_PER_SECOND, type Clock } from '../core/clock.ts';
import { EXIT, Failure } from '../core/failure.ts';
import type { Random } from '../core/random.ts';
import type { Net } from '../control/net.ts';
import type { Db } from '../db/db.ts';
import type { Fault, Link } from '../history/fault.ts';
import type { Nemesis } from './nemesis.ts';
import { isPartition, linksCutBy } from './partitions.ts';
import { isProcessFault, strikeProcesses, undoProcesses } from './process-faults.ts';
import { resolveTarget } from './targets.ts';

/** How long a role such as `leader` may stay without a holder before the strike is given up. */
const ROLE_WAIT_NS = 15 * NS_PER_SECOND;
const ROLE_RETRY_MS = 200;
/** A TCP connection inside the lab takes under a millisecond; one retransmission takes a second. */
const PROBE_TIMEOUT_MS = 400;
/** After a heal, addresses are resolved anew and connections may need a retransmission or two. */
const HEAL_WAIT_NS = 10 * NS_PER_SECOND;

/** The nemesis for any cluster behind a Db and a Net. */
export function clusterNemesis(world: { db: Db; net: Net; clock: Clock; random: Random }): Nemesis {
  const { db, net, clock, random } = world;

  /** Waits out elections: a role may have no holder just when the fault is due. */
  async function resolveTargets(fault: Fault): Promise<string[]> {
    if (!('target' in fault)) return [];
    const deadlineNs = clock.nowNs() + ROLE_WAIT_NS;
    for (;;) {
      const situation = { nodes: db.nodes, view: await db.view(), partition: fault.partition ?? 0, random };
      try {
        return resolveTarget(fault.target, situation);
      } catch (error) {
        const mayPass = error instanceof Failure && error.exitStatus !== EXIT.usage;
        if (!mayPass || clock.nowNs() > deadlineNs) throw error;
        await clock.sleep(ROLE_RETRY_MS);
      }
    }
  }

  /** TCP needs both directions, so one probe tells of each pair whether either is cut. */
  function probe(links: readonly Link[]): Promise<{ pair: string; reachable: boolean }[]> {
    const onePerPair = new Map(links.map((link) => [pairOf(link), link]));
    return Promise.all(
      [...onePerPair].map(async ([pair, link]) => ({
        pair,
        reachable: await net.reachable(link, PROBE_TIMEOUT_MS),
      })),
    );
  }

  return {
    async aim(fault) {
      const targets = await resolveTargets(fault);
      const links = isPartition(fault) ? linksCutBy(fault, { nodes: db.nodes, targets, random }) : [];
      if (isPartition(fault) && links.length === 0) {
        throw new Failure(`"${fault.kind}" cuts nothing here: there is nobody on the other side.`, {
          hint: 'Use more nodes, or another kind of partition.',
        });
      }
      return { fault, targets, links };
    },

    async strike(aim) {
      if (isProcessFault(aim.fault)) {
        return { ...aim, ...(await strikeProcesses(db, clock, aim.fault, aim.targets)) };
      }
      await net.cut(aim.links);
      const timeNs = clock.nowNs();
      const open = (await probe(aim.links)).filter((result) => result.reachable);
      if (open.length > 0) {
        await net.heal(aim.links);
        throw new Failure(
          `The cut has no effect: ${open.map((result) => result.pair).join(', ')} still connect.`,
        );
      }
      return {
        ...aim,
        timeNs,
        evidence: `no TCP connection within ${PROBE_TIMEOUT_MS} ms: ${pairs(aim.links)}`,
      };
    },

    async heal(applied) {
      if (isProcessFault(applied.fault)) return undoProcesses(db, clock, applied.fault, applied.targets);
      // Links that another fault still cuts stay closed, and are not to be probed.
      const open = await net.heal(applied.links);
      const timeNs = clock.nowNs();
      for (;;) {
        const closed = (await probe(open)).filter((result) => !result.reachable);
        if (closed.length === 0) return { timeNs, evidence: describeOpen(open) };
        if (clock.nowNs() - timeNs > HEAL_WAIT_NS) {
          throw new Failure(
            `Healed links still carry nothing: ${closed.map((result) => result.pair).join(', ')}.`,
          );
        }
      }
    },
  };
}

function pairOf(link: Link): string {
  return [link.from, link.to].toSorted().join('–');
}

function describeOpen(open: readonly Link[]): string {
  return open.length > 0 ? `TCP connects again: ${pairs(open)}` : 'other faults still cut all of its links';
}

function pairs(links: readonly Link[]): string {
  return [...new Set(links.map(pairOf))].join(', ');
}

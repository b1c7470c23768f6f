import { NS_PER_SECOND, type Clock } from '../core/clock.ts';
import { EXIT, Failure, messageOf } from '../core/failure.ts';
import type { Random } from '../core/random.ts';
import type { Net } from '../control/net.ts';
import type { Db } from '../db/db.ts';
import type { Fault } from '../history/fault.ts';
import { cutLinks, healLinks } from './link-faults.ts';
import type { Nemesis } from './nemesis.ts';
import { isPartition, linksCutBy } from './partitions.ts';
import { isProcessFault, strikeProcesses, undoProcesses } from './process-faults.ts';
import { resolveTarget } from './targets.ts';

/** How long a role such as `leader` may stay without a holder before the strike is given up. */
const ROLE_WAIT_NS = 15 * NS_PER_SECOND;
const ROLE_RETRY_MS = 200;

/** The nemesis for any cluster behind a Db and, where links can be cut, a Net. */
export function clusterNemesis(world: { db: Db; net: Net | null; clock: Clock; random: Random }): Nemesis {
  const { db, clock, random } = world;

  function theNet(): Net {
    if (world.net !== null) return world.net;
    throw new Failure('No link can be cut in this lab.', {
      hint: 'Leave partitions out: --faults kill,stop,pause',
      exitStatus: EXIT.usage,
    });
  }

  /** Waits out elections: a role may have no holder just when the fault is due. */
  async function resolveTargets(fault: Fault, taken: ReadonlySet<string>): Promise<string[]> {
    if (!('target' in fault)) return [];
    const deadlineNs = clock.nowNs() + ROLE_WAIT_NS;
    for (;;) {
      try {
        const view = await db.view();
        const situation = { nodes: db.nodes, view, partition: fault.partition ?? 0, random, taken };
        return resolveTarget(fault.target, situation);
      } catch (error) {
        const mayPass = !(error instanceof Failure) || error.exitStatus !== EXIT.usage;
        if (!mayPass || clock.nowNs() > deadlineNs) throw error;
        await clock.sleep(ROLE_RETRY_MS);
      }
    }
  }

  return {
    async aim(fault, taken = new Set()) {
      const targets = await resolveTargets(fault, isProcessFault(fault) ? taken : new Set());
      if (isPartition(fault)) theNet();
      const links = isPartition(fault) ? linksCutBy(fault, { nodes: db.nodes, targets, random }) : [];
      if (isPartition(fault) && links.length === 0) {
        throw new Failure(`"${fault.kind}" cuts nothing here: there is no node on the other side.`, {
          hint: 'Use more nodes, or another kind of partition.',
        });
      }
      return { fault, targets, links };
    },

    async strike(aim) {
      const effect = isProcessFault(aim.fault)
        ? await strikeProcesses(db, clock, aim.fault, aim.targets)
        : await cutLinks({ net: theNet(), clock }, aim.links);
      return { ...aim, ...effect };
    },

    heal: (applied) =>
      isProcessFault(applied.fault)
        ? undoProcesses(db, clock, applied.fault, applied.targets)
        : healLinks({ net: theNet(), clock }, applied.links),

    async healAll() {
      const done: string[] = [];
      const failed: string[] = [];
      await world.net?.heal().catch((error: unknown) => failed.push(messageOf(error)));
      await Promise.all(
        db.nodes.map(async ({ name }) => {
          try {
            const evidence = (await db.recover?.(name)) ?? null;
            if (evidence !== null) done.push(`${name}: ${evidence}`);
          } catch (error) {
            failed.push(`${name}: ${messageOf(error)}`);
          }
        }),
      );
      return { done, failed };
    },
  };
}

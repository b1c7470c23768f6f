import type { Clock } from '../core/clock.ts';
import { EXIT, Failure, messageOf } from '../core/failure.ts';
import type { Random } from '../core/random.ts';
import type { Net } from '../control/net.ts';
import type { Db } from '../db/db.ts';
import { takeAim } from './aiming.ts';
import { cutLinks, healLinks } from './link-faults.ts';
import { packageOf } from './faults/packages.ts';
import type { Applied, Healed, Nemesis } from './nemesis.ts';
import { isPartition } from './partitions.ts';
import { isProcessFault, strikeProcesses, undoProcesses } from './process-faults.ts';

/** The nemesis for any cluster behind a Db and, where links can be cut, a Net. */
export function clusterNemesis(world: { db: Db; net: Net | null; clock: Clock; random: Random }): Nemesis {
  const { db, clock } = world;
  /** How to undo what a package of its own has done. */
  const undoing = new WeakMap<Applied, () => Promise<Healed>>();

  function theNet(): Net {
    if (world.net !== null) return world.net;
    throw new Failure('No link can be cut in this lab.', {
      hint: 'Leave partitions out: --faults kill,stop,pause',
      exitStatus: EXIT.usage,
    });
  }

  return {
    async aim(fault, taken = new Set()) {
      if (isPartition(fault)) theNet();
      const aim = await takeAim(world, fault, taken);
      await packageOf(fault)?.assertPossible(world, aim.links);
      return aim;
    },

    async strike(aim) {
      const own = packageOf(aim.fault);
      if (own !== null) {
        const struck = await own.strike(world, aim.fault, aim);
        const applied = { ...aim, ...struck.effect };
        undoing.set(applied, () => struck.heal());
        return applied;
      }
      const effect = isProcessFault(aim.fault)
        ? await strikeProcesses(db, clock, aim.fault, aim.targets)
        : await cutLinks({ net: theNet(), clock }, aim.links);
      return { ...aim, ...effect };
    },

    async heal(applied) {
      const undo = undoing.get(applied);
      if (undo !== undefined) return undo();
      return isProcessFault(applied.fault)
        ? undoProcesses(db, clock, applied.fault, applied.targets)
        : healLinks({ net: theNet(), clock }, applied.links);
    },

    async healAll() {
      const done: string[] = [];
      const failed: string[] = [];
      // First: what a node without a network was struck by cannot be undone there.
      await world.net?.plugs?.connect().catch((error: unknown) => failed.push(messageOf(error)));
      await world.net?.heal().catch((error: unknown) => failed.push(messageOf(error)));
      await world.net?.impairing?.liftAll().catch((error: unknown) => failed.push(messageOf(error)));
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

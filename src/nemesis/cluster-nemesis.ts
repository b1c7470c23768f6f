import { EXIT, Failure, messageOf } from '../core/failure.ts';
import type { Random } from '../core/random.ts';
import type { Net } from '../control/net.ts';
import { takeAim } from './aiming.ts';
import { cutLinks, healLinks } from './link-faults.ts';
import type { FaultWorld } from './faults/fault-package.ts';
import { packageOf } from './faults/packages.ts';
import type { Applied, Healed, Nemesis } from './nemesis.ts';
import { isPartition } from './partitions.ts';
import { isProcessFault, strikeProcesses, undoProcesses } from './process-faults.ts';

/** How long a fault waits for something to strike, where nobody says it. */
const PATIENCE = { withinMs: 10_000, signal: new AbortController().signal };

/** The nemesis for any cluster behind a Db and, where links can be cut, a Net. */
export function clusterNemesis(world: FaultWorld & { random: Random }): Nemesis {
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

    async strike(aim, patience = PATIENCE) {
      const own = packageOf(aim.fault);
      if (own !== null) {
        const struck = await own.strike(world, aim.fault, aim, patience);
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
      await world.proxy?.liftAll();
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

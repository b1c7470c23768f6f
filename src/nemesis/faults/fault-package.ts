import type { Net } from '../../control/net.ts';
import type { Clock } from '../../core/clock.ts';
import type { Random } from '../../core/random.ts';
import type { Db } from '../../db/db.ts';
import type { Fault, Link } from '../../history/fault.ts';
import type { NodeInfo } from '../../history/run.ts';
import type { Aim, Healed } from '../nemesis.ts';

/** A kind of fault as a package of its own: whom it strikes, how, by what it is seen, and how it is undone. */
export interface FaultPackage<F extends Fault> {
  /** False for what strikes neither links nor processes; true if absent. */
  readonly needsLinks?: false;
  /** The directed links that it strikes; none for a fault of nodes. */
  links(fault: F, situation: { nodes: readonly NodeInfo[]; targets: readonly string[] }): Link[];
  /** Changes nothing. @throws Failure (usage) where it is known that it cannot be done to these links. */
  assertPossible(world: FaultWorld, links: readonly Link[]): Promise<void>;
  /** @throws Failure when it cannot be done here, or is seen to have no effect; then nothing of it is left. */
  strike(world: FaultWorld, fault: F, aim: Aim): Promise<Struck>;
  /** One of this kind, for a random schedule. */
  draw(random: Random, target: string): F;
}

/** What a package acts on. */
export interface FaultWorld {
  db: Db;
  net: Net | null;
  clock: Clock;
}

/** A fault that is in force. */
export interface Struck {
  effect: Healed;
  heal(): Promise<Healed>;
}

import type { Net } from '../../control/net.ts';
import type { RequestProxy } from '../../control/proxy/request-proxy.ts';
import type { Clock } from '../../core/clock.ts';
import type { Random } from '../../core/random.ts';
import type { Db } from '../../db/db.ts';
import type { Fault, Link } from '../../history/fault.ts';
import type { NodeInfo } from '../../history/run.ts';
import type { Aim, Healed, Patience } from '../nemesis.ts';

/** A kind of fault as a package of its own: whom it strikes, how, by what it is seen, and how it is undone. */
export interface FaultPackage<F extends Fault> {
  /** False for what strikes neither links nor processes; true if absent. */
  readonly needsLinks?: false;
  /** True for what leaves its targets as they are, so that none of them counts as touched; false if absent. */
  readonly sparesNodes?: true;
  /** The directed links that it strikes; none for a fault of nodes. */
  links(fault: F, situation: { nodes: readonly NodeInfo[]; targets: readonly string[] }): Link[];
  /** Changes nothing. @throws Failure (usage) where it is known that it cannot be done to these links. */
  assertPossible(world: FaultWorld, links: readonly Link[]): Promise<void>;
  /** @throws Failure when it cannot be done here, or is seen to have no effect; then nothing of it is left. */
  strike(world: FaultWorld, fault: F, aim: Aim, patience: Patience): Promise<Struck>;
}

/** One that random schedules can have. */
export interface DrawnFaultPackage<F extends Fault> extends FaultPackage<F> {
  /** One of this kind. */
  draw(random: Random, target: string): F;
}

/** What a package acts on. */
export interface FaultWorld {
  db: Db;
  net: Net | null;
  /** What the clients' requests go through; absent or null where they go straight to the brokers. */
  proxy?: RequestProxy | null;
  clock: Clock;
}

/** A fault that is in force. */
export interface Struck {
  effect: Healed;
  heal(): Promise<Healed>;
}

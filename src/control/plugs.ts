import type { Ability } from './impairing/impairing.ts';

/**
 * The power to take whole nodes off their network and to put them back, at the same address. It adds up like cuts: a node
 * that two faults have disconnected is back when both have connected it.
 */
export interface Plugs {
  readonly ability: Ability;
  /** @throws Failure where it could not be done to all of them; then what was asked for is to be undone. */
  disconnect(nodes: readonly string[]): Promise<void>;
  /** Undoes one disconnection of each; without nodes, all of all nodes. */
  connect(nodes?: readonly string[]): Promise<void>;
}

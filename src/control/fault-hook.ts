import type { Link } from '../core/link.ts';

/**
 * A way to strike nodes that this program has no hands on: somebody's command, which is told what to do and answers
 * what it did. Its word is evidence, and no proof.
 */
export interface FaultHook {
  /** @throws Failure when it did not do it, hangs, or cannot be understood; parts of the fault may be in force then. */
  apply(order: HookOrder): Promise<HookAnswer>;
  /** Undoing what is not in force must be harmless: it may be asked for more than once. */
  heal(order: HookOrder): Promise<HookAnswer>;
  /** No more orders come, and none is in force that was not told to be healed. */
  close(): void;
}

/** What the command gets on its standard input, as one line of JSON. */
export interface HookOrder {
  version: 1;
  /** The same for apply and heal, and unique in the world. */
  id: string;
  run: string;
  topic: string;
  /** As in a scenario: `{"kind":"kill","target":"leader"}`. */
  fault: object;
  /** The nodes that it is to strike, by now. */
  targets: HookNode[];
  /** The directed links that it is to cut; empty for faults of processes. `client` is where the records come from. */
  links: Link[];
}

export interface HookNode {
  name: string;
  id: number | null;
  /** As the cluster advertises it. */
  host: string;
  port: number | null;
}

/** What the command says. */
export interface HookAnswer {
  /** In its own words; empty if it says nothing. */
  evidence: string;
  /** Whether it says that it has seen the effect. */
  verified: boolean;
}

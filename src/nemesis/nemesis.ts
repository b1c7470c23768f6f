import type { Fault, Link } from '../history/fault.ts';

/**
 * Breaks things and mends them. What it says it did, it has observed by its effect, or it says that the effect was not
 * observed; what it cannot do, it rejects with a Failure that says why.
 */
export interface Nemesis {
  /**
   * Resolves the fault's roles to nodes and links as things stand at this moment. Changes nothing.
   * @param taken nodes that another fault of a process has struck: where a role leaves a choice, it takes another one.
   */
  aim(fault: Fault, taken?: ReadonlySet<string>): Promise<Aim>;
  strike(aim: Aim, patience?: Patience): Promise<Applied>;
  heal(applied: Applied): Promise<Healed>;
  /** Reconnects, resumes and starts everything, whatever struck it. Never rejects. */
  healAll(): Promise<FinalHeal>;
}

/** A fault, and exactly what it is about to strike. */
export interface Aim {
  fault: Fault;
  /** The nodes it strikes, by name; empty for partitions into groups, which single no node out. */
  targets: string[];
  /** The links it strikes; empty for faults of processes. */
  links: Link[];
}

/** How long a fault that waits for something to strike may wait. */
export interface Patience {
  withinMs: number;
  /** Ends the wait at once. */
  signal: AbortSignal;
}

/** A fault in force. Its targets are the nodes that it really struck. */
export interface Applied extends Aim {
  /** When it took effect. The evidence is gathered after that. */
  timeNs: number;
  /** What proves it, in words. */
  evidence: string;
  /** Set where its effect, or a part of it, was not observed. */
  verified?: false;
  /** Nodes that it was to strike and did not. */
  missed?: string[];
}

/** The end of a fault. */
export interface Healed {
  timeNs: number;
  evidence: string;
  /** Set where it was not observed that the links carry again. */
  verified?: false;
}

/** What was still to be mended at the end, and what could not be, in words. */
export interface FinalHeal {
  done: string[];
  failed: string[];
}

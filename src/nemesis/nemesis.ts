import type { Fault, Link } from '../history/fault.ts';

/**
 * Breaks things and mends them. Whatever it says it did, it has verified by its effect; what it cannot do, it
 * rejects with a Failure that says why.
 */
export interface Nemesis {
  /** Resolves the fault's roles to nodes and links as things stand at this moment. Changes nothing. */
  aim(fault: Fault): Promise<Aim>;
  strike(aim: Aim): Promise<Applied>;
  heal(applied: Applied): Promise<{ timeNs: number; evidence: string }>;
}

/** A fault, and exactly whom it is about to strike. */
export interface Aim {
  fault: Fault;
  /** The nodes it strikes, by name; empty for partitions into groups, which single nobody out. */
  targets: string[];
  /** The links it cuts; empty for faults of processes. */
  links: Link[];
}

/** A fault in force. */
export interface Applied extends Aim {
  /** When it took effect. The evidence is gathered after that. */
  timeNs: number;
  /** What proves it, in words. */
  evidence: string;
}

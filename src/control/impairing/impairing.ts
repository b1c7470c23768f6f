import type { Link } from '../../core/link.ts';

/** What may be done to the packets of a link besides making all of them vanish. */
export type Impairment =
  { kind: 'loss'; percent: number } | { kind: 'delay'; delayMs: number; jitterMs: number };
export type ImpairmentKind = Impairment['kind'];

/** The power of a network to impair links. Impairments are directed like cuts, and add up. */
export interface Impairing {
  /** Whether it can be done to these links, found out where it would be done. */
  can(kind: ImpairmentKind, links: readonly Link[]): Promise<Ability>;
  /** @throws Failure when it could not be done to all of the links; then nothing of it is left. */
  impair(impairment: Impairment, links: readonly Link[]): Promise<Impaired>;
  /** Undoes every impairment that is in force. */
  liftAll(): Promise<void>;
}

/** Links that are impaired, by one fault. */
export interface Impaired {
  /** What the kernels have counted on each of the links since it began, by `keyOf` the link. */
  counts(): Promise<ReadonlyMap<string, Count>>;
  /** Undoes it. To do it once more is harmless. */
  lift(): Promise<void>;
}

export interface Count {
  /** Packets that came by. */
  seen: number;
  /** Packets of these that were dropped. */
  dropped: number;
}

/** Whether something can be done: yes; no, with what is missing and what to do; or that could not be found out. */
export type Ability =
  | { answer: 'yes' }
  | { answer: 'no'; because: string; hint: string }
  | { answer: 'not-observed'; because: string };

import type { Contract } from '../../history/run.ts';
import type { Claim, Counts, Example, Finding } from '../result.ts';
import type { Figures } from './figures.ts';

/**
 * What is known after some segments of a history were judged. Its size depends on how many kinds of findings and doubts there
 * are, and never on how many segments: of what is the same there is a count, the numbers of the first few segments and the
 * first few examples.
 */
export interface FoldState extends Figures {
  version: 1;
  /** Of the first segment that was judged; null before it. */
  run: string | null;
  claim: Claim;
  contract: Contract | null;
  /** How many there were of each verdict; `untested` are those that could not be judged. */
  segments: Record<'valid' | 'invalid' | 'inconclusive' | 'untested', number>;
  counts: Counts;
  findings: FoldedFinding[];
  doubts: FoldedDoubt[];
}

/** Of what is known of several segments. */
export interface SeenIn {
  /** In how many of them. */
  segments: number;
  /** The lowest of their numbers. */
  first: number[];
}

/** A finding as a segment told it. Offsets and times are those of this segment. */
export interface Place extends Pick<
  Finding,
  | 'partition'
  | 'count'
  | 'values'
  | 'offsets'
  | 'timeNs'
  | 'leader'
  | 'faults'
  | 'scans'
  | 'reader'
  | 'endedBy'
> {
  segment: number;
  examples: Example[];
}

/** All findings of one kind that are judged alike for one reason, in whatever segments and partitions. */
export interface FoldedFinding extends Pick<Finding, 'kind' | 'loss' | 'judgement' | 'blame'> {
  /** As the first segment that has it says it; null: findings for many reasons, which are not told one by one. */
  reason: string | null;
  /** Of anomalies. */
  count: number;
  seenIn: SeenIn;
  /** The first few. */
  places: Place[];
}

/** Why something is open. `because` is null for many different ones, which are not told one by one. */
export interface FoldedDoubt {
  because: string | null;
  seenIn: SeenIn;
}

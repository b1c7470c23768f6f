import type { Figures } from '../../checker/fold/figures.ts';
import type { Claim, Counts, FindingKind, Judgement, Verdict } from '../../checker/result.ts';
import type { FaultTally } from './fault-tally.ts';
import type { Untested } from './untested.ts';

/** What all periods of a soak come to: results.json of a soak, and what `kept status` tells while it goes on. */
export interface SoakReport extends Figures {
  version: 1;
  claim: Claim;
  verdict: Verdict;
  /** Sentences; never empty. */
  reasons: string[];
  periods: Record<'judged' | 'valid' | 'invalid' | 'inconclusive' | 'quiet' | 'failed' | 'cutShort', number>;
  /** Under load, of all periods that came to their end. */
  testedMs: number;
  counts: Counts;
  findings: SoakFinding[];
  /** After how many the cluster did not settle, or its clients got no further: no word about safety. */
  stuckPeriods: number;
  /** The first of them. */
  stuck: { period: number; because: string }[];
  faults: FaultTally[];
  /** Kinds of faults that some period was to have, and that never took effect. */
  untested: string[];
  /** What else the faults left out. */
  notTested: Omit<Untested, 'neverInEffect'>;
  /**
   * Where the tool was killed or stopped, or so long asleep (`asleepMs`) that the period could not be decided: what happened then is
   * not tested, and nothing of it counts as lost.
   */
  gaps: { period: number; startedAt: string; attempted: number; asleepMs: number }[];
  /** Of the time that was tested, for how much something was under way and nothing was acknowledged. */
  unavailableNs: number;
  /** Without an acknowledgement; pauses of the load count, too. */
  longestGap: { period: number; ns: number } | null;
  latencyP99Ms: { median: number; worst: number; period: number } | null;
  memoryBytes: { first: number; last: number; most: number } | null;
  /** For how long the machine was asleep, or nothing of kept ran: no part of the time that was tested. */
  asleepMs: number;
}

/** The same kind of finding with the same reason, in whatever periods. */
export interface SoakFinding {
  kind: FindingKind;
  loss?: 'truncated' | 'hole';
  judgement: Judgement;
  reason: string;
  count: number;
  /** The first few. */
  periods: number[];
  inPeriods: number;
}

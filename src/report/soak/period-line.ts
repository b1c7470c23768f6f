import type { Result } from '../../checker/result.ts';
import type { RunFigures } from '../repeats/run-figures.ts';
import type { FaultTally } from './fault-tally.ts';

/** What is known of a period once it was judged. */
export interface Judged {
  figures: Omit<RunFigures, 'directory'>;
  /** Bounded: the first findings, each with its first examples. */
  result: Result;
  faults: FaultTally[];
  /** Of its whole history: what stood there, when the history itself is not kept. */
  digest: string;
  /** For how long something was under way and nothing was acknowledged, less the time in which nothing ran. */
  unavailableNs: number;
  /** From its beginning to its last event, less the time in which nothing ran. */
  lengthNs: number;
  /** Whether nothing of the history is damaged or missing. */
  isWhole: boolean;
  /** Of the process that judged it. */
  memoryBytes: number;
}

/** What is written down of a period when it is over. */
export interface PeriodLine {
  period: number;
  seed: number;
  /** `cut-short`: the tool was killed or stopped in the middle of it. It is carried out again; what it proves counts. */
  ended: 'complete' | 'cut-short' | 'failed';
  /** Why it failed, or could not be judged; null otherwise. */
  failure: string | null;
  /** The kinds of faults that it may have had; empty: it was a quiet one. */
  kinds: readonly string[];
  load: string;
  /** Wall clock. */
  startedAt: string;
  endedAt: string;
  /** Null where it could not be judged. */
  judged: Judged | null;
  /** What kept the cluster from settling after everything was healed. */
  stuck: string | null;
  /** Where its history is, in the directory of the soak; null when it was not kept. */
  directory: string | null;
  /** How much room its history took. */
  historyBytes: number;
  /** What the tool had at its end, the process that judges included; null where it is not known. */
  memoryBytes: number | null;
  /** For how long the machine was asleep, or nothing of kept ran. */
  asleepMs: number;
}

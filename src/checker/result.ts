import type { ClientInfo } from '../history/client-info.ts';
import type { Contract } from '../history/run.ts';

/** What a checker says of a run: results.json and `--json` hold exactly this. */
export interface Result {
  version: 1;
  run: string;
  claim: Claim;
  verdict: Verdict;
  /** Why the verdict is what it is, in sentences; never empty. */
  reasons: string[];
  /** Those of the reasons that leave something open; absent where nothing is. */
  doubts?: string[];
  contract: Contract;
  /** The client library that wrote; absent where the history does not say. */
  client?: ClientInfo;
  counts: Counts;
  /** Where the workers wrote in transactions. */
  transactions?: TransactionCounts;
  /** Where they copied records in transactions. */
  copies?: CopyCounts;
  /** Where a consumer group read while the run went on. */
  group?: GroupFigures;
  findings: Finding[];
}

/** What was to be copied, and was, in the partitions that could be judged. */
export interface CopyCounts {
  /** Records that were there to be copied in the end. */
  records: number;
  /** Those of them below the committed offset. */
  due: number;
  /** Those of which there is a copy that is committed. */
  copied: number;
}

/** How many transactions there are of each outcome. */
export interface TransactionCounts {
  committed: number;
  aborted: number;
  /** It is not known whether they were committed. */
  unknown: number;
  /** Writes that were answered without an error in a transaction that was not committed: that promises nothing. */
  unpromised: number;
}

/** What a consumer group went through, and how much of what its members were handed they were handed again. */
export interface GroupFigures {
  members: number;
  /** How often one of them joined. */
  lives: number;
  /** How often one of them was told what it owns. */
  assignments: number;
  killed: number;
  paused: number;
  left: number;
  /** Records that members were handed, each time counted. */
  handed: number;
  /** Those of them whose offset some member had been handed before. */
  handedAgain: number;
  /** The most of these that one life of a member was handed in one partition: the window of duplicates. */
  windowMax: number;
  /** By outcome. */
  commits: { ok: number; fail: number; unknown: number };
  /** How often the group told from outside what it had committed. */
  answers: number;
  /** Of what it told, partition by partition: what was out of date while a coordinator may not have noticed that it was replaced. */
  staleAnswers: number;
}

/** The claim that the verdict answers: everything acknowledged is there, or only what Kafka's contract promises. */
export type Claim = 'kept' | 'contract';

/** Precedence: invalid > inconclusive > valid. */
export type Verdict = 'valid' | 'invalid' | 'inconclusive';

/** The anomalies, one name each. Definitions: docs/findings.md. */
export const FINDING_KINDS = [
  'lost',
  'lost-after-read',
  'divergent',
  'misplaced',
  'duplicate',
  'aborted-read',
  'torn',
  'lost-committed',
  'dirty-read',
  'merged',
  'split',
  'zombie-commit',
  'lso-stuck',
  'group-skipped',
  'offset-regressed',
  'offset-lost',
  'offset-phantom',
  'zombie-offset',
  'eos-duplicate',
  'eos-missing',
  'eos-ahead',
  'eos-reordered',
  'phantom',
  'reordered',
  'producer-order',
  'end-regressed',
  'skipped',
  'non-monotonic-read',
  'unexplained-offset',
  'unread',
  'sent-missing',
] as const;
export type FindingKind = (typeof FINDING_KINDS)[number];

/**
 * Counts of values; for `divergent`, `phantom` and `unexplained-offset` of offsets, for `skipped` of offsets of each
 * reader, for `torn`, `lost-committed`, `merged`, `split` and `zombie-commit` of transactions, for `reordered` and `lso-stuck` of partitions, for `end-regressed`, `non-monotonic-read`,
 * `offset-regressed`, `offset-lost` and `offset-phantom` of observations, for `zombie-offset` of commits.
 */
export interface Counts extends Record<FindingKind, number> {
  attempted: number;
  ok: number;
  sent: number;
  fail: number;
  info: number;
  /** Distinct values of this run that the final scan returned. */
  found: number;
  /** Writes of unknown outcome that turned out to be in the log. */
  'info-found': number;
}

/** Of nothing at all. */
export function emptyCounts(): Counts {
  const counts: Record<string, number> = { attempted: 0, ok: 0, sent: 0, fail: 0, info: 0, found: 0 };
  for (const kind of FINDING_KINDS) counts[kind] = 0;
  counts['info-found'] = 0;
  return counts as unknown as Counts;
}

/** `permitted`: Kafka's contract for these settings and faults allows it. `violation`: it does not. */
export type Judgement = 'permitted' | 'violation';

/** A group of anomalies of one kind that belong together: neighbours in one partition with one cause. */
export interface Finding {
  kind: FindingKind;
  /** For `lost` and `lost-after-read`. `truncated`: the offset is past the end or holds another value. `hole`: empty. */
  loss?: 'truncated' | 'hole';
  partition: number;
  count: number;
  judgement: Judgement;
  /** Why it is permitted or not, in one sentence. */
  reason: string;
  /** Whom the evidence points at. */
  blame: 'broker' | 'protocol' | 'client' | 'unknown';
  /** Compact: `w0 0..327 331; w3 12..40`. Cut short after a while, with an ellipsis. */
  values: string;
  /** First and last offset concerned, where there are any. */
  offsets?: [first: number, last: number];
  /** Of the acknowledgements (for a loss) or the observations. */
  timeNs?: [first: number, last: number];
  /** Node name and epoch of the leader that acknowledged them. */
  leader?: { node: string; id: number; epoch: number | null };
  /** Ids of the faults in force while they were acknowledged. */
  faults?: string[];
  /** For a loss: how many final scans read the whole partition and did not return them. */
  scans?: number;
  /** For what is wrong with a reader: its name. */
  reader?: string;
  /** What ended them, in words, followers included: `kafka2 became leader in epoch 3 from offset 1,200 at 7.1 s; …`. */
  endedBy?: string;
  /** The first few, one by one. */
  examples: Example[];
}

export interface Example {
  value: string;
  ackedOffset?: number | null;
  foundOffsets?: number[];
  ackedNs?: number;
  broker?: number | null;
  /** Other facts, in words. */
  detail?: string;
}

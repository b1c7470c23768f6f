import { isUnsaid, orAssumed } from '../../history/assumptions.ts';
import type { Contract, RunInfo } from '../../history/run.ts';
import type { Finding, Judgement } from '../result.ts';
import type { LeaderChanges, Term } from '../facts/leadership.ts';

/**
 * What Kafka promises for these settings, and so which anomalies its contract permits. Rows are tried from the top;
 * the first that applies gives the judgement. A reason completes the sentence "permitted: …" or "violation: …".
 *
 * - acks=0 promises nothing.
 * - acks=1 promises that a record survives while the leader that acknowledged it stays leader.
 * - acks=all with unclean election off promises that it survives min.insync.replicas − 1 permanent losses among the
 *   replicas in sync; so nothing is promised once the in-sync set shrank to fewer than the faults destroyed. Power
 *   loss destroys what was not synced, unless each record is (log.flush.interval.messages=1).
 * - unclean election prefers availability: a suffix of the log may go with any change of leader.
 */
export interface Ruling {
  readonly judgement: Judgement;
  readonly reason: string;
  readonly blame: Finding['blame'];
}

/** What a history may leave open although a judgement depends on it. */
export type Unsaid = 'leaders' | 'acks' | 'hands' | 'coordinators';

/** A ruling; `dependsOn` where it is only permitted because the history does not say this. */
export interface Judged {
  ruling: Ruling;
  dependsOn?: Unsaid;
}

/** What is known about the loss of a record. */
export interface LossCase {
  contract: Contract;
  /** Why the evidence points at the client library, in words; null when it does not. */
  clientFault: string | null;
  /** Whether the history says who led the partition at any time. */
  watched: boolean;
  /** Whether brokers were only asked now and then: one may have been alone in sync in between. False if absent. */
  sampled?: boolean;
  /** Whether events may be missing, and with them what would permit this. */
  eventsIncomplete: boolean;
  /** The leader that acknowledged it. */
  term: Term | null;
  /** The leader that took over without the record. */
  successor: Term | null;
  /** Whether any leader followed, even one whose log is known to have reached beyond the record. */
  replaced: boolean;
  /** Whether the same leader led again in a later epoch. */
  electedAgain: boolean;
  /** Whether a younger record of the same term is still there: then the log had this one too. */
  outlived: boolean;
  /** Whether the leader that acknowledged it lost power after that, and what it had not synced. */
  leaderUnpowered: boolean;
  /** Why loss of power may have taken it from all replicas in sync, in words; null when it may not. */
  powerExcuse: string | null;
  /** Whether a broker that lost power may have led again without being missed, if the history does not say who led. */
  mayHaveReturnedUnnoticed: boolean;
  /** Whether a broker lost power while it was not observed who led and who was in sync. */
  unseenUnderPowerLoss: boolean;
  /** What was done by hand after it was written, in somebody's words; absent if nothing was. */
  byHand?: string | null;
  /** Whether a fault struck the leader while it led. */
  leaderStruck: boolean;
}

interface Row {
  when: (loss: LossCase) => boolean;
  judgement: Judgement;
  reason: (loss: LossCase) => string;
  /** Set where it is only permitted because the history leaves this open. */
  dependsOn?: Unsaid;
}

const ACKS_1 = 'acks=1 promises survival only while the leader that acknowledged stays leader';
export const UNCLEAN =
  'unclean leader election is on, so a replica that is out of sync may lead and cut the log off';
export const LEADERS_UNKNOWN = 'and the history does not tell who led';

const LOSS_TABLE: readonly Row[] = [
  {
    when: ({ clientFault }) => clientFault !== null,
    judgement: 'violation',
    reason: ({ clientFault }) => clientFault!,
  },
  {
    when: ({ contract }) => contract.acks === 0,
    judgement: 'permitted',
    reason: () => 'acks=0 promises nothing',
  },
  {
    when: ({ contract, successor }) => contract.acks === 1 && successor !== null,
    judgement: 'permitted',
    reason: ({ term, successor }) => `${ACKS_1}, and ${nameOf(term)} was replaced by ${termName(successor!)}`,
  },
  {
    when: ({ contract, leaderUnpowered }) => contract.acks === 1 && leaderUnpowered,
    judgement: 'permitted',
    reason: ({ term }) => `acks=1 waits for one copy, in the memory of ${nameOf(term)}, and that lost power`,
  },
  {
    when: ({ contract, watched }) => contract.acks === 1 && !watched,
    judgement: 'permitted',
    reason: () => `${ACKS_1}, ${LEADERS_UNKNOWN}`,
    dependsOn: 'leaders',
  },
  {
    when: ({ contract, replaced, outlived }) => contract.acks === 1 && replaced && outlived,
    judgement: 'violation',
    reason: ({ term }) =>
      `${ACKS_1}; ${nameOf(term)} was replaced, but younger records that it took in the same term are still there, so its successors had these too`,
  },
  {
    when: ({ contract, replaced }) => contract.acks === 1 && replaced,
    judgement: 'permitted',
    reason: ({ term }) =>
      `${ACKS_1}, and ${nameOf(term)} was replaced, by leaders whose logs need not have had these records`,
  },
  {
    when: ({ contract }) => contract.acks === 1,
    judgement: 'violation',
    reason: () =>
      'acks=1 promises survival while the leader that acknowledged stays leader, and no change of leader is known',
  },
  {
    when: ({ contract, replaced }) => contract.uncleanLeaderElection && replaced,
    judgement: 'permitted',
    reason: ({ successor }) =>
      successor === null ? UNCLEAN : `${UNCLEAN}, and ${termName(successor)} took over`,
  },
  {
    when: ({ contract, electedAgain }) => contract.uncleanLeaderElection && electedAgain,
    judgement: 'permitted',
    reason: ({ term }) => `${UNCLEAN}, and ${nameOf(term)} was elected again in a later epoch`,
  },
  {
    when: ({ powerExcuse }) => powerExcuse !== null,
    judgement: 'permitted',
    reason: ({ powerExcuse }) => powerExcuse!,
  },
  {
    when: ({ contract, watched }) => contract.uncleanLeaderElection && !watched,
    judgement: 'permitted',
    reason: () => `${UNCLEAN}, ${LEADERS_UNKNOWN}`,
    dependsOn: 'leaders',
  },
  {
    when: ({ mayHaveReturnedUnnoticed, watched }) => mayHaveReturnedUnnoticed && !watched,
    judgement: 'permitted',
    reason: () =>
      `a broker lost power, and with ZooKeeper it may have come back before anything had taken it out of the in-sync set (KIP-903, KIP-966), ${LEADERS_UNKNOWN}`,
    dependsOn: 'leaders',
  },
  {
    when: ({ unseenUnderPowerLoss }) => unseenUnderPowerLoss,
    judgement: 'permitted',
    reason: () =>
      'a broker lost power, and for a while it was not observed who led and who was in sync: it may have been the last replica standing (KIP-966)',
    dependsOn: 'leaders',
  },
  {
    when: ({ eventsIncomplete }) => eventsIncomplete,
    judgement: 'permitted',
    reason: ({ contract }) =>
      `${promiseOf(contract)} promises survival, but events are missing, and what permits this may be among them`,
  },
  {
    when: ({ contract, watched, sampled, successor, leaderStruck, term }) =>
      contract.minInsyncReplicas === 1 &&
      (!watched || (sampled === true && term?.alone !== true && (successor !== null || leaderStruck))),
    judgement: 'permitted',
    reason: () =>
      `with min.insync.replicas=1 acks=all waits for the leader only, once it is alone in sync, ${LEADERS_UNKNOWN}, or who was in sync`,
    dependsOn: 'leaders',
  },
  {
    when: ({ contract, term, successor, leaderStruck }) =>
      contract.minInsyncReplicas === 1 && term?.alone === true && (successor !== null || leaderStruck),
    judgement: 'permitted',
    reason: ({ term, successor }) =>
      `with min.insync.replicas=1 acks=all waits for ${nameOf(term)} only, once it is alone in sync, and ${successor === null ? 'it was struck' : `${termName(successor)} replaced it`}`,
  },
  {
    when: ({ byHand }) => (byHand ?? null) !== null,
    judgement: 'permitted',
    reason: ({ contract, byHand }) =>
      `${promiseOf(contract)} promises survival, but "${byHand!}" was done by hand, and what that destroyed is not known: a loss of power of enough replicas permits this`,
    dependsOn: 'hands',
  },
  {
    when: () => true,
    judgement: 'violation',
    reason: ({ contract }) =>
      `${promiseOf(contract)} promises survival, and nothing that is known to have happened permits this`,
  },
];

function promiseOf(contract: Contract): string {
  const { minInsyncReplicas, uncleanLeaderElection } = contract;
  const acks = orAssumed(contract, 'acks', 'acks=all');
  const inSync = orAssumed(contract, 'minInsyncReplicas', `min.insync.replicas=${minInsyncReplicas}`);
  const election = `unclean election ${uncleanLeaderElection ? 'on' : 'off'}`;
  return `${acks} with ${inSync} and ${orAssumed(contract, 'uncleanLeaderElection', election)}`;
}

/**
 * The judgement on an acknowledged record that is gone, and what is only permitted because it is not known. Where the
 * history does not say which acks there were, acks=1 is not excluded: what that permits is no violation.
 */
export function judgeLoss(loss: LossCase): Judged {
  const strict = ruleOn(loss);
  const { contract } = loss;
  if (!isUnsaid(contract, 'acks') || strict.ruling.judgement === 'permitted') return strict;
  const weak = ruleOn({ ...loss, contract: { ...contract, acks: 1 } });
  return weak.ruling.judgement === 'violation' ? strict : withoutAcks(weak.ruling);
}

/** What is permitted with acks=1, where the history does not say which acks there were. */
export function withoutAcks(weak: Ruling): Judged {
  const reason = `the history does not say which acks the producer asked for, and with acks=1 this is permitted: ${weak.reason}`;
  return { ruling: { ...weak, reason }, dependsOn: 'acks' };
}

function ruleOn(loss: LossCase): Judged {
  const { judgement, reason, dependsOn } = LOSS_TABLE.find(({ when }) => when(loss))!;
  const blame = loss.clientFault === null ? 'broker' : 'client';
  return { ruling: { judgement, reason: reason(loss), blame }, ...(dependsOn && { dependsOn }) };
}

/** The judgements that do not depend on who led, by kind of finding. */
export const RULINGS = {
  sentMissing: {
    judgement: 'permitted',
    reason: 'acks=0 promises nothing: these records were never acknowledged',
    blame: 'unknown',
  },
  sentAgain: {
    judgement: 'permitted',
    reason: 'these were sent more than once, and without idempotence each attempt may be stored',
    blame: 'client',
  },
  reportedAlike: {
    judgement: 'permitted',
    reason:
      'the client reported one offset for several of its records, as that of a whole batch, and all of them are in the log',
    blame: 'client',
  },
  unread: {
    judgement: 'permitted',
    reason: 'no final scan covered these records, so nothing is known about them',
    blame: 'unknown',
  },
  misplaced: {
    judgement: 'violation',
    reason: 'a record stays at the offset at which it was acknowledged',
    blame: 'broker',
  },
  divergentReads: {
    judgement: 'violation',
    reason: 'an offset holds one record for ever, and readers were given different ones',
    blame: 'broker',
  },
  unexplainedOffset: {
    judgement: 'violation',
    reason:
      'the history is said to be dense, so something was appended at every offset below the end, and nothing that was written can have been',
    blame: 'unknown',
  },
  skipped: {
    judgement: 'violation',
    reason:
      'the reader went past these offsets without handing over the records that another reader found there',
    blame: 'client',
  },
  nonMonotonicRead: {
    judgement: 'violation',
    reason:
      'the reader handed over offsets that are not behind those it had handed over before, and nothing had made it begin again',
    blame: 'client',
  },
} as const satisfies Record<string, Ruling>;

/** A divergence where the acknowledged value is gone: it is judged as the loss is. */
export function judgeDivergence(loss: Ruling): Ruling {
  return { ...loss, reason: `one offset was given to two records, and one of them is gone: ${loss.reason}` };
}

/** The same where it is not known which of the two is gone: perhaps the one that may be. */
export function judgeUnsettledDivergence(contract: Contract, loss: Ruling, leaderChanges: boolean): Ruling {
  const mayLose = contract.acks !== 'all' || contract.uncleanLeaderElection;
  if (!mayLose || !leaderChanges || loss.judgement === 'permitted' || loss.blame === 'client')
    return judgeDivergence(loss);
  return {
    judgement: 'permitted',
    reason: `one offset was given to two records, which ${weakness(contract)} permits where the leader changes, and no scan says which of them is gone`,
    blame: 'broker',
  };
}

/** One that holds another record than was acknowledged there, and both are in the log. */
export function judgeDisplacement(misplaced: Ruling): Ruling {
  return {
    ...misplaced,
    reason: `one offset was acknowledged for one record and holds another, and both are in the log: ${misplaced.reason}`,
  };
}

/**
 * A value that is found, but not where it was acknowledged.
 * @param sentAgain whether several attempts of it may have been stored.
 */
export function judgeMisplaced(loss: Ruling, sentAgain: boolean): Ruling {
  if (!sentAgain) return RULINGS.misplaced;
  return {
    ...loss,
    reason: `the copy that was acknowledged is gone, and that of another attempt remains: ${loss.reason}`,
  };
}

/**
 * Whether this program's own driver spoke to the brokers: one request a record, which names the place of the record,
 * and an answer that is given to no other. Then what is wrong with a record is not the client's doing. Copies are a library's work.
 */
export function isAudited(info: RunInfo): boolean {
  return info.world !== 'imported' && info.copies === undefined && !isApplication(info);
}

/** Whether a library wrote as an application uses it: with numbers, retries and batches of its own. */
export function isApplication({ contract, client }: RunInfo): boolean {
  // Before there was a choice, retries told the two apart.
  return client === undefined ? contract.clientRetries : client.mode === 'application';
}

/**
 * @param attempts how many requests were given to a socket; 0: the write was given up before.
 * @param isRepeated whether a fault may have sent them to the broker twice.
 */
export function judgeAbortedRead(info: RunInfo, attempts: number, isRepeated = false): Ruling {
  const judgement = 'violation';
  if (isRepeated && attempts > 0) {
    const reason = `${REPEATED}: one may have been refused, and the other one appended`;
    return { judgement: 'permitted', reason, blame: 'unknown' };
  }
  if (isAudited(info) && attempts > 0) {
    const reason =
      'the broker answered these writes with an error that it gives before the append, and appended them';
    return { judgement, reason, blame: 'broker' };
  }
  if (isAudited(info)) {
    const reason = 'the client gave these writes up before they were sent, and they are in the log';
    return { judgement, reason, blame: 'client' };
  }
  return {
    judgement,
    reason:
      'these writes were reported as not appended, and are in the log: the broker appended what it refused, or the client reported a failure that it could not know',
    blame: 'unknown',
  };
}

/** Whether a second copy came under another sequence number of its idempotent producer. */
export type Renumbered = 'yes' | 'no' | 'unknown';

const REPEATED = 'a fault sent requests like these to the broker twice';
const IDEMPOTENT = 'an idempotent producer numbers its records so that a repetition is stored once';

/** @param isRepeated whether a fault may have sent requests to the broker twice */
export function judgeDuplicate(info: RunInfo, renumbered: Renumbered, isRepeated = false): Ruling {
  const { contract } = info;
  if (contract.idempotence && renumbered === 'no') {
    const reason = `${IDEMPOTENT}: the broker stored the same number again`;
    return { judgement: 'violation', reason, blame: 'broker' };
  }
  if (contract.clientRetries && contract.idempotence) {
    return renumbered === 'yes'
      ? {
          judgement: 'violation',
          reason: `${IDEMPOTENT}: the client gave the repetition another number`,
          blame: 'client',
        }
      : {
          judgement: 'violation',
          reason: `${IDEMPOTENT}: the broker did not notice it, or the client gave it another number`,
          blame: 'unknown',
        };
  }
  if (contract.clientRetries) {
    return {
      judgement: 'permitted',
      reason: 'the client retries by itself, at least once is all it promises',
      blame: 'client',
    };
  }
  if (isRepeated && !contract.idempotence)
    return {
      judgement: 'permitted',
      reason: `${REPEATED}, and without idempotence each of them may be stored`,
      blame: 'unknown',
    };
  return {
    judgement: 'violation',
    reason: 'each of these was sent once: one attempt may be appended no more than once',
    blame: isAudited(info) ? 'broker' : 'unknown',
  };
}

/**
 * The same where one of the two copies is gone: a reader was given it, and no final scan found it. A broker recognizes
 * a repetition by the numbers in its log, so a log that was cut off has forgotten them with the records.
 * @param cut the judgement on readers that were given what is gone
 */
export function judgeCutDuplicate(
  info: RunInfo,
  renumbered: Renumbered,
  cut: Ruling,
  isRepeated = false,
): Ruling {
  const ruling = judgeDuplicate(info, renumbered, isRepeated);
  if (!info.contract.clientRetries || ruling.judgement === 'permitted' || cut.judgement !== 'permitted')
    return ruling;
  return {
    ...cut,
    reason: `the log was cut off below the first copy, and what it knew of the producer's numbers went with it; ${cut.reason}`,
  };
}

/** A record whose value names another topic or partition. */
export function judgeWrongPlace(info: RunInfo): Ruling {
  return {
    judgement: 'violation',
    reason: 'the record was written to another topic or partition',
    blame: isAudited(info) ? 'broker' : 'unknown',
  };
}

/**
 * A log that contradicts real time. A leader that comes back with less may give one offset twice in one epoch.
 * @param excuse why it may, in words; null when nothing permits it.
 */
export function judgeReordered(excuse: string | null): Ruling {
  const what =
    'the order of the log contradicts real time: what was known to be in it earlier stands behind what came later';
  if (excuse !== null) return { judgement: 'permitted', reason: `${what}: ${excuse}`, blame: 'broker' };
  return { judgement: 'violation', reason: what, blame: 'broker' };
}

interface EndsCase {
  contract: Contract;
  leaderChanges: LeaderChanges;
  /** Why an end offset may be behind, in words; null when it may not. */
  laggingWatermarks: string | null;
  powerExcuse: string | null;
}

/** An end offset (high watermark) that went back. */
export function judgeEnds(facts: EndsCase): Judged {
  const ruling = ruleOnEnds(facts);
  const { contract } = facts;
  if (!isUnsaid(contract, 'acks') || ruling.judgement === 'permitted') return { ruling };
  const weak = ruleOnEnds({ ...facts, contract: { ...contract, acks: 1 } });
  return weak.judgement === 'violation' ? { ruling } : withoutAcks(weak);
}

function ruleOnEnds(facts: EndsCase): Ruling {
  const { contract, leaderChanges, laggingWatermarks, powerExcuse } = facts;
  if (laggingWatermarks !== null)
    return { judgement: 'permitted', reason: laggingWatermarks, blame: 'broker' };
  if (leaderChanges !== 'none' && (contract.acks !== 'all' || contract.uncleanLeaderElection)) {
    return {
      judgement: 'permitted',
      reason: `${weakness(contract)} permits that the log is cut off where the leader changes${orUnknown(leaderChanges)}`,
      blame: 'broker',
    };
  }
  if (powerExcuse !== null) return { judgement: 'permitted', reason: powerExcuse, blame: 'broker' };
  return { judgement: 'violation', reason: 'the end of a log does not go back', blame: 'broker' };
}

function orUnknown(leaderChanges: LeaderChanges): string {
  return leaderChanges === 'unknown' ? `, ${LEADERS_UNKNOWN}` : '';
}

function weakness(contract: Contract): string {
  return contract.uncleanLeaderElection ? 'unclean leader election' : `acks=${contract.acks}`;
}

function nameOf(term: Term | null): string {
  return term === null ? 'the leader' : term.node;
}

function termName(term: Term): string {
  return term.epoch === null ? term.node : `${term.node} (epoch ${term.epoch})`;
}

import { orAssumed } from '../../history/assumptions.ts';
import type { Contract } from '../../history/run.ts';
import type { LeaderChanges } from '../facts/leadership.ts';
import { type Judged, UNCLEAN, type Unsaid, LEADERS_UNKNOWN } from './judgement.ts';

/**
 * What a reader was given is committed: readers get only what lies below the high watermark, and that is in every
 * replica in sync. So if such a record is gone, or if readers were given different records at one offset, the
 * producer's acks are no excuse. Only what takes a record from all replicas in sync is one: unclean election, lost
 * power, a changed disk; and what is not known.
 */
export interface CommittedCase {
  contract: Contract;
  leaderChanges: LeaderChanges;
  /** Why loss of power may have taken it from all replicas in sync, in words; null when it may not. */
  powerExcuse: string | null;
  /** The same of disks that were changed. */
  diskExcuse: string | null;
  /** Whether events may be missing, and with them what would permit this. */
  eventsIncomplete: boolean;
}

/** What takes a record from all replicas in sync, in words; null when nothing of the kind is known. */
export function excuseOf(facts: CommittedCase): { reason: string; dependsOn?: Unsaid } | null {
  const { contract, leaderChanges, powerExcuse, diskExcuse, eventsIncomplete } = facts;
  const isUnclean = contract.uncleanLeaderElection;
  if (isUnclean && leaderChanges === 'some') return { reason: `${UNCLEAN}, and the leader changed` };
  if (powerExcuse !== null) return { reason: powerExcuse };
  if (diskExcuse !== null) return { reason: diskExcuse };
  if (isUnclean && leaderChanges === 'unknown')
    return { reason: `${UNCLEAN}, ${LEADERS_UNKNOWN}`, dependsOn: 'leaders' };
  if (!eventsIncomplete) return null;
  return { reason: 'events are missing, and what permits this may be among them' };
}

/** The same of a record that was acknowledged: with less than acks=all the next leader need not have it. */
export function excuseOfAcknowledged(facts: CommittedCase): ReturnType<typeof excuseOf> {
  const { acks } = facts.contract;
  const weak =
    acks === 'all' ? null : `acks=${acks} permits that the log is cut off where the leader changes`;
  if (weak !== null && facts.leaderChanges === 'some') return { reason: weak };
  const excuse = excuseOf(facts);
  if (excuse !== null || weak === null || facts.leaderChanges === 'none') return excuse;
  return { reason: `${weak}, ${LEADERS_UNKNOWN}`, dependsOn: 'leaders' };
}

/** @param what happened, as a clause that the reason begins with; none if the finding says it already. */
export function judgeCommitted(facts: CommittedCase, what: string | null): Judged {
  const excuse = excuseOf(facts);
  const because = (reason: string) => (what === null ? reason : `${what}: ${reason}`);
  if (excuse !== null) {
    const { reason, dependsOn } = excuse;
    const ruling = { judgement: 'permitted', reason: because(reason), blame: 'broker' } as const;
    return { ruling, ...(dependsOn && { dependsOn }) };
  }
  const { contract } = facts;
  const election = `unclean election ${contract.uncleanLeaderElection ? 'on' : 'off'}`;
  const known = orAssumed(contract, 'uncleanLeaderElection', election);
  const reason = `${PROMISE}, and nothing that is known to have happened excuses this (${known})`;
  return { ruling: { judgement: 'violation', reason: because(reason), blame: 'broker' } };
}

const PROMISE = 'readers get only what every replica in sync has, whatever acks the producer asked for';

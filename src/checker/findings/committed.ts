import { orAssumed } from '../../history/assumptions.ts';
import type { Contract } from '../../history/run.ts';
import type { LeaderChanges } from '../facts/leadership.ts';
import { type Judged, UNCLEAN, UNTOLD } from './judgement.ts';

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

/** @param what happened, as a clause that the reason begins with; none if the finding says it already. */
export function judgeCommitted(facts: CommittedCase, what: string | null): Judged {
  const { contract, leaderChanges, powerExcuse, diskExcuse, eventsIncomplete } = facts;
  const because = (reason: string) => (what === null ? reason : `${what}: ${reason}`);
  const permitted = (reason: string): Judged => ({
    ruling: { judgement: 'permitted', reason: because(reason), blame: 'broker' },
  });
  const isUnclean = contract.uncleanLeaderElection;
  if (isUnclean && leaderChanges === 'some') return permitted(`${UNCLEAN}, and the leader changed`);
  if (powerExcuse !== null) return permitted(powerExcuse);
  if (diskExcuse !== null) return permitted(diskExcuse);
  if (isUnclean && leaderChanges === 'untold')
    return { ...permitted(`${UNCLEAN}, ${UNTOLD}`), dependsOn: 'leaders' };
  if (eventsIncomplete)
    return permitted(`${PROMISE}, but events are missing, and what permits this may be among them`);
  const election = orAssumed(
    contract,
    'uncleanLeaderElection',
    `unclean election ${isUnclean ? 'on' : 'off'}`,
  );
  return {
    ruling: {
      judgement: 'violation',
      reason: because(`${PROMISE}, and nothing that is known to have happened excuses this (${election})`),
      blame: 'broker',
    },
  };
}

const PROMISE = 'readers get only what every replica in sync has, whatever acks the producer asked for';

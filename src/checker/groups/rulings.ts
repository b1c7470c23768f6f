import type { FaultSpan } from '../../history/fault-spans.ts';
import type { GroupInfo } from '../../history/group.ts';
import type { PowerLosses } from '../facts/power.ts';
import type { Ruling } from '../findings/judgement.ts';

/** The findings about a group. */
export type GroupFinding =
  'group-skipped' | 'offset-regressed' | 'offset-lost' | 'offset-phantom' | 'zombie-offset';

const PROMISES: Record<GroupFinding, string> = {
  'group-skipped': 'what lies below the committed offset of a group has been handed to some member of it',
  'offset-regressed':
    'an offset that was committed is what the coordinator tells from then on, until another one is committed',
  'offset-lost':
    'an offset that was committed is what the coordinator tells from then on, until another one is committed',
  'offset-phantom': 'the coordinator tells offsets that were committed, and no others',
  'zombie-offset':
    'once the group has a new generation, a member of an older one can commit nothing any more',
};

/** @param circumstances what the topic of offsets has been through, and what it was set up to survive */
export function rulingOnGroup(
  kind: GroupFinding,
  {
    group,
    power,
    faults,
  }: { group: GroupInfo; power: Pick<PowerLosses, 'occurred'>; faults: readonly FaultSpan[] },
): Ruling {
  const promise = PROMISES[kind];
  // The broker that handed it out, or the library that left it out: the history does not tell.
  if (kind === 'group-skipped') return { judgement: 'violation', reason: promise, blame: 'unknown' };
  const excuse = excuseOf(group, power, faults);
  if (excuse !== null)
    return { judgement: 'permitted', reason: `${promise}; but ${excuse}`, blame: 'broker' };
  // A library may have committed what nobody asked it to commit.
  return { judgement: 'violation', reason: promise, blame: kind === 'offset-phantom' ? 'unknown' : 'broker' };
}

/** Why the topic of offsets itself may have lost something; null where it may not. */
export function excuseOf(
  { offsetsMinInsyncReplicas: minInsyncReplicas, offsetsUncleanElection }: GroupInfo,
  { occurred }: Pick<PowerLosses, 'occurred'>,
  faults: readonly FaultSpan[],
): string | null {
  if (occurred) return 'brokers lost power, and what was committed may have gone with it';
  if (faults.length === 0) return null;
  if (offsetsUncleanElection !== false)
    return `the topic of offsets ${offsetsUncleanElection === null ? 'may allow' : 'allows'} unclean elections, which lose what was committed`;
  if ((minInsyncReplicas ?? 1) <= 1)
    return `min.insync.replicas of the topic of offsets is ${minInsyncReplicas === null ? 'not known, and may be 1' : '1'}, so that the coordinator may have forgotten what it had answered`;
  return null;
}

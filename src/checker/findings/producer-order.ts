import { isUnsaid, orAssumed } from '../../history/assumptions.ts';
import { type CommittedCase, excuseOf } from './committed.ts';
import type { Judged } from './judgement.ts';

/**
 * A record that stands behind one that the same producer session sent later. An idempotent producer numbers its
 * records, and a leader takes them in no other order; without numbers a record that is sent again may come late.
 * What takes records from all replicas in sync takes the memory of the numbers with them.
 */
export function judgeProducerOrder(facts: CommittedCase): Judged {
  const { contract } = facts;
  const permitted = (reason: string): Judged => ({
    ruling: { judgement: 'permitted', reason, blame: 'unknown' },
  });
  if (!contract.idempotence)
    return permitted('without idempotence a record that is sent again may come to stand behind a later one');
  if (isUnsaid(contract, 'acks')) {
    const reason =
      'only with acks=all a producer can be idempotent, and the history does not say which acks it asked for';
    return { ...permitted(reason), dependsOn: 'acks' };
  }
  if (contract.acks !== 'all')
    return permitted(
      `only with acks=all a producer can be idempotent, and it asked for acks=${contract.acks}`,
    );
  const excuse = excuseOf(facts);
  if (excuse !== null) {
    const { reason, dependsOn } = excuse;
    return {
      ...permitted(`the leader may have lost its memory of sequence numbers: ${reason}`),
      ...(dependsOn && { dependsOn }),
    };
  }
  const idempotent = orAssumed(contract, 'idempotence', 'an idempotent producer');
  const reason = `${idempotent} numbers its records, and the log takes them in no other order`;
  return { ruling: { judgement: 'violation', reason, blame: 'unknown' } };
}

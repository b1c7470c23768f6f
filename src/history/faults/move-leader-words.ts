import type { Fault } from '../fault.ts';
import type { FaultWords } from './fault-words.ts';

export const moveLeaderWords: FaultWords<Extract<Fault, { kind: 'move-leader' }>> = {
  label: (fault) => `move ${leadersOf(fault)}`,
  struck: (fault) => `${leadersOf(fault)} moved to another replica, as an administrator had asked`,
  healed: (fault) => `${leadersOf(fault)} asked to move back`,
  lane: () => 'leaders moved',
  links: 'impaired',
  // It excuses nothing by itself. That the leader changed is in the history, and is judged as any change of leader is.
  isHarmless: true,
};

function leadersOf({ partition }: Extract<Fault, { kind: 'move-leader' }>): string {
  return partition === undefined ? 'the leaders' : `the leader of partition ${partition}`;
}

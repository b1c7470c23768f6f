import type { Fault } from '../fault.ts';
import type { FaultWords } from './fault-words.ts';

export const disconnectWords: FaultWords<Extract<Fault, { kind: 'disconnect' }>> = {
  label: ({ target }) => `disconnect ${target}`,
  struck: (_, who, peers) => `${who} disconnected from the network, and so from ${peers}`,
  healed: (_, who) => `${who} connected again`,
  // As for an isolation, which to the others it is.
  lane: () => 'cut off from everyone',
  links: 'cut',
  isHarmless: false,
};

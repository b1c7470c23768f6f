import type { Fault } from '../fault.ts';
import { endsInWords, type FaultWords } from './fault-words.ts';

export const lossWords: FaultWords<Extract<Fault, { kind: 'loss' }>> = {
  label: (fault) => `lose ${fault.percent} % of the packets ${endsInWords(fault)}`,
  struck: (fault, who, peers) =>
    `${fault.percent} % of the packets ${endsInWords({ ...fault, target: who, peers })} get lost`,
  healed: (_, who, peers) => `no packets between ${who} and ${peers} get lost any more`,
  lane: ({ percent }) => `loses ${percent} %`,
  links: 'impaired',
  isHarmless: true,
};

import type { Fault } from '../fault.ts';
import { endsInWords, type FaultWords } from './fault-words.ts';

type Delay = Extract<Fault, { kind: 'delay' }>;

export const delayWords: FaultWords<Delay> = {
  label: (fault) => `delay packets ${endsInWords(fault)} by ${lengthOf(fault)}`,
  struck: (fault, who, peers) =>
    `packets ${endsInWords({ ...fault, target: who, peers })} are late by ${lengthOf(fault)}`,
  healed: (_, who, peers) => `packets between ${who} and ${peers} are in time again`,
  lane: (fault) => `late by ${lengthOf(fault)}`,
  links: 'impaired',
  isHarmless: true,
};

function lengthOf({ delayMs, jitterMs }: Delay): string {
  return jitterMs > 0 ? `${delayMs} ± ${jitterMs} ms` : `${delayMs} ms`;
}

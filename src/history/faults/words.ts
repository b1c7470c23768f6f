import type { Fault } from '../fault.ts';
import { delayWords } from './delay-words.ts';
import { disconnectWords } from './disconnect-words.ts';
import type { FaultWords } from './fault-words.ts';
import { lossWords } from './loss-words.ts';
import { moveLeaderWords } from './move-leader-words.ts';
import { requestsWords } from './requests-words.ts';

/** The words of each kind of fault that brings its own. */
const WORDS: { [K in OwnKind]: FaultWords<Extract<Fault, { kind: K }>> } = {
  loss: lossWords,
  delay: delayWords,
  disconnect: disconnectWords,
  'move-leader': moveLeaderWords,
  requests: requestsWords,
};
export type OwnKind = 'loss' | 'delay' | 'disconnect' | 'move-leader' | 'requests';

/** What a kind's words speak of; another tool may have a kind of the same name without it. */
const FIELDS: Record<OwnKind, string> = {
  loss: 'percent',
  delay: 'delayMs',
  disconnect: 'target',
  'move-leader': 'kind',
  requests: 'do',
};

/** The words of this fault; null where its kind brings none. */
export function wordsOf(fault: Fault): BoundWords | null {
  if (!Object.hasOwn(WORDS, fault.kind)) return null;
  const kind = fault.kind as OwnKind;
  if (!(FIELDS[kind] in fault)) return null;
  const words = WORDS[kind] as FaultWords<Fault>;
  return {
    label: words.label(fault),
    struck: (who, peers) => words.struck(fault, who, peers),
    healed: (who, peers) => words.healed(fault, who, peers),
    lane: words.lane(fault),
    links: words.links,
    isHarmless: words.isHarmless,
  };
}

/** The words of a kind, for one fault of it. */
export interface BoundWords extends Pick<FaultWords<Fault>, 'links' | 'isHarmless'> {
  label: string;
  struck: (who: string, peers: string) => string;
  healed: (who: string, peers: string) => string;
  lane: string;
}

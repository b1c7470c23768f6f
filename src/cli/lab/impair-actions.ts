import { CLIENT } from '../../core/link.ts';
import { EXIT, Failure } from '../../core/failure.ts';
import type { Session } from '../../hand/session.ts';
import type { Fault } from '../../history/fault.ts';
import type { ImpairOptions } from './actions.ts';
import { nodeMeant } from './cluster-actions.ts';
import { parseLength, parsePercent } from './amounts.ts';

const PERCENT = 20;
const DELAY_MS = 100;

/** `flaky kafka1 kafka2 20%`. @throws Failure (usage) for words that mean nothing. */
export async function flakyFault(
  session: Session,
  words: readonly string[],
  options: ImpairOptions,
): Promise<Fault> {
  const { names, amount } = split(words, parsePercent);
  return { kind: 'loss', ...(await linksMeant(session, names, options)), percent: amount ?? PERCENT };
}

/** `slow kafka1 200ms`. @throws Failure (usage) for words that mean nothing. */
export async function slowFault(
  session: Session,
  words: readonly string[],
  options: ImpairOptions,
): Promise<Fault> {
  const { names, amount } = split(words, parseLength);
  return {
    kind: 'delay',
    ...(await linksMeant(session, names, options)),
    delayMs: amount ?? DELAY_MS,
    jitterMs: options.jitter ?? 0,
  };
}

/** The last word is an amount if it begins with a digit, which no name does. */
function split(
  words: readonly string[],
  parse: (word: string) => number,
): { names: readonly string[]; amount: number | null } {
  const last = words.at(-1) ?? '';
  return /^\d/.test(last)
    ? { names: words.slice(0, -1), amount: parse(last) }
    : { names: words, amount: null };
}

type Links = Pick<Extract<Fault, { kind: 'loss' }>, 'target' | 'peers' | 'direction'>;

async function linksMeant(
  session: Session,
  names: readonly string[],
  { oneWay }: ImpairOptions,
): Promise<Links> {
  const [first, second, more] = names;
  if (first === undefined || more !== undefined)
    throw new Failure('This takes one node or two, and then how much.', {
      hint: 'For example: flaky kafka1 kafka2 20%',
      exitStatus: EXIT.usage,
    });
  const direction = oneWay === true ? 'outbound' : 'both';
  if (second === undefined) {
    if (first === CLIENT)
      throw new Failure('Between "client" and which node?', {
        hint: 'flaky client kafka1',
        exitStatus: EXIT.usage,
      });
    return { target: await targetMeant(session, first), peers: 'cluster', direction };
  }
  if (first === CLIENT)
    return {
      target: await targetMeant(session, second),
      peers: CLIENT,
      direction: oneWay === true ? 'inbound' : 'both',
    };
  const target = await targetMeant(session, first);
  const peers = second === CLIENT ? CLIENT : await nodeMeant(session, second);
  if ((await nodeMeant(session, first)) === peers)
    throw new Failure(`${first} and ${second} are the same node, ${peers}.`, {
      hint: 'Name two nodes.',
      exitStatus: EXIT.usage,
    });
  return { target, peers, direction };
}

/** A role stays one, so that a repetition strikes who has it then. */
async function targetMeant(session: Session, word: string): Promise<string> {
  return word === 'leader' || word === 'controller' ? word : nodeMeant(session, word);
}

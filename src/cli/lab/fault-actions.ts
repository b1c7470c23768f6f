import { CLIENT } from '../../core/link.ts';
import { EXIT, Failure } from '../../core/failure.ts';
import type { Session } from '../../hand/session.ts';
import type { Fault } from '../../history/fault.ts';
import { describeFault } from '../../history/fault-words.ts';
import type { Healed } from '../../nemesis/nemesis.ts';
import { describeStrike } from '../../report/text/phrases.ts';
import type { LabActions } from './actions.ts';
import { nodeMeant } from './cluster-actions.ts';
import { flakyFault, slowFault } from './impair-actions.ts';
import type { LabIo } from './io.ts';

type FaultActions = Pick<
  LabActions,
  'strike' | 'start' | 'resume' | 'partition' | 'cut' | 'slow' | 'flaky' | 'heal'
>;

/** Striking and healing. */
export function faultActions(session: Session, io: LabIo): FaultActions {
  const { world } = session;

  async function strike(fault: Fault): Promise<number> {
    await session.ready((line) => io.line(line));
    session.history.enter('faults');
    const { targets, evidence, verified } = await session.faults.strike(fault);
    const doubt = verified === false ? ' (the effect was not observed)' : '';
    io.line(`${describeStrike(fault, targets)}: ${evidence}${doubt}`);
    return EXIT.valid;
  }

  async function bringBack(word: string, kinds: readonly Fault['kind'][], done: string): Promise<number> {
    await session.ready((line) => io.line(line));
    const node = await nodeMeant(session, word);
    const healed: Healed | null = await session.faults.undo(node, kinds);
    // Its end may have had another reason.
    const evidence =
      healed?.evidence ??
      (session.stateOf(node) === 'up' ? null : ((await world.db.recover?.(node)) ?? null));
    if (evidence === null) io.line(`${node} runs already.`);
    else io.line(`${node} ${done}: ${evidence}`);
    return EXIT.valid;
  }

  const placeMeant = async (word: string): Promise<string> =>
    word === CLIENT ? CLIENT : nodeMeant(session, word);

  function assertLinks(): void {
    if (world.net !== null) return;
    throw new Failure('No connection can be cut in this lab: its nodes are processes of one machine.', {
      hint: 'kill, stop and pause work; for partitions start the lab with --lab netns or --lab docker.',
      exitStatus: EXIT.usage,
    });
  }

  return {
    async strike(kind, word) {
      // A role stays one, so that a repetition strikes who has it then.
      const isRole = word === 'leader' || word === 'controller';
      return strike({ kind, target: isRole ? word : await nodeMeant(session, word) });
    },
    start: (word) => bringBack(word, ['kill', 'stop', 'power-loss'], 'is started'),
    resume: (word) => bringBack(word, ['pause'], 'goes on'),
    async partition(words) {
      assertLinks();
      const groups = await Promise.all(
        words.map((group) =>
          Promise.all(
            group
              .split(',')
              .filter((name) => name !== '')
              .map(placeMeant),
          ),
        ),
      );
      return strike({ kind: 'partition', groups: groups.filter((group) => group.length > 0) });
    },
    async cut(fromWord, toWord, { oneWay }) {
      assertLinks();
      const [from, to] = await Promise.all([placeMeant(fromWord), placeMeant(toWord)]);
      if (from === to)
        throw new Failure(`${fromWord} and ${toWord} are the same node, ${from}.`, {
          hint: 'Name two nodes.',
          exitStatus: EXIT.usage,
        });
      return strike({ kind: 'cut', from, to, direction: oneWay === true ? 'outbound' : 'both' });
    },
    async slow(words, options) {
      assertLinks();
      return strike(await slowFault(session, words, options));
    },
    async flaky(words, options) {
      assertLinks();
      return strike(await flakyFault(session, words, options));
    },
    async heal({ all }) {
      await session.ready((line) => io.line(line));
      if (all === true) {
        const told = await session.faults.healAll();
        for (const line of told) io.line(line);
        if (told.length === 0) io.line('Nothing was left to be healed.');
        return EXIT.valid;
      }
      const healed = await session.faults.healLinks();
      for (const each of healed) io.line(`healed ${describeFault(each.fault)}: ${each.healed.evidence}`);
      if (healed.length === 0) io.line('No connection was cut, and none lost or delayed packets.');
      const down = session.faults.inForce().flatMap(({ targets }) => targets);
      if (down.length > 0)
        io.line(`Still down or paused: ${down.join(', ')} (start, resume, or heal --all).`);
      return EXIT.valid;
    },
  };
}

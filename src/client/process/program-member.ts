/**
 * A member of a consumer group that lives in a program of its own. A request that the program did not answer may have been
 * carried out, and what it handed out then is not known: such a member is gone for good, and must not be polled again.
 */
import { Failure } from '../../core/failure.ts';
import type { GroupMember, GroupMemberOptions } from '../group-member.ts';
import type { PreparedClient } from '../library.ts';
import { ProgramGone, type Program, type Question } from './program.ts';
import type { Answer } from './protocol.ts';
import { reachOf } from './reach.ts';

/** The library connects and asks for metadata; a busy machine makes that long. */
const JOIN_WITHIN_MS = 20_000;
const REWIND_WITHIN_MS = 10_000;
/** The library is given 1.5 s by the programs here. */
const LEAVE_WITHIN_MS = 5_000;
const SPARE_MS = 10_000;

export function createProgramMember(
  program: Program,
  { settings }: Pick<PreparedClient, 'settings'>,
  options: GroupMemberOptions,
): GroupMember {
  const { number: reader, endpoint, spareMs = SPARE_MS, ...asked } = options;
  /** The start of the program in which it joined; 0: it has not. */
  let joinedIn = 0;

  /** @returns the answer; null and the error where there is none, or where it tells of one */
  async function ask(question: Question, forMs: number): Promise<Told> {
    // Another start of the program knows nothing of this member.
    if (joinedIn === 0 || program.starts !== joinedIn)
      return { answer: null, error: 'CLIENT_ENDED', asked: false };
    try {
      const answer = await program.ask(question, forMs + spareMs);
      if (answer === null) return { answer, error: 'CLIENT_SILENT', asked: true };
      return { answer, error: answer.error ?? null, asked: true };
    } catch (error) {
      if (!(error instanceof ProgramGone)) throw error;
      return { answer: null, error: 'CLIENT_ENDED', asked: true };
    }
  }

  return {
    async join() {
      try {
        const { groups } = await program.start();
        if (!groups) return 'CLIENT_HAS_NO_GROUPS';
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        return 'CLIENT_UNAVAILABLE';
      }
      joinedIn = program.starts;
      const subscribe = { op: 'subscribe', reader, ...reachOf(endpoint), ...asked, settings } as const;
      return (await ask(subscribe, JOIN_WITHIN_MS)).error;
    },

    async poll(withinMs) {
      const { answer, error } = await ask({ op: 'poll', reader, withinMs }, withinMs);
      if (error !== null || answer === null)
        return { error, records: [], assigned: [], generation: null, memberId: null };
      const { records = [], assigned = [], generation = null, member = null } = answer;
      return {
        error,
        records: records.map(({ partition, offset, value }) => ({
          partition,
          offset,
          value: value === null ? null : Buffer.from(value, 'latin1'),
        })),
        assigned: assigned.toSorted((one, other) => one - other),
        generation,
        memberId: member,
      };
    },

    async commit(offsets, withinMs) {
      const {
        answer,
        error,
        asked: isAsked,
      } = await ask({ op: 'commit', reader, offsets, withinMs }, withinMs);
      const generation = answer?.generation ?? null;
      if (error === null) return { outcome: 'ok', error, generation };
      return { outcome: isAsked ? 'unknown' : 'fail', error, generation };
    },

    async rewind() {
      return (await ask({ op: 'rewind', reader, withinMs: REWIND_WITHIN_MS }, REWIND_WITHIN_MS)).error;
    },

    async leave() {
      return (await ask({ op: 'unsubscribe', reader }, LEAVE_WITHIN_MS)).error;
    },
  };
}

interface Told {
  answer: Answer | null;
  error: string | null;
  /** Whether it was given to the program at all. */
  asked: boolean;
}

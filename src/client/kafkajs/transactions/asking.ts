/** One question to a coordinator, asked until it is answered for good, or for as long as is worth while. */
import { NS_PER_MS, type Clock } from '../../../core/clock.ts';
import { mayPassAtCoordinator, type EndEvidence } from '../../transaction-outcome.ts';
import { evidenceIn } from '../evidence.ts';
import type { Call } from '../kafkajs.ts';
import type { Session } from '../session.ts';
import type { Coordinated, Coordinators } from './coordinators.ts';

export interface Question<T> {
  of: Coordinated;
  call: (session: Session) => Call<T>;
  codeOf: (answer: T) => number;
  /** Begins no further try after so long. */
  forMs: number;
  /** What is tried again besides requests that provably never left: every answer that may pass, and silence too. */
  again: { answered: boolean; unanswered: boolean };
}

/** All tries in their order, and what the last one was answered; null where it was not. */
export interface Asked<T> {
  tries: EndEvidence[];
  answer: T | null;
}

const PAUSE_MS = 20;
const PAUSE_UNREACHED_MS = 100;
/** COORDINATOR_NOT_AVAILABLE and NOT_COORDINATOR: another broker may be it by now. */
const ELSEWHERE: ReadonlySet<number> = new Set([15, 16]);

/** Never rejects. */
export async function askCoordinator<T>(
  { coordinators, clock }: { coordinators: Coordinators; clock: Clock },
  { of, call, codeOf, forMs, again }: Question<T>,
): Promise<Asked<T>> {
  const untilNs = clock.nowNs() + forMs * NS_PER_MS;
  const tries: EndEvidence[] = [];
  for (;;) {
    const { evidence, answer } = await askOnce(coordinators, { of, call, codeOf });
    tries.push(evidence);
    const isOver =
      evidence.kind === 'answered'
        ? !again.answered || !mayPassAtCoordinator(evidence.code)
        : evidence.kind === 'unanswered' && !again.unanswered;
    const isElsewhere = evidence.kind === 'answered' && ELSEWHERE.has(evidence.code);
    if (isElsewhere || evidence.kind === 'unwritten') coordinators.suspect(of);
    if (isOver || clock.nowNs() >= untilNs) return { tries, answer };
    await clock.sleep(evidence.kind === 'answered' ? PAUSE_MS : PAUSE_UNREACHED_MS);
  }
}

async function askOnce<T>(
  coordinators: Coordinators,
  { of, call, codeOf }: Pick<Question<T>, 'of' | 'call' | 'codeOf'>,
): Promise<{ evidence: EndEvidence; answer: T | null }> {
  try {
    const session = await coordinators.to(of);
    const answer = await session.request(call(session));
    return { evidence: { kind: 'answered', code: codeOf(answer) }, answer };
  } catch (thrown) {
    return { evidence: evidenceIn(thrown), answer: null };
  }
}

import { messageOf } from '../../core/failure.ts';
import type { Evidence } from '../outcome.ts';
import { Unanswered } from './session.ts';
import { NoLeader } from './topology.ts';

/** What an exception proves of a request. One that was not foreseen proves nothing. */
export function evidenceIn(thrown: unknown): Extract<Evidence, { kind: 'unwritten' | 'unanswered' }> {
  if (thrown instanceof NoLeader) return { kind: 'unwritten', error: thrown.reason };
  if (thrown instanceof Unanswered) {
    return { kind: thrown.written ? 'unanswered' : 'unwritten', error: thrown.reason };
  }
  return { kind: 'unanswered', error: `UNEXPECTED: ${messageOf(thrown)}` };
}

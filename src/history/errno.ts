import { messageOf } from '../core/failure.ts';

/** The system's name for what went wrong with a file, such as ENOENT; the message of anything else. */
export function errnoOf(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : messageOf(thrown);
}

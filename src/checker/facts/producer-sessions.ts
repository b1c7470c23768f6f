import { countUpTo } from '../../core/sorted.ts';
import { int64At, type RunInfo, type WriteBatch } from '../../history/run.ts';
import { OUTCOMES } from '../../history/write.ts';
import { ownTimesOf } from './worker-clocks.ts';

/**
 * Which writes of a worker went through one session of its producer. After a write of unknown outcome, or one that
 * failed, a worker may go on under a fresh session, so two writes are known to be of one session only if no such
 * answer came between them.
 *
 * The memory is that of the moments at which sessions may have ended: none in most runs.
 */
export class ProducerSessions {
  readonly #endsNs = new Map<number, number[]>();
  readonly #unsorted = new Set<number>();

  /** Notes whether a session may have ended with the answer to this write. */
  note(batch: WriteBatch, row: number): void {
    const outcome = batch.outcome[row]!;
    if (outcome === OK || outcome === SENT) return;
    const endNs = int64At(ownTimesOf(batch).completeNs, row);
    if (endNs < 0) return;
    const worker = batch.worker[row]!;
    const ends = this.#endsNs.get(worker);
    if (ends === undefined) this.#endsNs.set(worker, [endNs]);
    else {
      if (endNs < ends.at(-1)!) this.#unsorted.add(worker);
      ends.push(endNs);
    }
  }

  /** A number for the session of a write that was begun at this moment: only meaningful within its worker. */
  sessionOf(worker: number, invokeNs: number): number {
    const ends = this.#endsNs.get(worker);
    if (ends === undefined) return 0;
    if (this.#unsorted.delete(worker)) ends.sort((a, b) => a - b);
    return countUpTo(ends, invokeNs);
  }
}

const OK = OUTCOMES.indexOf('ok');
const SENT = OUTCOMES.indexOf('sent');

/**
 * Whether each worker is one producer session until something goes wrong. Of its own runs this program knows better:
 * their clients begin a new session while other writes are still under way, and which is which is not recorded.
 */
export function areWorkersSessions({ workerIsSession, world }: RunInfo): boolean {
  return workerIsSession ?? world === 'imported';
}

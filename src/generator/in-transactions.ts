import type { BeginOp, Generator, WriteOp } from './generator.ts';

/**
 * The same writes, with begins and ends between them: each worker goes from one transaction to the next, and each has the same
 * number of requests, the last one of a worker perhaps fewer. Which are aborted is spread evenly: with a share of a half it
 * is every second one, beginning with the second.
 */
export function inTransactions(
  writes: Generator<WriteOp>,
  options: { workers: number; requestsPerTransaction: number; abortShare: number },
): Generator {
  const states = Array.from({ length: options.workers }, (): WorkerState => ({ begun: 0, left: null }));
  return from(writes, options, states);
}

interface WorkerState {
  /** How many transactions have begun. */
  begun: number;
  /** Requests that the open one is still to have; null: none is open. */
  left: number | null;
}

function from(
  writes: Generator<WriteOp>,
  options: { requestsPerTransaction: number; abortShare: number },
  states: readonly WorkerState[],
): Generator {
  const after = (worker: number, state: WorkerState, rest = writes) =>
    from(rest, options, states.with(worker, state));
  return {
    next({ nowNs, free }) {
      // A transaction that has all of its writes ends before its worker waits for anything else.
      const whole = free.find((worker) => states[worker]!.left === 0);
      const next = whole === undefined ? writes.next({ nowNs, free }) : null;
      if (next === 'pending') return next;
      if (next === null) {
        const open = whole ?? free.find((worker) => states[worker]!.left !== null);
        if (open !== undefined)
          return [
            { kind: 'end', worker: open, intendedNs: nowNs },
            after(open, { ...states[open]!, left: null }),
          ];
        return states.some(({ left }) => left !== null) ? 'pending' : null;
      }
      const [op, rest] = next;
      const { worker, intendedNs } = op;
      const { begun, left } = states[worker]!;
      if (left === null) {
        const begin: BeginOp = {
          kind: 'begin',
          worker,
          transaction: begun,
          end: isAborted(begun, options.abortShare) ? 'abort' : 'commit',
          intendedNs,
        };
        return [begin, after(worker, { begun: begun + 1, left: options.requestsPerTransaction })];
      }
      return [op, after(worker, { begun, left: left - 1 }, rest)];
    },
  };
}

/** Whether the nth of a worker's transactions, counted from 0, is to be aborted. */
function isAborted(transaction: number, share: number): boolean {
  return Math.floor((transaction + 1) * share) > Math.floor(transaction * share);
}

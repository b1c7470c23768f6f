import { nameOfTransactionCode } from '../../src/client/transaction-outcome.ts';
import { verdictOnEnd } from '../../src/sim/transactions/deciding.ts';

/** A request to end a transaction, and the state of the transactional id in which it comes. */
export interface EndCase {
  state: 'empty' | 'ongoing' | 'complete-commit' | 'complete-abort';
  /** The version of the request that brought it into that state; 1 where none did. */
  by: 1 | 2;
  version: 1 | 2;
  end: 'commit' | 'abort';
  /** By how much its epoch is not the present one. */
  epochOff: -1 | 0 | 1;
}

const STATES = [
  ['empty', 1],
  ['ongoing', 1],
  ['complete-commit', 1],
  ['complete-abort', 1],
  ['complete-commit', 2],
  ['complete-abort', 2],
] as const;

export const END_CASES: readonly EndCase[] = STATES.flatMap(([state, by]) =>
  ([1, 2] as const).flatMap((version) =>
    (['commit', 'abort'] as const).flatMap((end) =>
      ([-1, 0, 1] as const).map((epochOff) => ({ state, by, version, end, epochOff })),
    ),
  ),
);

export function keyOf({ state, by, version, end, epochOff }: EndCase): string {
  return `${state} (v${by}): ${end} of version ${version}, epoch ${epochOff < 0 ? '' : '+'}${epochOff}`;
}

/** What the model's coordinator answers. */
export function modelAnswer({ state, by, version, end, epochOff }: EndCase): string {
  const epoch = 5;
  const metadata = {
    transactionalId: 'id',
    producerId: 1,
    epoch,
    state,
    partitions: [],
    timeoutMs: 1_000,
    startNs: 0,
    version: by,
  };
  const verdict = verdictOnEnd(metadata, { end, version, epoch: epoch + epochOff, isPending: false });
  return nameOfTransactionCode(verdict === 'decide' ? 0 : verdict);
}

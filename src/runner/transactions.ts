import type { Clock } from '../core/clock.ts';
import type { TransactionalClient } from '../client/transactional-client.ts';
import type { BeginOp } from '../generator/generator.ts';
import type { Transaction } from '../history/transaction.ts';

/** The transactions of all workers, one after the other for each: begun, ended and recorded. */
export interface Transactions {
  /** Resolves when the worker may write, or when it is known that it has no producer: what it writes fails then. */
  begin(op: Pick<BeginOp, 'worker' | 'transaction' | 'end' | 'newInstance'>): Promise<void>;
  /** The number of the transaction that is open; undefined: none is. */
  openOf(worker: number): number | undefined;
  /** A write of the open transaction was not acknowledged: as an application would, its worker aborts it. */
  failed(worker: number): void;
  /** Ends what is open, as it was meant to end. No write of the worker is under way. */
  end(worker: number): Promise<void>;
}

interface Open {
  number: number;
  end: 'commit' | 'abort';
  beginNs: number;
  producerId: number | null;
  epoch: number | null;
}

/** @param options.clients by worker; a worker without a client belongs to another process. */
export function recordedTransactions({
  clients,
  clock,
  record,
}: {
  clients: readonly (TransactionalClient | undefined)[];
  clock: Clock;
  record: (transaction: Transaction) => void;
}): Transactions {
  const open = new Map<number, Open>();
  return {
    async begin({ worker, transaction: number, end, newInstance = false }) {
      const beginNs = clock.nowNs();
      const { producer } = await clients[worker]!.begin({ newInstance });
      const { producerId = null, epoch = null } = producer ?? {};
      open.set(worker, { number, end, beginNs, producerId, epoch });
    },
    openOf: (worker) => open.get(worker)?.number,
    failed(worker) {
      const transaction = open.get(worker);
      if (transaction !== undefined) transaction.end = 'abort';
    },
    async end(worker) {
      const { end, ...begun } = open.get(worker)!;
      const endInvokeNs = clock.nowNs();
      const { outcome, error, attempts, answered, after } = await clients[worker]!.end(end);
      open.delete(worker);
      record({
        worker,
        ...begun,
        endProducerId: after?.producerId ?? null,
        endEpoch: after?.epoch ?? null,
        end,
        endInvokeNs,
        endCompleteNs: outcome === 'unknown' ? null : clock.nowNs(),
        outcome,
        error,
        attempts,
        answered,
      });
    },
  };
}

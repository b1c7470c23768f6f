import type { Event } from '../../history/event.ts';
import { int64At, type Run, type WriteBatch } from '../../history/run.ts';
import { OUTCOMES } from '../../history/write.ts';
import type { TransactionTable } from './transaction-table.ts';

const OK = OUTCOMES.indexOf('ok');
const INFO = OUTCOMES.indexOf('info');

/**
 * A run in transactions, as the questions about single records see it. An acknowledgement inside a transaction promises nothing
 * until the transaction is committed: the record of any other one may or may not be in the log, as that of a write of
 * unknown outcome. And a reader that is given only what is committed goes past records rightly, so it is not held against
 * the others here (see `judge-transactions.ts`).
 */
export function promisesOf(run: Run, transactions: TransactionTable): Run {
  return {
    ...run,
    events: run.events.filter((event) => !isCommittedReader(event)),
    *writes() {
      for (const batch of run.writes()) yield withoutPromises(batch, transactions);
    },
    reads: () => run.reads(),
    ends: () => run.ends(),
    damage: () => run.damage(),
  };
}

/** Whether it tells the bounds of a reader that hides what is not committed. */
export function isCommittedReader(event: Event): boolean {
  return event.type === 'scan' && event.isolation === 'read_committed';
}

function withoutPromises(batch: WriteBatch, transactions: TransactionTable): WriteBatch {
  const { transaction } = batch;
  if (transaction === undefined) return batch;
  let outcome: Uint8Array | null = null;
  for (let row = 0; row < batch.length; row++) {
    const number = int64At(transaction, row);
    if (number < 0 || batch.outcome[row] !== OK) continue;
    const id = transactions.idOf(batch.worker[row]!, number);
    if (id >= 0 && transactions.outcomeOf(id) === 'committed') continue;
    outcome ??= batch.outcome.slice(0, batch.length);
    outcome[row] = INFO;
  }
  return outcome === null ? batch : { ...batch, outcome };
}

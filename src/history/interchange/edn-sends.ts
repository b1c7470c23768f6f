import { transactionAt, WRITE_COLUMNS, writeAt } from '../columns/columns.ts';
import { int64At, type Run, type WriteBatch } from '../run.ts';
import type { Transaction } from '../transaction.ts';
import { type Polled, polledWithin } from './edn-polls.ts';
import type { Write } from '../write.ts';

/** An operation that sends, as Jepsen has them: a write of its own, or a transaction with all of its writes. */
export interface Sending {
  f: 'send' | 'txn';
  /** As EDN: the micro-operations as they were asked for, and as they were answered. */
  asked: string;
  answered: string;
  type: 'ok' | 'fail' | 'info';
  error: string | null;
  /** Of what a transaction polled: what it was to be given, where that is told. */
  isolation: Polled['isolation'];
  /** False of one that never ended: it is left open, as Jepsen leaves it. */
  hasEnd: boolean;
}

/** All operations that send. Number i begins at `times[i]` and ends at `times[count + i]`, never before it began. */
export interface Sendings {
  count: number;
  times: Float64Array;
  readonly at: (number: number) => Sending;
}

/** What was sent: where the run has no transactions, each write is an operation. */
export function sendingsOf(run: Run): Sendings {
  const batches = Array.from(run.writes(), copyOf);
  return run.transactions === undefined ? plainSendings(batches) : transactionalSendings(run, batches);
}

/** A batch of its own: the memory of one that a run gives is used again for the next. */
function copyOf(batch: WriteBatch): WriteBatch {
  const columns = Object.keys(WRITE_COLUMNS) as (keyof typeof WRITE_COLUMNS)[];
  const { transaction } = batch;
  return {
    ...batch,
    ...Object.fromEntries(columns.map((name) => [name, batch[name].slice()])),
    ...(transaction !== undefined && { transaction: transaction.slice() }),
  };
}

function plainSendings(batches: readonly WriteBatch[]): Sendings {
  const count = batches.reduce((sum, { length }) => sum + length, 0);
  const times = new Float64Array(2 * count);
  let row = 0;
  for (const batch of batches) {
    for (let index = 0; index < batch.length; index++, row++) {
      const invokeNs = int64At(batch.invokeNs, index);
      const completeNs = int64At(batch.completeNs, index);
      times[row] = invokeNs;
      times[count + row] = completeNs < 0 ? Number.MAX_VALUE : Math.max(completeNs, invokeNs + 1);
    }
  }
  const writeOf = rowsIn(batches);
  return { count, times, at: (number) => plainSending(writeOf(number)) };
}

function rowsIn(batches: readonly WriteBatch[]): (row: number) => Write {
  const firsts: number[] = [];
  let rows = 0;
  for (const { length } of batches) {
    firsts.push(rows);
    rows += length;
  }
  return (row) => {
    let low = 0;
    let high = firsts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (firsts[middle]! <= row) low = middle;
      else high = middle - 1;
    }
    return writeAt(batches[low]!, row - firsts[low]!);
  };
}

function plainSending(write: Write): Sending {
  return {
    f: 'send',
    asked: `[${microOf(write, false)}]`,
    answered: `[${microOf(write, write.outcome === 'ok')}]`,
    type: write.outcome === 'sent' ? 'info' : write.outcome,
    error: write.error,
    isolation: null,
    hasEnd: write.completeNs !== null,
  };
}

function microOf({ partition, worker, seq, offset }: Write, hasOffset: boolean): string {
  const value = `"${worker}:${seq}"`;
  return `[:send ${partition} ${hasOffset ? `[${offset ?? 'nil'} ${value}]` : value}]`;
}

/** A transaction that wrote nothing is no operation: there is nothing to be said of it. */
function transactionalSendings(run: Run, batches: readonly WriteBatch[]): Sendings {
  const transactions = new Map<string, Transaction>();
  for (const batch of run.transactions!())
    for (let row = 0; row < batch.length; row++) {
      const transaction = transactionAt(batch, row);
      transactions.set(`${transaction.worker}/${transaction.number}`, transaction);
    }
  const polled = polledWithin(run);
  const operations: { writes: Write[]; transaction: Transaction | null }[] = [];
  const known = new Map<string, { writes: Write[] }>();
  for (const batch of batches) {
    for (let row = 0; row < batch.length; row++) {
      const write = writeAt(batch, row);
      const name = `${write.worker}/${write.transaction}`;
      const operation = write.transaction === undefined ? undefined : known.get(name);
      if (operation !== undefined) {
        operation.writes.push(write);
        continue;
      }
      const made = { writes: [write], transaction: transactions.get(name) ?? null };
      operations.push(made);
      if (write.transaction !== undefined) known.set(name, made);
    }
  }
  const times = new Float64Array(2 * operations.length);
  for (const [number, { writes, transaction }] of operations.entries()) {
    const begins = writes.map(({ invokeNs }) => invokeNs);
    if (transaction !== null) begins.push(transaction.beginNs);
    const ends = [...writes.map(({ completeNs }) => completeNs), transaction?.endInvokeNs, transaction?.endCompleteNs]; // prettier-ignore
    const beginNs = Math.min(...begins);
    times[number] = beginNs;
    times[operations.length + number] = Math.max(beginNs + 1, ...ends.map((timeNs) => timeNs ?? -1));
    if (writes[0]!.transaction === undefined && writes[0]!.completeNs === null)
      times[operations.length + number] = Number.MAX_VALUE;
  }
  return {
    count: operations.length,
    times,
    at: (number) => {
      const { writes, transaction } = operations[number]!;
      return writes[0]!.transaction === undefined
        ? plainSending(writes[0]!)
        : transactionalSending(
            writes,
            transaction,
            polled.get(`${writes[0]!.worker}/${writes[0]!.transaction}`),
          );
    },
  };
}

const TYPES = { committed: 'ok', aborted: 'fail', unknown: 'info' } as const;

/** @param transaction null of one whose row is missing, so that nothing is known of its end. */
function transactionalSending(
  unordered: readonly Write[],
  transaction: Transaction | null,
  polled: Pick<Polled, 'records' | 'isolation'> | undefined,
): Sending {
  const writes = unordered.toSorted((a, b) => a.seq - b.seq);
  const micros = (areAnswered: boolean) =>
    // Also where it was not committed: what was acknowledged, and where.
    writes.map((write) => microOf(write, areAnswered && write.outcome === 'ok'));
  return {
    f: 'txn',
    asked: `[${[...micros(false), ...(polled === undefined ? [] : ['[:poll]'])].join(' ')}]`,
    answered: `[${[...micros(true), ...(polled === undefined ? [] : [`[:poll ${polled.records}]`])].join(' ')}]`,
    isolation: polled?.isolation ?? null,
    type: TYPES[transaction?.outcome ?? 'unknown'],
    error: transaction?.error ?? null,
    // One of unknown outcome tells as well how far it came.
    hasEnd: true,
  };
}

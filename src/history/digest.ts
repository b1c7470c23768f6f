import { createHash, type Hash } from 'node:crypto';
import { MARKER_COLUMNS, schemasOf, TRANSACTION_COLUMNS, type ColumnType } from './columns/columns.ts';
import type { Run } from './run.ts';

/**
 * A history in 64 hexadecimal digits: every write, every read, every end offset and every event in its order, and
 * nothing about when, where or by whom it was recorded, nor into how many batches. Two runs with the same digest are the same run.
 */
export function historyDigest(run: Run): string {
  const whole = createHash('sha256');
  const schemas = schemasOf({ transactions: run.transactions, copies: run.info.copies });
  const writes = columnHashes(schemas.writes);
  // Names, not their codes: those depend on which error came first.
  const errors = createHash('sha256');
  for (const batch of run.writes()) {
    feedAll(writes, batch);
    feedNames(errors, batch);
  }
  const reads = columnHashes(schemas.reads);
  for (const batch of run.reads()) feedAll(reads, batch);
  const ends = columnHashes(schemas.ends);
  for (const batch of run.ends()) feedAll(ends, batch);
  for (const { name, hash } of [...writes, { name: 'errors', hash: errors }, ...reads, ...ends])
    whole.update(`${name} ${hash.digest('hex')}\n`);
  if (run.transactions !== undefined) digestTransactions(run, whole);
  for (const event of run.events) whole.update(`${JSON.stringify(event)}\n`);
  return whole.digest('hex');
}

function digestTransactions(run: Run, whole: Hash): void {
  const transactions = columnHashes(TRANSACTION_COLUMNS);
  const errors = createHash('sha256');
  for (const batch of run.transactions?.() ?? []) {
    feedAll(transactions, batch);
    feedNames(errors, batch);
  }
  const markers = columnHashes(MARKER_COLUMNS);
  for (const batch of run.markers?.() ?? []) feedAll(markers, batch);
  for (const { name, hash } of [...transactions, { name: 'errors', hash: errors }, ...markers])
    whole.update(`${name} ${hash.digest('hex')}\n`);
}

/** All columns but the codes of errors. */
function feedAll(hashes: readonly ColumnHash<string>[], batch: { length: number }): void {
  for (const column of hashes)
    if (column.name !== 'error')
      feed(column, (batch as unknown as Record<string, Int32Array>)[column.name]!, batch.length);
}

function feedNames(
  hash: Hash,
  { length, error, errorNames }: { length: number; error: Uint16Array; errorNames: readonly string[] },
): void {
  for (let index = 0; index < length; index++) hash.update(`${errorNames[error[index]!] ?? ''}\n`);
}

interface ColumnHash<Name extends string> {
  name: Name;
  type: ColumnType;
  hash: Hash;
}

function columnHashes<Name extends string>(schema: Record<Name, ColumnType>): ColumnHash<Name>[] {
  return (Object.keys(schema) as Name[]).map((name) => ({
    name,
    type: schema[name],
    hash: createHash('sha256'),
  }));
}

/** A batch may have room for more rows than it has. */
function feed(
  { type, hash }: { type: ColumnType; hash: Hash },
  column: Uint8Array | Uint16Array | Uint32Array | Int32Array,
  rows: number,
): void {
  const bytes = rows * column.BYTES_PER_ELEMENT * (type === 'int64' ? 2 : 1);
  hash.update(new Uint8Array(column.buffer, column.byteOffset, bytes));
}

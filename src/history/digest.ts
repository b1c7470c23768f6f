import { createHash, type Hash } from 'node:crypto';
import { END_COLUMNS, READ_COLUMNS, WRITE_COLUMNS, type ColumnType } from './columns/columns.ts';
import type { Run } from './run.ts';

/**
 * A history in 64 hexadecimal digits: every write, every read, every end offset and every event in its order, and
 * nothing about when, where or by whom it was recorded, nor into how many batches. Two runs with the same digest are the same run.
 */
export function historyDigest(run: Run): string {
  const whole = createHash('sha256');
  const writes = columnHashes(WRITE_COLUMNS);
  // Names, not their codes: those depend on which error came first.
  const errors = createHash('sha256');
  for (const batch of run.writes()) {
    for (const column of writes) {
      if (column.name !== 'error') feed(column, batch[column.name], batch.length);
    }
    for (let index = 0; index < batch.length; index++) {
      errors.update(`${batch.errorNames[batch.error[index]!] ?? ''}\n`);
    }
  }
  const reads = columnHashes(READ_COLUMNS);
  for (const batch of run.reads()) {
    for (const column of reads) feed(column, batch[column.name], batch.length);
  }
  const ends = columnHashes(END_COLUMNS);
  for (const batch of run.ends()) {
    for (const column of ends) feed(column, batch[column.name], batch.length);
  }
  for (const { name, hash } of [...writes, { name: 'errors', hash: errors }, ...reads, ...ends]) {
    whole.update(`${name} ${hash.digest('hex')}\n`);
  }
  for (const event of run.events) whole.update(`${JSON.stringify(event)}\n`);
  return whole.digest('hex');
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

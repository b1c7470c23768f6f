import { allocateColumns, WRITE_COLUMNS, type WriteColumns } from '../../history/columns/columns.ts';
import type { Int64Column, Run, WriteBatch } from '../../history/run.ts';

/**
 * The writes that something is out of place with, copied while a pass has them at hand: the few that there are in
 * most histories can then be looked at again without reading all the others. Where there are too many to be kept,
 * another pass over all writes stands in for the copies.
 */
export class Suspects {
  #chunks: { columns: WriteColumns; rows: number; errorNames: readonly string[] }[] = [];
  #isFull = false;
  readonly #chunksMax: number;

  /** @param rowsMax about so many are kept. */
  constructor(rowsMax: number) {
    this.#chunksMax = Math.floor(rowsMax / CHUNK_ROWS);
  }

  /** Keeps a row. */
  add(batch: WriteBatch, row: number): void {
    if (this.#isFull) return;
    let chunk = this.#chunks.at(-1);
    if (chunk === undefined || chunk.rows === CHUNK_ROWS || chunk.errorNames !== batch.errorNames) {
      if (this.#chunks.length === this.#chunksMax) {
        this.giveUp();
        return;
      }
      chunk = { columns: allocateColumns(WRITE_COLUMNS, CHUNK_ROWS), rows: 0, errorNames: batch.errorNames };
      this.#chunks.push(chunk);
    }
    const { columns } = chunk;
    const to = chunk.rows++;
    columns.worker[to] = batch.worker[row]!;
    copyInt64(columns.seq, to, batch.seq, row);
    columns.partition[to] = batch.partition[row]!;
    copyInt64(columns.intendedNs, to, batch.intendedNs, row);
    copyInt64(columns.invokeNs, to, batch.invokeNs, row);
    copyInt64(columns.completeNs, to, batch.completeNs, row);
    columns.outcome[to] = batch.outcome[row]!;
    columns.error[to] = batch.error[row]!;
    copyInt64(columns.offset, to, batch.offset, row);
    columns.attempts[to] = batch.attempts[row]!;
    columns.broker[to] = batch.broker[row]!;
  }

  /** So many are to come: if they are too many, none is copied for nothing. */
  expect(rows: number): void {
    if (rows > this.#chunksMax * CHUNK_ROWS) this.giveUp();
  }

  /** There are too many, or it is unknown whether all are here. */
  giveUp(): void {
    this.#isFull = true;
    this.#chunks = [];
  }

  /** All that were kept, in the order of the history, and after `giveUp` all writes of the run. */
  of(run: Run): Iterable<WriteBatch> {
    if (this.#isFull) return run.writes();
    return this.#chunks.map(({ columns, rows, errorNames }) => ({ length: rows, errorNames, ...columns }));
  }
}

const CHUNK_ROWS = 8_192;
/** Of 57 bytes each. */
export const SUSPECTS_MAX = 2_000_000;

function copyInt64(to: Int64Column, index: number, from: Int64Column, row: number): void {
  to[2 * index] = from[2 * row]!;
  to[2 * index + 1] = from[2 * row + 1]!;
}

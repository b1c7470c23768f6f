import type { EndEvent } from '../../history/event.ts';
import { type EndBatch, int64At } from '../../history/run.ts';

/** End offsets of one partition in columns: a day of them has 86,400 rows, of 28 bytes each. */
export class EndList {
  length = 0;
  offset = new Float64Array(FIRST_ROWS);
  invokeNs = new Float64Array(FIRST_ROWS);
  completeNs = new Float64Array(FIRST_ROWS);
  /** -1 if it is not known. */
  broker = new Int32Array(FIRST_ROWS);

  static of(ends: readonly EndEvent[]): EndList {
    const list = new EndList();
    for (const { offset, invokeNs, completeNs, broker } of ends)
      list.add(offset, invokeNs, completeNs, broker);
    return list;
  }

  add(offset: number, invokeNs: number, completeNs: number, broker: number): void {
    if (this.length === this.offset.length) this.#grow();
    const row = this.length++;
    this.offset[row] = offset;
    this.invokeNs[row] = invokeNs;
    this.completeNs[row] = completeNs;
    this.broker[row] = broker;
  }

  /** Those for which it holds. */
  where(holds: (row: number) => boolean): EndList {
    const list = new EndList();
    for (let row = 0; row < this.length; row++)
      if (holds(row))
        list.add(this.offset[row]!, this.invokeNs[row]!, this.completeNs[row]!, this.broker[row]!);
    return list;
  }

  /** The rows, ascending by this column; equal ones as they stand. */
  orderBy(column: 'offset' | 'invokeNs' | 'completeNs'): Uint32Array {
    const values = this[column];
    const rows = Uint32Array.from({ length: this.length }, (_, row) => row);
    for (let row = 1; row < this.length; row++)
      if (values[row]! < values[row - 1]!) return rows.toSorted((a, b) => values[a]! - values[b]! || a - b);
    // As is usual: they stand in the order of time, and an end does not go back.
    return rows;
  }

  #grow(): void {
    const rows = 2 * this.length;
    const larger = (values: Float64Array) => {
      const copy = new Float64Array(rows);
      copy.set(values);
      return copy;
    };
    this.offset = larger(this.offset);
    this.invokeNs = larger(this.invokeNs);
    this.completeNs = larger(this.completeNs);
    const brokers = new Int32Array(rows);
    brokers.set(this.broker);
    this.broker = brokers;
  }
}

const FIRST_ROWS = 16;

/** By partition, in the order in which the history tells of one first. */
export function endListsOf(batches: Iterable<EndBatch>): Map<number, EndList> {
  const lists = new Map<number, EndList>();
  for (const { length, partition, offset, invokeNs, completeNs, broker } of batches) {
    for (let row = 0; row < length; row++) {
      let list = lists.get(partition[row]!);
      if (list === undefined) lists.set(partition[row]!, (list = new EndList()));
      list.add(int64At(offset, row), int64At(invokeNs, row), int64At(completeNs, row), broker[row]!);
    }
  }
  return lists;
}

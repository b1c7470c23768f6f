import { grown, RECORD_BITS, type Records } from './records.ts';

/**
 * A replica's log of one partition: record numbers, and at which offset each leader epoch began (KIP-101). What lies
 * below `flushed` is on the disk; the rest is in the page cache, which a killed process leaves behind and a power
 * loss does not.
 */
export class Log {
  entries = new Int32Array(256);
  /** Log end offset: that of the next record. */
  end = 0;
  flushed = 0;
  /** Leader epochs in this log, ascending, and the offset at which each begins. */
  readonly epochs: number[] = [];
  readonly starts: number[] = [];

  get lastEpoch(): number {
    return this.epochs.length === 0 ? -1 : this.epochs[this.epochs.length - 1]!;
  }

  append(record: number, epoch: number): number {
    if (this.end === this.entries.length) this.entries = grown(this.entries);
    if (epoch !== this.lastEpoch) this.beginEpoch(epoch);
    this.entries[this.end] = record;
    return this.end++;
  }

  /** A new leader notes its epoch before the first record of it. */
  beginEpoch(epoch: number): void {
    if (epoch <= this.lastEpoch) return;
    // An epoch without a record says nothing about where logs diverge.
    if (this.starts.at(-1) === this.end) {
      this.epochs.pop();
      this.starts.pop();
    }
    this.epochs.push(epoch);
    this.starts.push(this.end);
  }

  /** Where the batch begins that has a record at this offset: a log is read and cut only between batches. */
  batchStart(offset: number, records: Records): number {
    if (offset >= this.end) return offset;
    return Math.max(0, offset - records.inBatch[this.entries[offset]! & RECORD_BITS]!);
  }

  /** What a follower is given: entries from `from` on, with their epochs. */
  slice(from: number, countMax: number): Slice {
    const to = Math.min(this.end, from + countMax);
    const epochs: number[] = [];
    const starts: number[] = [];
    for (let index = this.epochs.length - 1; index >= 0; index--) {
      if (this.starts[index]! >= to) continue;
      epochs.unshift(this.epochs[index]!);
      starts.unshift(Math.max(from, this.starts[index]!));
      if (this.starts[index]! <= from) break;
    }
    return { from, entries: this.entries.slice(from, to), epochs, starts };
  }

  /** @param slice begins at this log's end */
  extend({ entries, epochs, starts }: Slice): void {
    const end = this.end + entries.length;
    if (end > this.entries.length) this.entries = grown(this.entries, end);
    for (let index = 0; index < epochs.length; index++) {
      if (epochs[index]! <= this.lastEpoch) continue;
      this.epochs.push(epochs[index]!);
      this.starts.push(starts[index]!);
    }
    this.entries.set(entries, this.end);
    this.end = end;
  }

  /** Also at its very end: then an epoch that has no record yet goes. */
  truncate(to: number): void {
    if (to > this.end) return;
    this.end = to;
    this.flushed = Math.min(this.flushed, to);
    while (this.starts.length > 0 && this.starts[this.starts.length - 1]! >= to) {
      this.starts.pop();
      this.epochs.pop();
    }
  }

  /**
   * The answer to OffsetsForLeaderEpoch (KIP-279): the largest epoch of this log that is not above `epoch`, and the
   * offset at which the one after it begins. An epoch before all of this log's ends where this log begins. Epoch -1
   * when this log knows of no epoch at all.
   */
  endOf(epoch: number): { epoch: number; end: number } {
    let index = this.epochs.length - 1;
    if (index < 0) return { epoch: -1, end: this.end };
    while (index >= 0 && this.epochs[index]! > epoch) index--;
    if (index < 0) return { epoch, end: this.starts[0]! };
    return { epoch: this.epochs[index]!, end: this.starts[index + 1] ?? this.end };
  }
}

export interface Slice {
  readonly from: number;
  readonly entries: Int32Array;
  readonly epochs: readonly number[];
  readonly starts: readonly number[];
}

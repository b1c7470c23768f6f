import type { Log } from '../log.ts';
import { ABORT, RECORD_BITS, TRANSACTIONAL, type Records } from '../records.ts';

/** A transaction that was aborted, as readers of what is committed are told: which producer's records to leave out. */
export interface AbortedTransaction {
  producer: number;
  first: number;
  /** The offset of its marker. */
  last: number;
}

/** Batches of a producer wait here until the coordinator has said whether they belong to a transaction. */
export interface Verification {
  waiting: (() => void)[];
}

/**
 * What a partition's leader knows of the transactions in its log: which are open, where the last stable offset is, which
 * were aborted. It can all be read from the log, as a new leader does.
 */
export class PartitionTransactions {
  /** By producer: where its open transaction begins. */
  readonly #open = new Map<number, { first: number; epoch: number }>();
  /** Ended, in the order of their markers, which may be behind the high watermark still. */
  #ended: { first: number; last: number }[] = [];
  readonly aborted: AbortedTransaction[] = [];
  /** By producer: of the newest coordinator that wrote a marker. */
  readonly #coordinatorEpochs = new Map<number, number>();
  /** By producer: questions to the coordinator that are under way. A marker makes them void. */
  readonly verifications = new Map<number, Verification>();
  readonly #records: Records;

  constructor(records: Records) {
    this.#records = records;
  }

  /** Whether the producer has a transaction open here, begun in this epoch. */
  isOpen(producer: number, epoch: number): boolean {
    return this.#open.get(producer)?.epoch === epoch;
  }

  hasOpen(producer: number): boolean {
    return this.#open.has(producer);
  }

  coordinatorEpochOf(producer: number): number {
    return this.#coordinatorEpochs.get(producer) ?? -1;
  }

  /** To be told of every record of the log, in its order. */
  remember(record: number, offset: number): void {
    const { kind, producer: producers, epoch, seq } = this.#records;
    const producer = producers[record]!;
    if (kind[record] === TRANSACTIONAL) {
      if (!this.#open.has(producer)) this.#open.set(producer, { first: offset, epoch: epoch[record]! });
      return;
    }
    if (!this.#records.isMarker(record)) return;
    this.#coordinatorEpochs.set(producer, Math.max(this.coordinatorEpochOf(producer), seq[record]!));
    this.verifications.delete(producer);
    const open = this.#open.get(producer);
    if (open === undefined) return;
    this.#open.delete(producer);
    this.#ended.push({ first: open.first, last: offset });
    if (kind[record] === ABORT) this.aborted.push({ producer, first: open.first, last: offset });
  }

  /**
   * The last stable offset: what lies below it belongs to no transaction that is open, or whose end is not replicated yet.
   */
  lastStable(highWatermark: number): number {
    this.#ended = this.#ended.filter(({ last }) => last >= highWatermark);
    let stable = highWatermark;
    for (const { first } of this.#ended) stable = Math.min(stable, first);
    for (const { first } of this.#open.values()) stable = Math.min(stable, first);
    return stable;
  }

  rebuild(log: Log): void {
    this.#open.clear();
    this.#ended = [];
    this.aborted.length = 0;
    this.#coordinatorEpochs.clear();
    this.verifications.clear();
    for (let offset = 0; offset < log.end; offset++)
      this.remember(log.entries[offset]! & RECORD_BITS, offset);
  }
}

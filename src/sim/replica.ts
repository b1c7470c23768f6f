import { Log } from './log.ts';
import type { PartitionState } from './partitions.ts';
import { Producers } from './producers.ts';
import { Purgatory } from './purgatory.ts';
import type { Records } from './records.ts';
import { PartitionTransactions } from './transactions/partition-transactions.ts';

/** What a leader knows of a follower. */
export interface Remote {
  /** Its log end offset by its last fetch; -1 when it has not fetched in this epoch. */
  end: number;
  /** When it last had everything (replica.lag.time.max.ms counts from here). */
  caughtUpNs: number;
  fetchedNs: number;
  /** This leader's log end at that fetch. */
  endAtFetch: number;
}

/** One broker's replica of a partition: what is on its disk, and what it knows while its process lives. */
export class Replica {
  readonly partition: number;
  // What survives a crash: the log, and the checkpoint of the high watermark.
  readonly log = new Log();
  checkpoint = 0;

  highWatermark = 0;
  /** What this broker was last told; null after a start, until the coordination tells it. */
  state: PartitionState | null = null;
  role: 'leader' | 'follower' | 'none' = 'none';
  /** As leader: the log end when its epoch began. */
  epochStart = 0;
  /** As leader: followers by number of the broker. */
  remotes: Remote[] = [];
  /** As leader: the change of the in-sync set that was asked for and is not answered yet. */
  asked: { isr: number; sentNs: number } | null = null;
  /** As follower: whether it has yet to find out where its log and the leader's diverge. */
  diverging = false;
  readonly purgatory = new Purgatory();
  readonly producers: Producers;
  readonly transactions: PartitionTransactions;

  constructor(partition: number, records: Records) {
    this.partition = partition;
    this.producers = new Producers(records);
    this.transactions = new PartitionTransactions(records);
  }

  /** The process is gone; the disk and the page cache are not. */
  forget(): void {
    this.state = null;
    this.role = 'none';
    this.asked = null;
    this.remotes = [];
    this.purgatory.clear();
    this.transactions.verifications.clear();
    this.highWatermark = Math.min(this.checkpoint, this.log.end);
  }

  /** The machine lost power: the page cache is gone too. */
  loseUnflushed(): void {
    this.log.truncate(this.log.flushed);
    this.forget();
  }
}

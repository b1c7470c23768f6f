/**
 * What a member does that copies: it writes a copy of each record that it is handed, in the transaction that commits the offset
 * behind it (consume, transform, produce). What it does when something fails is what Kafka's documentation asks of
 * applications: after an abort it goes back to the committed offsets, and where it is not known what became of a transaction it
 * begins anew, with another producer under the same transactional id, which ends what is open.
 */
import type { Clock } from '../../core/clock.ts';
import type { Fetched } from '../../client/client.ts';
import type { GroupMember, Polled } from '../../client/group-member.ts';
import type { TransactionalClient } from '../../client/transactional-client.ts';
import type { Event } from '../../history/event.ts';
import type { OffsetCommitEvent, Position } from '../../history/group.ts';
import type { Transaction } from '../../history/transaction.ts';
import type { Write } from '../../history/write.ts';
import { fateOf } from '../load.ts';
import { recordedTransactions, type Transactions } from '../transactions.ts';

/** What a worker has numbered so far: its copies and its transactions, in all of its lives. */
export interface CopierCounts {
  seq: number;
  transaction: number;
}

export interface CopierOptions {
  /** Which of the members it is, and its number as a reader in this life. */
  member: number;
  scan: number;
  /** Its number as a writer. */
  worker: number;
  /** Partition p of the first so many is copied to partition p + so many. */
  partitions: number;
  consumer: GroupMember;
  producer: TransactionalClient;
  counts: CopierCounts;
  clock: Clock;
  write: (write: Write) => void;
  transaction: (transaction: Transaction) => void;
  event: (event: Event) => void;
}

/** When something may be done to a copier: before it sends the offsets, and before it ends the transaction. */
export type CopierMoment = 'offsets' | 'end';

/** The copier of one life. */
export class Copier {
  readonly #options: CopierOptions;
  readonly #transactions: Transactions;
  #ended: Transaction | null = null;

  constructor(options: CopierOptions) {
    this.#options = options;
    const clients: TransactionalClient[] = [];
    clients[options.worker] = options.producer;
    this.#transactions = recordedTransactions({
      clients,
      clock: options.clock,
      record: (transaction) => {
        this.#ended = transaction;
        options.transaction(transaction);
      },
    });
  }

  /**
   * Copies what one poll handed out, in one transaction.
   * @param at called at each of these moments
   * @returns why its life is over; null: it goes on
   */
  async copy(
    { records, generation }: Pick<Polled, 'records' | 'generation'>,
    at: (moment: CopierMoment) => Promise<void>,
  ): Promise<string | null> {
    const { worker, counts, clock } = this.#options;
    const number = counts.transaction++;
    await this.#transactions.begin({
      worker,
      transaction: number,
      end: 'commit',
    });
    const byPartition = new Map<number, Fetched[]>();
    for (const record of records) {
      const known = byPartition.get(record.partition);
      if (known === undefined) byPartition.set(record.partition, [record]);
      else known.push(record);
    }
    await Promise.all([...byPartition].map(([partition, each]) => this.#write(partition, each, number)));
    const offsets = [...byPartition].map(([partition, each]) => ({
      partition,
      offset: Math.max(...each.map(({ offset }) => offset)) + 1,
    }));
    await at('offsets');
    const invokeNs = clock.nowNs();
    const refused = await this.#sendOffsets(offsets);
    if (refused !== null) this.#transactions.failed(worker);
    await at('end');
    await this.#transactions.end(worker);
    const ended = this.#ended!;
    this.#tellCommit({ offsets, generation, invokeNs, number, error: refused ?? ended.error }, ended);
    if (ended.outcome === 'committed') return null;
    // Nobody knows where to go on, or the producer can do nothing more: another life finds out.
    if (ended.outcome === 'unknown' || ended.error !== null) return ended.error ?? 'UNKNOWN_END';
    return this.#options.consumer.rewind();
  }

  async #write(from: number, records: readonly Fetched[], transaction: number): Promise<void> {
    const { worker, partitions, producer, counts, clock, write } = this.#options;
    const partition = from + partitions;
    const { seq } = counts;
    counts.seq += records.length;
    const invokeNs = clock.nowNs();
    const completion = await producer.write({ worker, seq, records: records.length, partition });
    const completeNs = clock.nowNs();
    const { attempts, broker } = completion;
    for (const [index, { offset: copyOf }] of records.entries()) {
      const fate = fateOf(completion, index);
      write({
        worker,
        seq: seq + index,
        partition,
        intendedNs: invokeNs,
        invokeNs,
        completeNs,
        ...fate,
        attempts,
        broker,
        transaction,
        copyOf,
      });
      if (fate.outcome !== 'ok') this.#transactions.failed(worker);
    }
  }

  async #sendOffsets(positions: readonly Position[]): Promise<string | null> {
    const { producer, scan } = this.#options;
    // The program knows the topic and the group of its own consumer.
    const offsets = positions.map((position) => ({ topic: '', ...position }));
    return producer.sendOffsets({ group: '', offsets, reader: scan });
  }

  #tellCommit(
    sent: Pick<OffsetCommitEvent, 'offsets' | 'generation' | 'invokeNs' | 'error'> & { number: number },
    { outcome }: Pick<Transaction, 'outcome'>,
  ): void {
    const { member, scan, worker, clock, event } = this.#options;
    const { number, ...told } = sent;
    event({
      type: 'offset-commit',
      member,
      scan,
      ...told,
      completeNs: clock.nowNs(),
      outcome: outcome === 'committed' ? 'ok' : outcome === 'aborted' ? 'fail' : 'unknown',
      transaction: { worker, number },
    });
  }
}

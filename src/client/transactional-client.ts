import type { ProducerEvent } from '../history/event.ts';
import type { Client } from './client.ts';
import type { DriverOptions } from './driver-options.ts';
import type { EndVerdict } from './transaction-outcome.ts';

/** A producer with a transactional id, as its coordinator named it. */
export interface ProducerName {
  producerId: number;
  epoch: number;
}

/**
 * How a transaction began: the producer that it is of, null where a library does not tell it; or the error because of which
 * it did not, and nothing is written then.
 */
export type Begun = { producer: ProducerName | null; error: null } | { producer: null; error: string };

/** What became of a transaction: what a `Transaction` of the history says of its end. */
export interface TransactionEnded extends EndVerdict {
  /** The producer that it was of; null where it never had one. */
  before: ProducerName | null;
  /** The same after the end, as the coordinator named it: version 2 gives it another epoch. Null where that is not known. */
  after: ProducerName | null;
}

/** Offsets of a consumer group that are committed if and only if the transaction is. */
export interface TransactionOffsets {
  group: string;
  offsets: readonly { topic: string; partition: number; offset: number }[];
  /** The member that consumed; absent: the group is not asked whether it still is one (KIP-447). */
  member?: { id: string; generation: number; instance?: string };
  /** Of a client in a program of its own: the number of the consumer in the same program that is the member. */
  reader?: number;
}

/**
 * A worker that writes in transactions, one after the other. As in `Client`, nothing that the cluster or the network
 * does is ever thrown. Calls out of order are an error of the caller, and are thrown as a TypeError.
 */
export interface TransactionalClient extends Client {
  /**
   * Gets a producer first where there is none, or where the last one was given up: see `TransactionOptions`.
   * @param how.newInstance whether it gets one in any case, as an instance of an application that has just started; false if absent
   */
  begin(how?: { newInstance: boolean }): Promise<Begun>;
  /** `null` where the coordinators took them for the transaction that is open; else the name of the error. */
  sendOffsets(sent: TransactionOffsets): Promise<string | null>;
  /** Waits for the writes that are under way, and ends the transaction. */
  end(how: 'commit' | 'abort'): Promise<TransactionEnded>;
}

export interface TransactionOptions {
  transactionalId: string;
  /** After so long without an end the coordinator aborts a transaction (`transaction.timeout.ms`). */
  timeoutMs: number;
  /**
   * `transaction.version` as the requests have it. 1: partitions are added by requests of their own, and a producer keeps
   * its epoch. 2: a write adds its partition, and each end gives another epoch (KIP-890, part 2; Kafka 4.0).
   */
  version: 1 | 2;
  /**
   * What follows an end of which it is not known whether it was done. true: it is asked for again, on a new connection
   * where there was no answer, until the coordinator says how it stands, as the Java client does. false: it is left
   * unknown, and the next transaction begins with a new epoch.
   */
  retryEnd: boolean;
  /** For how long it is asked for again; 60 s if absent. */
  retryEndMs?: number;
  /**
   * Whether a producer is kept after a write that was not acknowledged, as clients do that know no other way: what is late
   * then may become a part of the next transaction. Without it that one begins with a new epoch.
   */
  keepProducer?: boolean;
  /** Told of each producer that the coordinator named. */
  onProducer?(event: ProducerEvent): void;
}

/** What a worker's client that writes in transactions is made from. It needs acks=all, and idempotence is implied. */
export interface TransactionalDriverOptions extends DriverOptions {
  transactions: TransactionOptions;
}

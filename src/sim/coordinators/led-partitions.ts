import { CODE } from '../model.ts';
import type { Batch } from '../records.ts';
import type { Replica } from '../replica.ts';
import type { Host } from './host.ts';

/** How long an entry may wait for its followers. */
const APPEND_TIMEOUT_MS = 5_000;

/** A partition of an internal topic that this broker leads, as its coordinator has read it. */
export interface Led<S> {
  /** Of the leader of this partition. */
  readonly epoch: number;
  readonly replica: Replica;
  /** Null until it may be read: what its last leader wrote is replicated by then. */
  state: S | null;
}

/** One whose log was read. */
export type Loaded<S> = Led<S> & { state: S };

/** What a coordinator makes of its log. */
export interface Reading<S> {
  /** What is in the log. */
  read(replica: Replica): S;
  /** Goes on with what the last coordinator had begun. */
  taken?(led: Loaded<S>): void;
}

/**
 * What coordinators of transactions and of groups have in common: each is in the broker that leads a partition of its
 * internal topic. It keeps in memory what it has read there. Each change is an entry of that log first, and is done once every
 * replica in sync has it; so whichever broker leads the partition next knows it.
 *
 * Safer than Kafka in one point: a new coordinator waits until what it has found in the log is replicated.
 */
export class LedPartitions<S> {
  readonly #host: Host;
  readonly #reading: Reading<S>;
  readonly #led = new Map<number, Led<S>>();

  constructor(host: Host, reading: Reading<S>) {
    this.#host = host;
    this.#reading = reading;
  }

  /** The process begins, or is gone with all that was in its memory. */
  reset(): void {
    this.#led.clear();
  }

  /** This broker leads the partition now. @returns what it knew as the leader of an earlier epoch */
  lead(replica: Replica): Led<S> | undefined {
    const before = this.#led.get(replica.partition);
    this.#led.set(replica.partition, { epoch: replica.state!.epoch, state: null, replica });
    return before;
  }

  /** It leads it no longer. @returns what it knew of it */
  resign(partition: number): Led<S> | undefined {
    const led = this.#led.get(partition);
    this.#led.delete(partition);
    return led;
  }

  /** Reads what may be read by now. */
  load(): void {
    for (const led of this.#led.values()) this.#load(led);
  }

  *loaded(): Generator<Loaded<S>> {
    for (const led of this.#led.values()) if (isLoaded(led)) yield led;
  }

  /** What it knows of this partition; or the code by which it says that it does not, or not yet. */
  at(partition: number): Loaded<S> | number {
    const led = this.#led.get(partition);
    if (led === undefined) return CODE.notCoordinator;
    this.#load(led);
    return isLoaded(led) ? led : CODE.coordinatorLoading;
  }

  isLed(led: Led<S>): boolean {
    return this.#led.get(led.replica.partition) === led;
  }

  /**
   * @param answer told a code for whoever asked for the entries, when they are in every replica in sync or when that is not known,
   * and the offset of the first one; -1 where there is none
   */
  append(led: Led<S>, entries: Batch, answer: (code: number, offset: number) => void): void {
    this.#host.append(led.replica, entries, APPEND_TIMEOUT_MS, {
      answer: (code, offset) =>
        this.isLed(led) ? answer(toAsker(code), offset) : answer(CODE.notCoordinator, -1),
    });
  }

  #load(led: Led<S>): void {
    const { replica } = led;
    if (led.state !== null || replica.highWatermark < replica.epochStart) return;
    led.state = this.#reading.read(replica);
    this.#reading.taken?.(led as Loaded<S>);
  }
}

function isLoaded<S>(led: Led<S>): led is Loaded<S> {
  return led.state !== null;
}

/** What is refused because of the transaction that an entry belongs to is told as it is. */
const OF_TRANSACTION: ReadonlySet<number> = new Set([
  CODE.none,
  CODE.invalidProducerEpoch,
  CODE.invalidTransactionState,
  CODE.invalidProducerIdMapping,
  CODE.concurrentTransactions,
]);

/** Why entries could not be written, as whoever asked for them is told. */
function toAsker(code: number): number {
  if (OF_TRANSACTION.has(code)) return code;
  return code === CODE.notLeader ? CODE.notCoordinator : CODE.coordinatorNotAvailable;
}

import type { Host } from '../coordinators/host.ts';
import { transactionsPartition } from '../coordinators/internal-topics.ts';
import { LedPartitions, type Loaded } from '../coordinators/led-partitions.ts';
import { CODE } from '../model.ts';
import { RECORD_BITS } from '../records.ts';
import type { Log } from '../log.ts';
import type { Replica } from '../replica.ts';
import type { Surroundings } from '../surroundings.ts';
import { decided, fenced, verdictOnEnd } from './deciding.ts';
import { Marking } from './marker-sender.ts';
import { completed, decisionOf, type End, type TransactionMetadata } from './metadata.ts';
import type { Admission, Named } from './requests.ts';

/** transaction.abort.timed.out.transaction.cleanup.interval.ms */
const CLEANUP_NS = 10e9;
const COMPLETE_AGAIN_NS = 200e6;

/** A transactional id, as a coordinator has it in its memory. */
interface Entry {
  current: TransactionMetadata;
  /** An entry is on its way into the log. What else is asked meanwhile has to come again. */
  isPending: boolean;
}

/** By id: what a part of the log of transactions tells. */
type Entries = Map<string, Entry>;
type Led = Loaded<Entries>;

/**
 * The coordinator of transactional ids, in the broker that leads their part of the log of transactions. An end is a decision
 * in the log first; it is answered then, the markers are written after that, and when all are there that is noted, too.
 *
 * An epoch is never used up here.
 */
export class TransactionCoordinator {
  readonly #around: Surroundings;
  readonly #host: Host;
  /** Of the log of transactions. */
  readonly #led: LedPartitions<Entries>;
  readonly #marking: Marking;
  #nextCleanupNs = 0;

  constructor(around: Surroundings, host: Host) {
    this.#around = around;
    this.#host = host;
    this.#led = new LedPartitions<Entries>(host, {
      read: ({ log }) => this.#read(log),
      taken: (led) => this.#goOn(led),
    });
    this.#marking = new Marking(around, host);
  }

  /** The process begins, or is gone with all that was in its memory. */
  reset(): void {
    this.#led.reset();
    this.#marking.clear();
    this.#nextCleanupNs = this.#around.clock.nowNs() + CLEANUP_NS;
  }

  /** This broker leads this part of the log now. */
  lead(replica: Replica): void {
    this.#led.lead(replica);
  }

  /** It leads it no longer. */
  resign(partition: number): void {
    this.#led.resign(partition);
  }

  /** To be called now and then. */
  tick(nowNs: number): void {
    this.#led.load();
    this.#marking.tick(nowNs);
    if (nowNs < this.#nextCleanupNs) return;
    this.#nextCleanupNs = nowNs + CLEANUP_NS;
    if (this.#around.options.bug === 'never-timed-out') return;
    for (const led of this.#led.loaded())
      for (const entry of led.state.values()) {
        const { state, startNs, timeoutMs } = entry.current;
        if (state !== 'ongoing' || entry.isPending || nowNs < startNs + timeoutMs * 1e6) continue;
        this.#decide(led, entry, fenced(entry.current), () => undefined);
      }
  }

  /** InitProducerId: a new epoch, which ends what an earlier one has left open. That has to be asked for again then. */
  name(id: string, timeoutMs: number, answer: (code: number, producer?: Named) => void): void {
    const led = this.#ledFor(id);
    if (typeof led === 'number') return answer(led);
    const known = led.state.get(id);
    if (known?.isPending === true || (known !== undefined && decisionOf(known.current) !== null))
      return answer(CODE.concurrentTransactions);
    if (known?.current.state === 'ongoing') {
      this.#decide(led, known, fenced(known.current), (code) =>
        answer(code === CODE.none ? CODE.concurrentTransactions : code),
      );
      return;
    }
    const producer = known?.current ?? { producerId: this.#around.producers++, epoch: -1 };
    const next: TransactionMetadata = {
      transactionalId: id,
      producerId: producer.producerId,
      epoch: producer.epoch + 1,
      state: 'empty',
      partitions: [],
      timeoutMs,
      startNs: 0,
      version: 1,
    };
    const entry = known ?? { current: { ...next, epoch: -1 }, isPending: false };
    led.state.set(id, entry);
    this.#append(led, entry, next, (code) =>
      answer(code, code === CODE.none ? { producerId: next.producerId, epoch: next.epoch } : undefined),
    );
  }

  /** AddPartitionsToTxn: by a client under version 1, by the leader of the partition under version 2. */
  add({ id, producer, epoch, partition, version }: Admission, answer: (code: number) => void): void {
    const found = this.#find(id, producer, epoch);
    if (typeof found === 'number') return answer(found);
    const { led, entry } = found;
    if (entry.isPending || decisionOf(entry.current) !== null) return answer(CODE.concurrentTransactions);
    const { state, partitions, startNs } = entry.current;
    const isOngoing = state === 'ongoing';
    if (isOngoing && partitions.includes(partition)) return answer(CODE.none);
    const next: TransactionMetadata = {
      ...entry.current,
      state: 'ongoing',
      partitions: isOngoing ? [...partitions, partition] : [partition],
      startNs: isOngoing ? startNs : this.#around.clock.nowNs(),
      version,
    };
    this.#append(led, entry, next, answer);
  }

  /** A leader asks for a record that would begin a transaction in its partition. */
  admit(admission: Admission, answer: (code: number) => void): void {
    if (admission.version === 2) return this.add(admission, answer);
    const found = this.#find(admission.id, admission.producer, admission.epoch);
    if (typeof found === 'number') return answer(found);
    const { current } = found.entry;
    if (decisionOf(current) !== null) return answer(CODE.concurrentTransactions);
    answer(current.partitions.includes(admission.partition) ? CODE.none : CODE.invalidTransactionState);
  }

  /** EndTxn: it is answered when the decision is in the log, before any marker is written. */
  end(
    asked: { id: string; producer: number; epoch: number; end: End; version: 1 | 2 },
    answer: (code: number, producer?: Named) => void,
  ): void {
    const { id, producer, epoch, end, version } = asked;
    const found = this.#find(id, producer, null);
    if (typeof found === 'number') return answer(found);
    const { led, entry } = found;
    const isForgetful = this.#around.options.bug === 'fencing-forgotten';
    const verdict = verdictOnEnd(entry.current, {
      end,
      version,
      epoch: isForgetful ? entry.current.epoch : epoch,
      isPending: entry.isPending,
    });
    if (verdict !== 'decide')
      return answer(verdict, verdict === CODE.none ? namedBy(entry.current) : undefined);
    const next = decided(entry.current, end, version);
    this.#decide(led, entry, next, (code) =>
      answer(code, code === CODE.none && version === 2 ? namedBy(next) : undefined),
    );
  }

  #find(id: string, producer: number, epoch: number | null): { led: Led; entry: Entry } | number {
    const led = this.#ledFor(id);
    if (typeof led === 'number') return led;
    const entry = led.state.get(id);
    if (entry === undefined || entry.current.producerId !== producer) return CODE.invalidProducerIdMapping;
    const isFenced = epoch !== null && entry.current.epoch !== epoch;
    if (isFenced && this.#around.options.bug !== 'fencing-forgotten') return CODE.invalidProducerEpoch;
    return { led, entry };
  }

  #ledFor(id: string): Led | number {
    return this.#led.at(transactionsPartition(this.#around.options, id));
  }

  #read(log: Log): Entries {
    const { records } = this.#around;
    const entries: Entries = new Map();
    for (let offset = 0; offset < log.end; offset++) {
      const state = records.stateOf(log.entries[offset]! & RECORD_BITS) as TransactionMetadata;
      entries.set(state.transactionalId, { current: state, isPending: false });
    }
    return entries;
  }

  /** With what the last coordinator had decided. */
  #goOn(led: Led): void {
    const { bug } = this.#around.options;
    for (const entry of led.state.values()) {
      if (decisionOf(entry.current) === null) continue;
      if (bug === 'decision-forgotten') entry.current = { ...entry.current, state: 'ongoing' };
      else this.#mark(led, entry);
    }
  }

  #decide(led: Led, entry: Entry, next: TransactionMetadata, answer: (code: number) => void): void {
    const isEarly = this.#around.options.bug === 'end-answered-early';
    this.#append(led, entry, next, (code) => {
      if (!isEarly) answer(code);
      if (code === CODE.none) this.#mark(led, entry);
    });
    if (isEarly) answer(CODE.none);
  }

  #mark(led: Led, entry: Entry): void {
    const { current } = entry;
    this.#marking.begin(current, led.epoch, {
      isCurrent: () => this.#led.isLed(led) && entry.current === current,
      done: () => this.#complete(led, entry),
    });
  }

  /** All markers are written: the id is free for its next transaction once that is in the log. */
  #complete(led: Led, entry: Entry): void {
    const { current } = entry;
    const next: TransactionMetadata = {
      ...current,
      state: completed(decisionOf(current)!),
      partitions: [],
      startNs: 0,
    };
    this.#append(led, entry, next, (code) => {
      if (code === CODE.none || !this.#led.isLed(led)) return;
      const { clock } = this.#around;
      const { process } = this.#host;
      const { life } = process;
      clock.at(clock.nowNs() + COMPLETE_AGAIN_NS, () =>
        process.run(() => {
          if (process.life === life && this.#led.isLed(led) && entry.current === current && !entry.isPending)
            this.#complete(led, entry);
        }),
      );
    });
  }

  #append(led: Led, entry: Entry, next: TransactionMetadata, answer: (code: number) => void): void {
    entry.isPending = true;
    const first = this.#around.records.addState(led.replica.partition, next);
    this.#led.append(led, { first, count: 1 }, (code) => {
      entry.isPending = false;
      if (code === CODE.none) entry.current = next;
      answer(code);
    });
  }
}

function namedBy({ producerId, epoch }: TransactionMetadata): Named {
  return { producerId, epoch };
}

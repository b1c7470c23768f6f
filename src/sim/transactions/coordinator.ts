import { CODE } from '../model.ts';
import { RECORD_BITS } from '../records.ts';
import type { Replica } from '../replica.ts';
import type { Surroundings } from '../surroundings.ts';
import type { Host } from './coordinator-host.ts';
import { decided, fenced, verdictOnEnd } from './deciding.ts';
import { Marking } from './marker-sender.ts';
import { completed, decisionOf, type End, type TransactionMetadata } from './metadata.ts';
import { coordinatingPartition } from './state-topic.ts';
import type { Admission, Named } from './requests.ts';

/** How long an entry may wait for its followers. */
const APPEND_TIMEOUT_MS = 5_000;
/** transaction.abort.timed.out.transaction.cleanup.interval.ms */
const CLEANUP_NS = 10e9;
const COMPLETE_AGAIN_NS = 200e6;

/** A transactional id, as a coordinator has it in its memory. */
interface Entry {
  current: TransactionMetadata;
  /** An entry is on its way into the log. What else is asked meanwhile has to come again. */
  isPending: boolean;
}

/** The part of the log of transactions that this broker leads, as its coordinator has read it. */
interface Led {
  /** Of the leader of this part: markers bear it. */
  epoch: number;
  /** Null until it may be read: what its last leader wrote is replicated by then. */
  entries: Map<string, Entry> | null;
  replica: Replica;
}

/**
 * The coordinator of transactional ids, in the broker that leads their part of the log of transactions. Each change is an
 * entry of that log, and is done once every replica in sync has it; so whoever leads it next knows it. An end is a decision
 * in the log first; it is answered then, the markers are written after that, and when all are there that is noted, too.
 *
 * Safer than Kafka in one point: a new coordinator waits until what it has found in the log is replicated. And an epoch is
 * never used up here.
 */
export class Coordinator {
  readonly #around: Surroundings;
  readonly #host: Host;
  /** By partition of the log of transactions. */
  readonly #led = new Map<number, Led>();
  readonly #marking: Marking;
  #nextCleanupNs = 0;

  constructor(around: Surroundings, host: Host) {
    this.#around = around;
    this.#host = host;
    this.#marking = new Marking(around, host);
  }

  /** The process begins, or is gone with all that was in its memory. */
  reset(): void {
    this.#led.clear();
    this.#marking.clear();
    this.#nextCleanupNs = this.#around.clock.nowNs() + CLEANUP_NS;
  }

  /** This broker leads this part of the log now. */
  lead(replica: Replica): void {
    this.#led.set(replica.partition, { epoch: replica.state!.epoch, entries: null, replica });
  }

  /** It leads it no longer. */
  resign(partition: number): void {
    this.#led.delete(partition);
  }

  /** To be called now and then. */
  tick(nowNs: number): void {
    for (const led of this.#led.values()) this.#load(led);
    this.#marking.tick(nowNs);
    if (nowNs < this.#nextCleanupNs) return;
    this.#nextCleanupNs = nowNs + CLEANUP_NS;
    if (this.#around.options.bug === 'never-timed-out') return;
    for (const led of this.#led.values())
      for (const entry of led.entries?.values() ?? []) {
        const { state, startNs, timeoutMs } = entry.current;
        if (state !== 'ongoing' || entry.isPending || nowNs < startNs + timeoutMs * 1e6) continue;
        this.#decide(led, entry, fenced(entry.current), () => undefined);
      }
  }

  /** InitProducerId: a new epoch, which ends what an earlier one has left open. That has to be asked for again then. */
  name(id: string, timeoutMs: number, answer: (code: number, producer?: Named) => void): void {
    const led = this.#ledFor(id);
    if (typeof led === 'number') return answer(led);
    const known = led.entries!.get(id);
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
    led.entries!.set(id, entry);
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
    const entry = led.entries!.get(id);
    if (entry === undefined || entry.current.producerId !== producer) return CODE.invalidProducerIdMapping;
    const isFenced = epoch !== null && entry.current.epoch !== epoch;
    if (isFenced && this.#around.options.bug !== 'fencing-forgotten') return CODE.invalidProducerEpoch;
    return { led, entry };
  }

  #ledFor(id: string): Led | number {
    const led = this.#led.get(coordinatingPartition(this.#around.options, id));
    if (led === undefined) return CODE.notCoordinator;
    this.#load(led);
    return led.entries === null ? CODE.coordinatorLoading : led;
  }

  /** Reads the log, and goes on with what its last coordinator had decided. */
  #load(led: Led): void {
    const { replica } = led;
    if (led.entries !== null || replica.highWatermark < replica.epochStart) return;
    const { records, options } = this.#around;
    led.entries = new Map();
    for (let offset = 0; offset < replica.log.end; offset++) {
      const state = records.states[records.seq[replica.log.entries[offset]! & RECORD_BITS]!]!;
      led.entries.set(state.transactionalId, { current: state, isPending: false });
    }
    for (const entry of led.entries.values()) {
      if (decisionOf(entry.current) === null) continue;
      if (options.bug === 'decision-forgotten') entry.current = { ...entry.current, state: 'ongoing' };
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
      isCurrent: () => this.#isLed(led) && entry.current === current,
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
      if (code === CODE.none || !this.#isLed(led)) return;
      const { clock } = this.#around;
      const { process } = this.#host;
      const { life } = process;
      clock.at(clock.nowNs() + COMPLETE_AGAIN_NS, () =>
        process.run(() => {
          if (process.life === life && this.#isLed(led) && entry.current === current && !entry.isPending)
            this.#complete(led, entry);
        }),
      );
    });
  }

  #isLed(led: Led): boolean {
    return this.#led.get(led.replica.partition) === led;
  }

  #append(led: Led, entry: Entry, next: TransactionMetadata, answer: (code: number) => void): void {
    entry.isPending = true;
    const record = this.#around.records.addState(led.replica.partition, next);
    this.#host.append(led.replica, record, APPEND_TIMEOUT_MS, {
      answer: (code) => {
        entry.isPending = false;
        if (!this.#isLed(led)) return answer(CODE.notCoordinator);
        if (code === CODE.none) entry.current = next;
        answer(code === CODE.none ? CODE.none : toAsker(code));
      },
    });
  }
}

function namedBy({ producerId, epoch }: TransactionMetadata): Named {
  return { producerId, epoch };
}

/** Why an entry could not be written, as whoever asked for it is told. */
function toAsker(code: number): number {
  return code === CODE.notLeader ? CODE.notCoordinator : CODE.coordinatorNotAvailable;
}

import { CODE } from './model.ts';
import { has, idsOf, sizeOf } from './partitions.ts';
import type { Answerable } from './purgatory.ts';
import { FLIPPED, STRAY, type Batch } from './records.ts';
import type { Replica } from './replica.ts';
import type { Surroundings } from './surroundings.ts';
import { isInternal, minInsyncReplicasOf } from './coordinators/internal-topics.ts';

/**
 * What a partition's leader does with writes, with its followers' fetches, and with the in-sync set. Written against
 * one replica and the number of its broker.
 *
 * The high watermark is the end of the slowest replica in sync. Replicas that the leader has asked to add count
 * already, those that it has asked to remove count still: until the coordination has answered, both sets may be true.
 */
export class Leader {
  readonly #around: Surroundings;
  readonly #number: number;

  constructor(around: Surroundings, number: number) {
    this.#around = around;
    this.#number = number;
  }

  /** Appends all records of the batch at once, or none. @returns whether there is something new in the log. */
  produce(
    replica: Replica,
    batch: Batch,
    acks: 0 | 1 | 'all',
    timeoutMs: number,
    request: Answerable,
  ): boolean {
    const { options, records } = this.#around;
    if (replica.role !== 'leader' || replica.state === null) {
      request.answer(CODE.notLeader, -1);
      return false;
    }
    const { epoch, isr } = replica.state;
    const tooFew = acks === 'all' && sizeOf(isr) < minInsyncReplicasOf(options, replica.partition);
    if (tooFew) {
      if (options.bug === 'failed-but-appended') {
        for (let place = 0; place < batch.count; place++) replica.log.append(batch.first + place, epoch);
      }
      request.answer(CODE.notEnoughReplicas, -1);
      return options.bug === 'failed-but-appended';
    }
    if (records.sequence[batch.first]! >= 0 && options.bug !== 'duplicate-on-retry') {
      const repeated = replica.producers.check(batch);
      if (repeated === null) {
        request.answer(CODE.outOfOrderSequence, -1);
        return false;
      }
      if (repeated >= 0) {
        this.#answer(replica, { offset: repeated, count: batch.count }, acks, timeoutMs, request);
        return false;
      }
    }
    const { log } = replica;
    const offset = this.#append(replica, batch, epoch);
    if (options.bug === 'out-of-order-append' && offset > replica.epochStart && this.#unlucky()) {
      const before = log.entries[offset - 1]!;
      log.entries[offset - 1] = log.entries[offset]!;
      log.entries[offset] = before;
    }
    if (options.flushMessages !== null && log.end - log.flushed >= options.flushMessages)
      log.flushed = log.end;
    const back = options.bug === 'offset-reset' ? countedFrom(replica.epochStart, request) : request;
    this.#answer(replica, { offset, count: batch.count }, acks, timeoutMs, back);
    return true;
  }

  /** @returns the offset of the first record. */
  #append({ log, producers, transactions }: Replica, batch: Batch, epoch: number): number {
    const { first, count, transaction } = batch;
    const base = log.end;
    for (let record = first; record < first + count; record++) {
      const offset = log.append(this.#stored(record), epoch);
      producers.remember(record, offset);
      if (transaction !== undefined) transactions.remember(record, offset);
    }
    return base;
  }

  #answer(
    replica: Replica,
    { offset, count }: { offset: number; count: number },
    acks: 0 | 1 | 'all',
    timeoutMs: number,
    request: Answerable,
  ): void {
    const { options, clock } = this.#around;
    if (acks !== 'all' || options.bug === 'ack-before-replication') {
      request.answer(CODE.none, offset);
      if (sizeOf(replica.state!.isr) === 1) this.advance(replica);
      return;
    }
    replica.purgatory.add({ offset, count }, clock.nowNs() + timeoutMs * 1e6, request);
    this.advance(replica);
  }

  /** What the broker writes to its disk for this record: the record, unless a bug has it otherwise. */
  #stored(record: number): number {
    const { bug } = this.#around.options;
    if (bug === 'flipped-byte' && this.#unlucky()) return record | FLIPPED;
    if (bug === 'wrong-topic' && this.#unlucky()) return record | STRAY;
    return record;
  }

  #unlucky(): boolean {
    return this.#around.random.float() < 0.02;
  }

  /** Moves the high watermark as far as the replicas in sync allow, and answers the writes below it. */
  advance(replica: Replica): void {
    const { options } = this.#around;
    const { isr } = replica.state!;
    const counted = isr | (replica.asked?.isr ?? 0);
    const early = options.bug === 'high-watermark-early';
    let reached = early && sizeOf(counted) > 1 ? -1 : replica.log.end;
    for (let broker = 0; counted >> broker !== 0; broker++) {
      if (broker === this.#number || !has(counted, broker)) continue;
      const { end } = replica.remotes[broker]!;
      reached = early ? Math.max(reached, end) : Math.min(reached, end);
    }
    if (reached > replica.highWatermark) replica.highWatermark = reached;
    if (replica.purgatory.size === 0) return;
    const enough = sizeOf(isr) >= minInsyncReplicasOf(options, replica.partition);
    replica.purgatory.complete(replica.highWatermark, enough ? CODE.none : CODE.notEnoughReplicasAfterAppend);
  }

  /** A follower asks for what lies behind `offset`: so it has everything before. */
  fetched(replica: Replica, follower: number, offset: number): void {
    const { log, state } = replica;
    const remote = replica.remotes[follower]!;
    const nowNs = this.#around.clock.nowNs();
    if (offset >= log.end) remote.caughtUpNs = nowNs;
    else if (offset >= remote.endAtFetch) remote.caughtUpNs = Math.max(remote.caughtUpNs, remote.fetchedNs);
    remote.end = offset;
    remote.fetchedNs = nowNs;
    remote.endAtFetch = log.end;
    this.advance(replica);
    if (has(state!.isr, follower) || replica.asked !== null) return;
    if (offset >= replica.highWatermark && offset >= replica.epochStart) {
      this.#ask(replica, state!.isr | (1 << follower), 'Expanding');
    }
  }

  /** Followers that have lagged behind for too long leave the in-sync set, once the coordination agrees. */
  shrink(replica: Replica): void {
    if (replica.asked !== null) return;
    const { clock, options } = this.#around;
    const limitNs = clock.nowNs() - options.timeouts.replicaLagTimeMaxMs * 1e6;
    let { isr } = replica.state!;
    for (const broker of replica.state!.replicas) {
      if (broker === this.#number || !has(isr, broker)) continue;
      const remote = replica.remotes[broker]!;
      if (remote.end !== replica.log.end && remote.caughtUpNs < limitNs) isr &= ~(1 << broker);
    }
    if (isr !== replica.state!.isr) this.#ask(replica, isr, 'Shrinking');
  }

  /** An answer that never came is asked for again. */
  askAgain(replica: Replica): void {
    if (replica.asked === null) return;
    if (this.#around.clock.nowNs() - replica.asked.sentNs < ASK_AGAIN_NS) return;
    this.#ask(replica, replica.asked.isr, null);
  }

  #ask(replica: Replica, isr: number, verb: string | null): void {
    const { clock, coordination, options, brokers } = this.#around;
    const { partition, epoch, version, isr: before } = replica.state!;
    const asked = { isr, sentNs: clock.nowNs() };
    replica.asked = asked;
    const broker = brokers[this.#number]!;
    if (verb !== null && !isInternal(options, partition)) {
      options.onEvent({
        type: 'log',
        timeNs: clock.nowNs(),
        node: broker.process.name,
        partition,
        text: `${verb} ISR from ${idsOf(before).join(',')} to ${idsOf(isr).join(',')}`,
      });
    }
    // What was accepted comes as news. A refusal says nothing about what was asked since.
    coordination.alter(broker, { partition, epoch, version, isr }, () => {
      if (replica.asked === asked) replica.asked = null;
    });
  }
}

const ASK_AGAIN_NS = 1e9;

function countedFrom(start: number, request: Answerable): Answerable {
  return { answer: (code, offset) => request.answer(code, offset < 0 ? offset : offset - start) };
}

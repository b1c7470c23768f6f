import type { Host } from './coordinators/host.ts';
import { coordinatorOf, isInternal, partitionsOf } from './coordinators/internal-topics.ts';
import type { EpochAnswer, FetchAnswer, FetchRequest } from './fetch.ts';
import { Fetcher } from './fetcher.ts';
import { GroupCoordinator } from './groups/coordinator.ts';
import { Leader } from './leader.ts';
import type { Slice } from './log.ts';
import { CODE } from './model.ts';
import { has, idsOf, type PartitionState } from './partitions.ts';
import type { Peer } from './peer.ts';
import type { Process } from './process.ts';
import type { Answerable } from './purgatory.ts';
import type { Batch } from './records.ts';
import { Replica } from './replica.ts';
import { admit } from './transactions/admission.ts';
import { TransactionCoordinator } from './transactions/coordinator.ts';
import { writeMarker } from './transactions/marking.ts';
import type { AbortedTransaction } from './transactions/partition-transactions.ts';
import type { Admission, MarkerRequest } from './transactions/requests.ts';
import { TICK_NS, type Surroundings } from './surroundings.ts';

/**
 * A broker: its replicas, what it believes of the cluster, and its one thread for requests. It leads what it was told
 * to lead until it is told otherwise; whether that is still true it cannot know.
 */
const PRODUCE_SERVICE_NS = 250_000;
/** replica.fetch.wait.max.ms */
const POLL_NS = 500e6;
const FETCH_RECORDS_MAX = 4_096;
const CHECKPOINT_NS = 5e9;
/** How long the operating system keeps written pages to itself. */
const WRITEBACK_NS = 5e9;

interface Poll {
  request: FetchRequest;
  deadlineNs: number;
  respond: (answer: FetchAnswer) => void;
}

export class Broker implements Peer {
  readonly number: number;
  readonly id: number;
  readonly process: Process;
  /** By partition; null where it has no replica. */
  readonly replicas: (Replica | null)[];
  /** What it believes of every partition, in no order; empty until it is told. */
  readonly believed: (PartitionState | undefined)[] = [];
  /** Node id of the controller, as it believes. */
  controllerId = -1;
  readonly #around: Surroundings;
  readonly #leader: Leader;
  readonly #fetchers: Fetcher[];
  /** Of the transactional ids whose part of the log of transactions it leads; of none where there is no such log. */
  readonly transactions: TransactionCoordinator;
  /** Of the groups whose part of the topic of offsets it leads. */
  readonly groups: GroupCoordinator;
  #polls: (Poll | null)[];
  #serials: number[];
  #busyUntilNs = 0;
  #nextShrinkNs = 0;
  #nextCheckpointNs = 0;
  #nextWritebackNs = 0;

  constructor(around: Surroundings, number: number, process: Process) {
    this.#around = around;
    this.number = number;
    this.id = number + 1;
    this.process = process;
    this.#leader = new Leader(around, number);
    const host: Host = {
      process,
      believed: this.believed,
      append: (replica, entries, timeoutMs, request) =>
        this.#admit(replica, entries, 'all', timeoutMs, request),
    };
    this.transactions = new TransactionCoordinator(around, host);
    this.groups = new GroupCoordinator(around, host);
    this.#fetchers = Array.from(
      { length: around.options.nodes.length },
      (_, n) => new Fetcher(around, this, n),
    );
    this.#polls = [];
    this.#serials = [];
    this.replicas = Array.from({ length: partitionsOf(around.options) }, () => null);
  }

  host(partition: number): void {
    this.replicas[partition] = new Replica(partition, this.#around.records);
  }

  /** Begins the regular work of this life of the process. */
  start(): void {
    const { clock, random } = this.#around;
    this.process.start();
    const nowNs = clock.nowNs();
    this.#nextShrinkNs = nowNs + random.int(1e9);
    this.#nextCheckpointNs = nowNs + random.int(CHECKPOINT_NS);
    this.#nextWritebackNs = nowNs + random.int(WRITEBACK_NS);
    this.#busyUntilNs = nowNs;
    this.transactions.reset();
    this.groups.reset();
    const { life } = this.process;
    const tick = () => {
      if (this.process.life !== life || this.process.state === 'down') return;
      if (this.process.state === 'up') this.#tick();
      clock.at(clock.nowNs() + TICK_NS, tick);
    };
    clock.at(nowNs + random.int(TICK_NS), tick);
  }

  /** The process is gone, with all that it knew. */
  die(lost: 'memory' | 'page-cache'): void {
    this.process.die();
    this.believed.length = 0;
    this.controllerId = -1;
    this.#polls = [];
    this.#serials = [];
    this.transactions.reset();
    this.groups.reset();
    for (const fetcher of this.#fetchers) fetcher.reset();
    for (const replica of this.replicas) {
      if (replica === null) continue;
      if (lost === 'page-cache') replica.loseUnflushed();
      else replica.forget();
    }
  }

  /** A produce request has arrived: it waits for its turn. */
  produce(
    batch: Batch,
    partition: number,
    acks: 0 | 1 | 'all',
    timeoutMs: number,
    request: Answerable,
  ): void {
    const { clock } = this.#around;
    const { life } = this.process;
    this.#busyUntilNs = Math.max(this.#busyUntilNs, clock.nowNs()) + PRODUCE_SERVICE_NS;
    clock.at(this.#busyUntilNs, () => {
      if (this.process.life !== life) return;
      this.process.run(() => {
        if (this.process.life !== life) return;
        const replica = this.replicas[partition];
        if (replica == null) return request.answer(CODE.notLeader, -1);
        this.#admit(replica, batch, acks, timeoutMs, request);
      });
    });
  }

  /** Appends it, if it is of a transaction only once that is known to be open. */
  #admit(replica: Replica, batch: Batch, acks: 0 | 1 | 'all', timeoutMs: number, request: Answerable): void {
    if (batch.transaction === undefined) return this.#append(replica, batch, acks, timeoutMs, request);
    admit(
      this.#around,
      this,
      { replica, batch },
      {
        admitted: () => this.#append(replica, batch, acks, timeoutMs, request),
        refused: (code) => request.answer(code, -1),
      },
    );
  }

  #append(replica: Replica, batch: Batch, acks: 0 | 1 | 'all', timeoutMs: number, request: Answerable): void {
    if (this.#leader.produce(replica, batch, acks, timeoutMs, request)) this.#serve(replica);
  }

  admit(admission: Admission, respond: (code: number) => void): void {
    this.transactions.admit(admission, respond);
  }

  mark(request: MarkerRequest, respond: (code: number) => void): void {
    const replica = this.replicas[request.partition];
    if (replica == null) return respond(CODE.notLeader);
    const written = (code: number) => {
      if (code === CODE.none && this.#coordinatorOf(replica) === this.groups)
        this.groups.ended(replica.partition, request);
      respond(code);
    };
    if (writeMarker(this.#around, this.#leader, replica, request, written)) this.#serve(replica);
  }

  /** The coordinator whose log this is; null where it is of the topic. */
  #coordinatorOf({ partition }: Replica): TransactionCoordinator | GroupCoordinator | null {
    const of = coordinatorOf(this.#around.options, partition);
    return of === null ? null : this[of];
  }

  /** A follower asks for records; it waits here if there are none yet. */
  fetch(request: FetchRequest, respond: (answer: FetchAnswer) => void): void {
    const { follower, serial } = request;
    if (serial < (this.#serials[follower] ?? 0)) return;
    this.#serials[follower] = serial;
    let wanting = true;
    for (let index = 0; index < request.partitions.length; index++) {
      const replica = this.#ledIn(request, index);
      if (replica === null) {
        wanting = false;
        continue;
      }
      const offset = request.offsets[index]!;
      if (offset > replica.log.end) {
        wanting = false;
        continue;
      }
      this.#leader.fetched(replica, follower, offset);
      if (replica.log.end - offset >= this.#around.options.fetchMinRecords) wanting = false;
    }
    if (wanting) {
      this.#polls[follower] = { request, respond, deadlineNs: this.#around.clock.nowNs() + POLL_NS };
    } else {
      this.#polls[follower] = null;
      respond(this.#answer(request));
    }
  }

  /** OffsetsForLeaderEpoch: `epochs` of the request fence it, the asked epochs are those of the followers' logs. */
  endsOfEpochs(request: FetchRequest): EpochAnswer {
    return request.partitions.map((_, index) => {
      const replica = this.#ledIn(request, index);
      return replica === null ? null : replica.log.endOf(request.logEpochs[index]!);
    });
  }

  /** Null unless this broker leads the partition in the epoch that the request speaks of. */
  #ledIn(request: FetchRequest, index: number): Replica | null {
    const replica = this.replicas[request.partitions[index]!];
    if (replica == null || replica.role !== 'leader') return null;
    return replica.state!.epoch === request.epochs[index] ? replica : null;
  }

  #answer(request: FetchRequest): FetchAnswer {
    return request.partitions.map((_, index) => {
      const replica = this.#ledIn(request, index);
      if (replica === null) return null;
      const offset = request.offsets[index]!;
      if (offset > replica.log.end) return 'out-of-range';
      const slice = replica.log.end > offset ? this.#sliceOf(replica, offset) : null;
      return { highWatermark: replica.highWatermark, slice };
    });
  }

  /** As many whole batches as a fetch may bring; a larger one comes alone. */
  #sliceOf({ log }: Replica, from: number): Slice {
    const { records } = this.#around;
    const whole = log.batchStart(from + FETCH_RECORDS_MAX, records) - from;
    if (whole > 0) return log.slice(from, whole);
    let end = from + 1;
    while (end < log.end && log.batchStart(end, records) < end) end++;
    return log.slice(from, end - from);
  }

  /** There is something new in a log: what waits for it gets it. */
  #serve(replica: Replica): void {
    for (let follower = 0; follower < this.#polls.length; follower++) {
      const poll = this.#polls[follower];
      if (poll == null) continue;
      const index = poll.request.partitions.indexOf(replica.partition);
      if (index < 0) continue;
      if (replica.log.end - poll.request.offsets[index]! < this.#around.options.fetchMinRecords) continue;
      this.#polls[follower] = null;
      poll.respond(this.#answer(poll.request));
    }
  }

  /** News of the cluster, in any order; what is older than what it knows is ignored. */
  learn(states: readonly PartitionState[], controllerId: number): void {
    this.controllerId = controllerId;
    for (const state of states) {
      const known = this.believed[state.partition];
      if (known !== undefined && known.version >= state.version) continue;
      this.believed[state.partition] = state;
      const replica = this.replicas[state.partition];
      if (replica != null) this.#apply(replica, state);
    }
  }

  #apply(replica: Replica, state: PartitionState): void {
    const before = replica.state;
    replica.state = state;
    replica.asked = null;
    if (state.leader === this.number) {
      if (before === null || replica.role !== 'leader' || before.epoch !== state.epoch)
        this.#lead(replica, state);
      else this.#tellView(replica, state);
      this.#leader.advance(replica);
      return;
    }
    const led = replica.role === 'leader';
    replica.role = state.leader < 0 ? 'none' : 'follower';
    if (led) replica.purgatory.fail(CODE.notLeader);
    if (led) this.#coordinatorOf(replica)?.resign(replica.partition);
    if (state.leader < 0) return;
    if (before?.epoch !== state.epoch || before.leader !== state.leader) {
      replica.diverging = replica.log.end > 0 && !(led && this.#around.options.bug === 'unfenced-zombie');
      if (this.#around.options.bug === 'truncate-to-high-watermark') {
        this.truncate(replica, replica.highWatermark);
        replica.diverging = false;
      }
    }
    this.#fetchers[state.leader]!.kick();
  }

  #lead(replica: Replica, state: PartitionState): void {
    const nowNs = this.#around.clock.nowNs();
    replica.role = 'leader';
    replica.epochStart = replica.log.end;
    replica.log.beginEpoch(state.epoch);
    replica.producers.rebuild(replica.log);
    replica.transactions.rebuild(replica.log);
    this.#coordinatorOf(replica)?.lead(replica);
    replica.remotes = this.#around.brokers.map((_, broker) => ({
      end: -1,
      caughtUpNs: has(state.isr, broker) ? nowNs : 0,
      fetchedNs: nowNs,
      endAtFetch: Infinity,
    }));
    this.#tellView(replica, state, replica.epochStart);
  }

  /** Cuts off the whole batch that has a record at this offset, and all behind it. */
  truncate(replica: Replica, offset: number): void {
    const { log, partition } = replica;
    const { end } = log;
    const to = log.batchStart(offset, this.#around.records);
    log.truncate(to);
    if (to >= end) return;
    const text = `[partition ${partition}] Truncating to offset ${to}, from ${end}`;
    replica.highWatermark = Math.min(replica.highWatermark, to);
    const { clock, options } = this.#around;
    if (isInternal(options, partition)) return;
    options.onEvent({
      type: 'log',
      timeNs: clock.nowNs(),
      node: this.process.name,
      text,
      truncatedTo: to,
      partition,
    });
  }

  #tellView(replica: Replica, state: PartitionState, startOffset?: number): void {
    const { clock, options } = this.#around;
    if (isInternal(options, replica.partition)) return;
    options.onEvent({
      type: 'view',
      timeNs: clock.nowNs(),
      observer: `log:${this.process.name}`,
      partition: replica.partition,
      leader: this.id,
      epoch: state.epoch,
      isr: idsOf(state.isr),
      ...(startOffset !== undefined && { startOffset }),
    });
  }

  /**
   * The end offset for readers. A leader whose high watermark has not yet reached the beginning of its epoch does not
   * know it, and says so since Kafka 2.2 (KIP-207). Null: ask again.
   */
  endOffset(partition: number): number | null {
    const replica = this.replicas[partition];
    if (replica == null || replica.role !== 'leader') return null;
    const { bug, staleEnds } = this.#around.options;
    if (bug === 'stale-end-offset' && replica.state!.epoch > 0)
      return Math.min(replica.checkpoint, replica.log.end);
    if (replica.highWatermark < replica.epochStart && !staleEnds) return null;
    return replica.highWatermark;
  }

  /** Records for a reader: what lies below the high watermark. Null: ask again, perhaps somebody else. */
  stored(partition: number, from: number, to: number): Int32Array | 'out-of-range' | null {
    const replica = this.replicas[partition];
    if (replica == null || replica.role !== 'leader') return null;
    if (from > replica.log.end) return 'out-of-range';
    return replica.log.entries.slice(from, Math.max(from, Math.min(to, replica.highWatermark)));
  }

  /** The last stable offset, where the end offset is known. */
  lastStableOffset(partition: number): number | null {
    const end = this.endOffset(partition);
    return end === null ? null : this.replicas[partition]!.transactions.lastStable(end);
  }

  /** What a reader of what is committed is given: what lies below the last stable offset, and which of it to leave out. */
  committed(
    partition: number,
    from: number,
    to: number,
  ): { stored: Int32Array; aborted: readonly AbortedTransaction[] } | 'out-of-range' | null {
    const stable = this.lastStableOffset(partition);
    if (stable === null) return null;
    const stored = this.stored(partition, from, Math.min(to, stable));
    if (stored === null || stored === 'out-of-range') return stored;
    const { aborted } = this.replicas[partition]!.transactions;
    return {
      stored,
      aborted: aborted.filter(({ first, last }) => last >= from && first < from + stored.length),
    };
  }

  #tick(): void {
    const nowNs = this.#around.clock.nowNs();
    this.#around.coordination.heartbeat(this);
    this.transactions.tick(nowNs);
    this.groups.tick(nowNs);
    for (let follower = 0; follower < this.#polls.length; follower++) {
      const poll = this.#polls[follower];
      if (poll == null || poll.deadlineNs > nowNs) continue;
      this.#polls[follower] = null;
      poll.respond(this.#answer(poll.request));
    }
    const shrinks = nowNs >= this.#nextShrinkNs;
    if (shrinks) this.#nextShrinkNs = nowNs + (this.#around.options.timeouts.replicaLagTimeMaxMs / 2) * 1e6;
    const checkpoints = nowNs >= this.#nextCheckpointNs;
    if (checkpoints) this.#nextCheckpointNs = nowNs + CHECKPOINT_NS;
    const writesBack = nowNs >= this.#nextWritebackNs;
    if (writesBack) this.#nextWritebackNs = nowNs + WRITEBACK_NS;
    for (const replica of this.replicas) {
      if (replica === null) continue;
      if (checkpoints) replica.checkpoint = replica.highWatermark;
      if (writesBack) replica.log.flushed = replica.log.end;
      if (replica.role === 'leader') {
        if (shrinks) this.#leader.shrink(replica);
        this.#leader.askAgain(replica);
        replica.purgatory.expire(nowNs, CODE.timedOut);
      } else if (replica.role === 'follower') this.#fetchers[replica.state!.leader]!.kick();
    }
  }
}

import { CODE } from '../model.ts';
import type { Surroundings } from '../surroundings.ts';
import type { Host } from '../coordinators/host.ts';
import { decisionOf, type TransactionMetadata } from './metadata.ts';

/** A marker without an answer is sent again, on a new connection: the first one may still arrive. */
const SEND_AGAIN_NS = 2e9;

interface Job {
  metadata: TransactionMetadata;
  coordinatorEpoch: number;
  /** By partition that lacks its marker: when it was last asked for; 0 when it may be asked for now. */
  missing: Map<number, number>;
  /** Whether this is still the coordinator, and this its decision. */
  isCurrent: () => boolean;
  done: () => void;
}

/** Has the leaders write the markers of transactions that are decided, until each partition has its own. */
export class Marking {
  readonly #around: Surroundings;
  readonly #host: Pick<Host, 'process' | 'believed'>;
  readonly #jobs = new Set<Job>();

  constructor(around: Surroundings, host: Pick<Host, 'process' | 'believed'>) {
    this.#around = around;
    this.#host = host;
  }

  clear(): void {
    this.#jobs.clear();
  }

  begin(
    metadata: TransactionMetadata,
    coordinatorEpoch: number,
    { isCurrent, done }: Pick<Job, 'isCurrent' | 'done'>,
  ): void {
    const missing = new Map(this.#partitionsOf(metadata).map((partition) => [partition, 0]));
    const job: Job = { metadata, coordinatorEpoch, missing, isCurrent, done };
    this.#jobs.add(job);
    this.#go(job);
  }

  /** The planted bug `marker-missing`: a commit has one too few, where there are several. */
  #partitionsOf(metadata: TransactionMetadata): readonly number[] {
    const { partitions } = metadata;
    const isLeftOut = this.#around.options.bug === 'marker-missing' && decisionOf(metadata) === 'commit';
    return isLeftOut && partitions.length > 1 ? partitions.slice(1) : partitions;
  }

  /** To be called now and then. */
  tick(nowNs: number): void {
    for (const job of this.#jobs) {
      for (const [partition, sentNs] of job.missing)
        if (nowNs - sentNs > SEND_AGAIN_NS) job.missing.set(partition, 0);
      this.#go(job);
    }
  }

  #go(job: Job): void {
    if (!job.isCurrent()) this.#jobs.delete(job);
    else if (job.missing.size === 0) {
      this.#jobs.delete(job);
      job.done();
    } else for (const [partition, sentNs] of job.missing) if (sentNs === 0) this.#send(job, partition);
  }

  #send(job: Job, partition: number): void {
    const { clock, network, brokers, options } = this.#around;
    const { process, believed } = this.#host;
    const leader = brokers[believed[partition]?.leader ?? -1];
    if (leader === undefined) return;
    const { life } = process;
    const { metadata, coordinatorEpoch } = job;
    const { producerId: producer, epoch, version } = metadata;
    const request = { partition, producer, epoch, coordinatorEpoch, end: decisionOf(metadata)!, version };
    const sentNs = clock.nowNs();
    job.missing.set(partition, sentNs);
    const answer = (code: number) =>
      network.send(leader.process.place, process.place, () =>
        process.run(() => {
          if (process.life === life) this.#answered(job, { partition, sentNs, code });
        }),
      );
    const send = () =>
      network.send(process.place, leader.process.place, () => {
        const isTaken = leader.process.run(() => leader.mark(request, answer));
        if (!isTaken) answer(CODE.notLeader);
      });
    send();
    if (options.bug === 'stray-marker') clock.at(sentNs + STRAY_AFTER_NS, () => process.run(send));
  }

  #answered(
    job: Job,
    { partition, sentNs, code }: { partition: number; sentNs: number; code: number },
  ): void {
    if (!this.#jobs.has(job)) return;
    if (code === CODE.none) {
      job.missing.delete(partition);
      this.#go(job);
    } else if (code === CODE.coordinatorFenced || code === CODE.invalidProducerEpoch) {
      // Somebody has gone on from here: it is theirs to end.
      this.#jobs.delete(job);
    } else if (job.missing.get(partition) === sentNs) {
      // At the next tick.
      job.missing.set(partition, -SEND_AGAIN_NS);
    }
  }
}

/** The planted bug `stray-marker`: so much later each marker comes a second time. */
const STRAY_AFTER_NS = 300e6;

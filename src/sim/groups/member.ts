import type { CommitTold, GroupMember, Polled } from '../../client/group-member.ts';
import type { Isolation } from '../../client/library-reader.ts';
import type { CommitWay, Position } from '../../history/group.ts';
import type { Cluster } from '../cluster.ts';
import type { CodeTables } from '../coordinators/questions.ts';
import type { StoredEncoder } from '../value.ts';
import { CLIENT_ENDED, type ClientProcess } from './client-process.ts';
import { Membership, type MembershipOptions } from './membership.ts';
import { PartitionFetch } from './partition-fetch.ts';

export interface MemberOptions extends Omit<MembershipOptions, 'stable'> {
  isolation: Isolation;
  commit: CommitWay;
}

/** auto.commit.interval.ms, shortened like everything else in these runs. */
const AUTO_COMMIT_NS = 1e9;
const AUTO_COMMIT_FOR_MS = 1_500;

/**
 * A consumer in a group, as that of the Java client is one: while it is polled it joins, and it gives everything up before it
 * joins again (the eager protocol). Its heartbeats do not wait for polls.
 */
export class ModelMember implements GroupMember {
  readonly membership: Membership;
  readonly #cluster: Cluster;
  readonly #process: ClientProcess;
  readonly #options: MemberOptions;
  readonly #valueOf: StoredEncoder;
  #fetches: { partition: number; fetch: PartitionFetch }[] = [];
  #isJoining = false;
  #sleeping: AbortController | null = null;
  #committedNs = 0;

  constructor(
    cluster: Cluster,
    process: ClientProcess,
    { options, tables, valueOf }: { options: MemberOptions; tables: CodeTables; valueOf: StoredEncoder },
  ) {
    this.#cluster = cluster;
    this.#process = process;
    this.#options = options;
    this.#valueOf = valueOf;
    this.membership = new Membership(cluster, process, {
      options: { ...options, stable: options.isolation === 'read_committed' },
      tables,
      onChange: () => this.#wake(),
    });
    process.whenGone(() => this.#close());
  }

  async join(): Promise<string | null> {
    return this.#process.isGone ? CLIENT_ENDED : null;
  }

  poll(withinMs: number): Promise<Polled> {
    return this.#process.answer(
      () => this.#poll(withinMs),
      () => polledNothing(CLIENT_ENDED),
    );
  }

  commit(offsets: readonly Position[], withinMs: number): Promise<CommitTold> {
    return this.#process.answer(
      async (): Promise<CommitTold> => {
        const { generation, error } = await this.membership.commit(offsets, withinMs);
        return error === null
          ? { outcome: 'ok', error, generation }
          : { outcome: 'unknown', error, generation: null };
      },
      (wasAsked) => ({ outcome: wasAsked ? 'unknown' : 'fail', error: CLIENT_ENDED, generation: null }),
    );
  }

  async rewind(): Promise<string | null> {
    if (this.#process.isGone) return CLIENT_ENDED;
    this.#begin(this.#giveUp());
    return null;
  }

  leave(): Promise<string | null> {
    return this.#process.answer(
      async () => {
        await this.#commitByItself();
        await this.membership.leave();
        this.#close();
        return null;
      },
      () => CLIENT_ENDED,
    );
  }

  async #poll(withinMs: number): Promise<Polled> {
    const { clock } = this.#cluster;
    const untilNs = clock.nowNs() + withinMs * 1e6;
    if (clock.nowNs() - this.#committedNs >= AUTO_COMMIT_NS) void this.#commitByItself();
    for (;;) {
      const { membership } = this;
      if (this.#process.isGone) return polledNothing(CLIENT_ENDED);
      if (membership.error !== null) return polledNothing(membership.error);
      if (membership.isOut && !this.#isJoining) void this.#rejoin();
      const records = this.#fetches.flatMap(({ fetch }) => fetch.take());
      const leftNs = untilNs - clock.nowNs();
      // Nobody can sleep for a part of a nanosecond.
      if (records.length > 0 || leftNs < 1) {
        const { generation } = membership;
        const assigned = this.#fetches.map(({ partition }) => partition);
        const isIn = generation !== null;
        return { error: null, records, assigned, generation, memberId: isIn ? membership.memberId : null };
      }
      this.#sleeping = new AbortController();
      await clock.sleep(leftNs / 1e6, this.#sleeping.signal);
    }
  }

  async #rejoin(): Promise<void> {
    this.#isJoining = true;
    const committing = this.#commitByItself();
    this.#giveUp();
    await committing;
    const assignment = await this.membership.join();
    this.#isJoining = false;
    if (assignment !== null && !this.#process.isGone) this.#begin(assignment);
    this.#wake();
  }

  /** @returns what it had. */
  #giveUp(): number[] {
    const had = this.#fetches.map(({ partition }) => partition);
    for (const { fetch } of this.#fetches) fetch.end();
    this.#fetches = [];
    return had;
  }

  #begin(partitions: readonly number[]): void {
    const { isolation } = this.#options;
    this.#fetches = partitions
      .toSorted((one, other) => one - other)
      .map((partition) => ({
        partition,
        fetch: new PartitionFetch(this.#cluster, this.#process, {
          partition,
          isolation,
          valueOf: this.#valueOf,
          committed: () => this.membership.committed(partition),
          onFetched: () => this.#wake(),
        }),
      }));
  }

  /** What was handed out, where the library commits by itself. */
  async #commitByItself(): Promise<void> {
    this.#committedNs = this.#cluster.clock.nowNs();
    if (this.#options.commit !== 'automatic') return;
    const offsets = this.#fetches.flatMap(({ partition, fetch }) => {
      const { handedOutTo: offset } = fetch;
      return offset === null ? [] : [{ partition, offset }];
    });
    if (offsets.length > 0) await this.membership.commit(offsets, AUTO_COMMIT_FOR_MS);
  }

  #wake(): void {
    this.#sleeping?.abort();
  }

  #close(): void {
    this.#giveUp();
    this.membership.close();
  }
}

function polledNothing(error: string): Polled {
  return { error, records: [], assigned: [], generation: null, memberId: null };
}

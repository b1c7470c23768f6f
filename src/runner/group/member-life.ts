/**
 * One life of a member of the group, from its joining to its end: it polls, what it is handed is recorded, and then it commits that,
 * as an application does that processes what it reads. What it has not committed when it loses a partition another one is handed
 * again.
 */
import { NS_PER_MS, type Clock } from '../../core/clock.ts';
import { Failure } from '../../core/failure.ts';
import type { Fetched } from '../../client/client.ts';
import type { Polled } from '../../client/group-member.ts';
import type { TransactionalClient } from '../../client/transactional-client.ts';
import type { Event } from '../../history/event.ts';
import { MEMBER_GONE, type CommitWay, type MemberEvent } from '../../history/group.ts';
import type { MemberProcess } from '../../world/group.ts';
import type { Copier } from './copier.ts';

const POLL_MS = 200;
const COMMIT_EVERY_MS = 500;
const COMMIT_WITHIN_MS = 10_000;

/** What is to be done to it, at the next moment that suits. */
export type Wish = { kind: 'leave' } | { kind: 'pause'; forMs: number; beforeCommit: boolean };

/** What it is asked from outside, and what it tells. */
export interface LifeControl {
  wish: Wish | null;
  /** Set when its process was killed on purpose. */
  isKilled: boolean;
}

export interface LifeOptions {
  member: number;
  scan: number;
  process: MemberProcess;
  commit: CommitWay;
  clock: Clock;
  record: (event: Event) => void;
  put: (records: readonly Fetched[]) => void;
  /** Of a member that copies what it is handed; absent: it commits that. */
  copier?: CopierOfLife;
  /** Told of what was handed out, and of what it owns; of nothing when its life is over. */
  onPolled: (polled: Pick<Polled, 'records' | 'assigned'>) => void;
  signal: AbortSignal;
}

/** A copier, and the producer that it writes with. */
export interface CopierOfLife {
  copier: Copier;
  producer: Pick<TransactionalClient, 'open' | 'close'>;
}

/** Resolves when its process has ended. Never rejects. */
export async function liveAsMember(options: LifeOptions, control: LifeControl): Promise<void> {
  const { process, onPolled } = options;
  const life = new Life(options, control);
  try {
    await life.live();
  } finally {
    onPolled({ records: [], assigned: [] });
    await process.close();
  }
}

class Life {
  readonly #options: LifeOptions;
  readonly #control: LifeControl;
  /** What it was handed and has not committed: by partition, the next offset. */
  readonly #uncommitted = new Map<number, number>();
  #standing = '';
  #generation: number | null = null;
  #committedNs: number;

  constructor(options: LifeOptions, control: LifeControl) {
    this.#options = options;
    this.#control = control;
    this.#committedNs = options.clock.nowNs();
  }

  async live(): Promise<void> {
    const { process, signal, clock } = this.#options;
    this.#tell('joined');
    let error = (await this.#openProducer()) ?? (await process.member.join());
    while (error === null && this.#control.wish?.kind !== 'leave' && !signal.aborted) {
      const polled = await process.member.poll(POLL_MS);
      error = polled.error;
      if (error !== null) break;
      this.#take(polled);
      if (this.#options.copier !== undefined) {
        error = await this.#copy(polled, this.#options.copier);
        continue;
      }
      if (clock.nowNs() - this.#committedNs < COMMIT_EVERY_MS * NS_PER_MS) continue;
      const pause = this.#control.wish?.kind === 'pause' ? this.#control.wish : null;
      if (pause?.beforeCommit === true) await this.#pause(pause.forMs);
      error = await this.#commit();
      if (pause?.beforeCommit === false) await this.#pause(pause.forMs);
    }
    if (this.#control.isKilled) return;
    if (error !== null) return this.#tell('ended', { reason: error });
    await this.#commit();
    const reason = await process.member.leave();
    await this.#options.copier?.producer.close();
    this.#tell('left', reason === null ? {} : { reason });
  }

  #take(polled: Polled): void {
    const { records, assigned, generation, memberId } = polled;
    const standing = JSON.stringify([assigned, generation, memberId]);
    if (standing !== this.#standing) {
      this.#standing = standing;
      this.#generation = generation;
      // It may have lost what it owned and got it back, and begins again where the group has come to.
      this.#uncommitted.clear();
      this.#tell('assigned', { partitions: assigned, generation, id: memberId });
    }
    if (records.length > 0) this.#options.put(records);
    if (this.#options.copier === undefined)
      for (const { partition, offset } of records) this.#uncommitted.set(partition, offset + 1);
    this.#options.onPolled({ records, assigned });
  }

  /** @returns why nothing more will come of the member; any other error an application would take for a rebalance, and go on. */
  async #commit(): Promise<string | null> {
    const { member, scan, process, commit, clock, record } = this.#options;
    this.#committedNs = clock.nowNs();
    if (commit === 'automatic' || this.#uncommitted.size === 0) return null;
    const offsets = [...this.#uncommitted].map(([partition, offset]) => ({ partition, offset }));
    const invokeNs = clock.nowNs();
    const { outcome, error, generation } = await process.member.commit(offsets, COMMIT_WITHIN_MS);
    record({
      type: 'offset-commit',
      member,
      scan,
      // Of one that was not done it says what the member believed.
      generation: outcome === 'ok' ? generation : this.#generation,
      offsets,
      invokeNs,
      completeNs: clock.nowNs(),
      outcome,
      error,
    });
    if (outcome === 'ok') this.#uncommitted.clear();
    return error !== null && MEMBER_GONE.has(error) ? error : null;
  }

  /** Before it joins: what an earlier life has left open ends by that, and the offsets of it are known. */
  async #openProducer(): Promise<string | null> {
    try {
      await this.#options.copier?.producer.open();
      return null;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return 'CLIENT_UNAVAILABLE';
    }
  }

  /** What it is stopped for while it copies makes it a zombie: others have its partitions when it goes on. */
  async #copy(polled: Polled, { copier }: CopierOfLife): Promise<string | null> {
    if (polled.records.length === 0) return null;
    return copier.copy(polled, async (moment) => {
      const { wish } = this.#control;
      if (wish?.kind === 'pause' && wish.beforeCommit === (moment === 'offsets'))
        await this.#pause(wish.forMs);
    });
  }

  async #pause(forMs: number): Promise<void> {
    const { process, clock, signal } = this.#options;
    this.#control.wish = null;
    process.strike('SIGSTOP');
    this.#tell('paused');
    await clock.sleep(forMs, signal);
    if (this.#control.isKilled) return;
    process.strike('SIGCONT');
    this.#tell('continued');
  }

  #tell(what: MemberEvent['what'], more: Partial<MemberEvent> = {}): void {
    const { member, scan, clock, record } = this.#options;
    record({ type: 'member', timeNs: clock.nowNs(), member, scan, what, ...more });
  }
}

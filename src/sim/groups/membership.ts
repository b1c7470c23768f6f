import type { Position } from '../../history/group.ts';
import type { Broker } from '../broker.ts';
import type { Cluster } from '../cluster.ts';
import { offsetsPartition } from '../coordinators/internal-topics.ts';
import { CoordinatorQuestions, type CodeTables } from '../coordinators/questions.ts';
import { CODE } from '../model.ts';
import type { ClientProcess } from './client-process.ts';
import type { AskingMember, Joined, OffsetsTold, Synced } from './requests.ts';

/** How a modelled consumer is a member of its group. */
export interface MembershipOptions {
  /** Number of the broker that is asked first who the coordinator is. */
  first: number;
  group: string;
  /** Of the topic: as many are shared out, from 0 on. */
  partitions: number;
  instance: string | null;
  sessionTimeoutMs: number;
  requestTimeoutMs: number;
  /** Whether offsets of open transactions are waited for. */
  stable: boolean;
}

/** max.poll.interval.ms, so short that somebody who does not join is missed soon. */
const REBALANCE_SESSIONS = 2;
const JOIN_MORE_MS = 2_000;
const JOIN_FOR_MS = 5_000;
const LEAVE_FOR_MS = 1_500;
const PAUSE_MS = 100;

/**
 * A member of a group, by the classic protocol: it joins, is given partitions, and says three times a session that it lives.
 * What the coordinator says of it otherwise decides whether it has to join again; it hears of that when it asks something.
 */
export class Membership {
  memberId = '';
  /** Of which it is a member; null while it is none. */
  generation: number | null = null;
  /** Whether it has to join, for the first time or again. */
  isOut = true;
  /** Why it can never be a member again. */
  error: string | null = null;
  /** As what it was a member last, whether it still is one or not; null: it never was. */
  metadata: AskingMember | null = null;
  readonly #cluster: Cluster;
  readonly #process: ClientProcess;
  readonly #options: MembershipOptions;
  readonly #tables: CodeTables;
  /** For what may be answered late, as joining is; and for all else. */
  readonly #joining: CoordinatorQuestions;
  readonly #questions: CoordinatorQuestions;
  readonly #onChange: () => void;

  /** @param onChange called when it is out, or can never be a member again */
  constructor(
    cluster: Cluster,
    process: ClientProcess,
    { options, tables, onChange }: { options: MembershipOptions; tables: CodeTables; onChange: () => void },
  ) {
    this.#cluster = cluster;
    this.#process = process;
    this.#options = options;
    this.#tables = tables;
    this.#onChange = onChange;
    const { first, group, requestTimeoutMs } = options;
    const of = {
      partition: offsetsPartition(cluster.options, group),
      first,
      belief: { coordinator: null },
      running: () => process.running(),
    };
    const joinTimeoutMs = this.#rebalanceTimeoutMs + JOIN_MORE_MS;
    this.#joining = new CoordinatorQuestions(cluster, { ...of, requestTimeoutMs: joinTimeoutMs }, tables);
    this.#questions = new CoordinatorQuestions(cluster, { ...of, requestTimeoutMs }, tables);
  }

  close(): void {
    this.#joining.close();
    this.#questions.close();
  }

  /** How it names itself to the coordinator; null while it is no member. */
  asking(): AskingMember | null {
    const { group, instance } = this.#options;
    const { memberId, generation } = this;
    return generation === null ? null : { group, instance, memberId, generation };
  }

  /** Joins until it is given partitions. @returns null where that will never be */
  async join(): Promise<readonly number[] | null> {
    this.generation = null;
    while ((await this.#process.running()) && this.error === null) {
      const assignment = await this.#joinOnce();
      if (assignment !== null) return assignment;
      await this.#cluster.clock.sleep(PAUSE_MS);
    }
    return null;
  }

  async #joinOnce(): Promise<readonly number[] | null> {
    const { group, instance, sessionTimeoutMs } = this.#options;
    const rebalanceTimeoutMs = this.#rebalanceTimeoutMs;
    const patient = { forMs: JOIN_FOR_MS, again: { answered: true, unanswered: true } };
    const { answer: joined } = await this.#joining.ask<Joined>({
      ask: (broker, told) =>
        broker.groups.join(
          { group, instance, memberId: this.memberId, sessionTimeoutMs, rebalanceTimeoutMs },
          told,
        ),
      ...patient,
    });
    if (joined === null || joined.code !== CODE.none) return this.#refused(joined?.code);
    const { memberId, generation, members } = joined;
    this.memberId = memberId;
    const assignments = members.length === 0 ? null : this.#sharedOut(members);
    const { answer: synced } = await this.#joining.ask<Synced>({
      ask: (broker, told) => broker.groups.sync({ group, instance, memberId, generation, assignments }, told),
      ...patient,
    });
    if (synced === null || synced.code !== CODE.none) return this.#refused(synced?.code);
    this.generation = generation;
    this.isOut = false;
    this.metadata = this.asking();
    void this.#beat(generation);
    return synced.assignment;
  }

  get #rebalanceTimeoutMs(): number {
    return REBALANCE_SESSIONS * this.#options.sessionTimeoutMs;
  }

  /** One by one. */
  #sharedOut(members: readonly string[]): Map<string, number[]> {
    const shares = new Map(members.map((member): [string, number[]] => [member, []]));
    for (let partition = 0; partition < this.#options.partitions; partition++)
      shares.get(members[partition % members.length]!)!.push(partition);
    return shares;
  }

  async #beat(generation: number): Promise<void> {
    const everyMs = this.#options.sessionTimeoutMs / 3;
    for (;;) {
      await this.#cluster.clock.sleep(everyMs);
      if (!(await this.#process.running()) || this.generation !== generation) return;
      const code = await this.#ask((broker, asking) => broker.groups.heartbeat(asking));
      if (this.generation !== generation || this.error !== null) return;
      this.#heard(code);
    }
  }

  /** @returns the code; null where there was no answer, or it is no member */
  async #ask(question: (broker: Broker, asking: AskingMember) => number, forMs = 0): Promise<number | null> {
    const asking = this.asking();
    if (asking === null) return null;
    const { answer } = await this.#questions.ask<{ code: number }>({
      ask: (broker, told) => told({ code: question(broker, asking) }),
      forMs,
      again: { answered: forMs > 0, unanswered: forMs > 0 },
    });
    return answer?.code ?? null;
  }

  /** What an answer says of its membership. */
  #heard(code: number | null): void {
    if (code === CODE.unknownMember) this.memberId = '';
    if (code === CODE.fencedInstance) this.error = this.#tables.nameOfTransactionCode(code);
    const isOver =
      code === CODE.unknownMember ||
      code === CODE.illegalGeneration ||
      code === CODE.rebalanceInProgress ||
      code === CODE.fencedInstance;
    if (!isOver) return;
    this.isOut = true;
    this.#onChange();
  }

  #refused(code: number | undefined): null {
    this.#heard(code ?? null);
    return null;
  }

  /** @returns the generation that it was done in; or the name of the error. */
  async commit(
    offsets: readonly Position[],
    forMs: number,
  ): Promise<{ generation: number; error: null } | { generation: null; error: string }> {
    const asking = this.asking();
    if (asking === null)
      return { generation: null, error: this.#tables.nameOfTransactionCode(CODE.rebalanceInProgress) };
    const { tries, answer } = await this.#questions.ask<{ code: number }>({
      ask: (broker, told) => broker.groups.commit({ ...asking, offsets }, (code) => told({ code })),
      forMs,
      again: { answered: true, unanswered: true },
    });
    if (answer?.code === CODE.none) return { generation: asking.generation, error: null };
    if (this.generation === asking.generation) this.#heard(answer?.code ?? null);
    return { generation: null, error: this.#questions.errorIn(tries) ?? 'NO_ANSWER' };
  }

  /** The committed offset; -1: there is none; null: it could not be asked for now. */
  async committed(partition: number): Promise<number | null> {
    const { group, stable } = this.#options;
    const { answer } = await this.#questions.ask<OffsetsTold>({
      ask: (broker, told) => broker.groups.offsets({ group, partitions: [partition], stable }, told),
      forMs: 0,
      again: { answered: false, unanswered: false },
    });
    return answer?.code === CODE.none ? answer.offsets[0]!.offset : null;
  }

  /** Dynamic members say that they go; the place of a static one is kept for its next process. */
  async leave(): Promise<void> {
    if (this.#options.instance === null)
      await this.#ask((broker, asking) => broker.groups.leave(asking), LEAVE_FOR_MS);
    this.generation = null;
  }
}

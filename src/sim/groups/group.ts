import { CODE } from '../model.ts';
import type { EnteredMember, MembershipEntry } from './entries.ts';
import { GroupOffsets } from './offsets.ts';
import type { AskingMember, Joined, JoinRequest, Synced, SyncRequest } from './requests.ts';

/** group.initial.rebalance.delay.ms, shortened: a group without members waits for others before its first generation. */
const INITIAL_DELAY_NS = 300e6;

interface Member extends Omit<EnteredMember, 'assignment'> {
  id: string;
  assignment: readonly number[];
  /** When it is taken to be gone. */
  deadlineNs: number;
  /** It waits for the next generation. */
  joining: ((joined: Joined) => void) | null;
  /** It waits for its partitions. */
  syncing: ((synced: Synced) => void) | null;
}

/** What a group needs of its coordinator. */
export interface GroupHost {
  nowNs(): number;
  /** A name that no member has had. */
  newMemberId(): string;
  /** Writes the generation into the log. */
  enter(entry: MembershipEntry, entered: (code: number) => void): void;
}

/**
 * A group of the classic protocol, as its coordinator has it in its memory: members join, and when all have, or it has taken
 * too long, a new generation begins; the first of them shares the partitions out, which is in the log before anybody hears of it.
 *
 * Coarser than Kafka: a member is named when it joins, without being asked to join again under its name (KIP-394), and the
 * first generation waits for a fixed time only.
 */
export class Group {
  readonly offsets = new GroupOffsets();
  readonly #id: string;
  readonly #host: GroupHost;
  readonly #members = new Map<string, Member>();
  #phase: 'empty' | 'preparing' | 'completing' | 'stable' = 'empty';
  #generation = 0;
  /** The member that shares the partitions out. */
  #leader: string | null = null;
  /** While a generation is being prepared: when it begins without those that have not joined; and when it may begin. */
  #deadlineNs = 0;
  #notBeforeNs = 0;

  constructor(id: string, host: GroupHost) {
    this.#id = id;
    this.#host = host;
  }

  /** Takes over what the log says of it; everybody's session begins anew. */
  restore({ generation, leader, members }: MembershipEntry): void {
    this.#generation = generation;
    this.#leader = leader;
    this.#members.clear();
    for (const member of members) this.#restart(this.#add(member.id, member, member.assignment));
    this.#phase = members.length === 0 ? 'empty' : 'stable';
  }

  /** Another coordinator has it now. */
  close(): void {
    for (const member of this.#members.values()) {
      member.joining?.(refusedToJoin(CODE.notCoordinator, member.id));
      member.syncing?.({ code: CODE.notCoordinator, assignment: [] });
      member.joining = null;
      member.syncing = null;
    }
  }

  join(request: JoinRequest, answer: (joined: Joined) => void): void {
    const { memberId, instance } = request;
    const known = instance === null ? undefined : this.#ofInstance(instance);
    if (memberId === '' && known !== undefined) return this.#takeItsPlace(known, request, answer);
    if (memberId !== '') {
      const refused = this.#refusalOf(request);
      if (refused !== CODE.none) return answer(refusedToJoin(refused, memberId));
    }
    const isNew = memberId === '';
    const member = isNew ? this.#add(this.#host.newMemberId(), request) : this.#members.get(memberId)!;
    this.#restart(member);
    const isSettled = this.#phase === 'stable' || this.#phase === 'completing';
    // It asks again because it has not heard of the generation that it is a member of.
    if (isSettled && !isNew && (this.#phase === 'completing' || member.id !== this.#leader))
      return answer(this.#joinedOf(member));
    member.joining = answer;
    if (this.#phase !== 'preparing') this.#prepare();
    this.#beginIfAll();
  }

  sync(request: SyncRequest, answer: (synced: Synced) => void): void {
    const refused = this.refusalOf(request);
    if (refused !== CODE.none) return answer({ code: refused, assignment: [] });
    const member = this.#members.get(request.memberId)!;
    this.#restart(member);
    if (this.#phase === 'preparing') return answer({ code: CODE.rebalanceInProgress, assignment: [] });
    if (this.#phase === 'stable') return answer({ code: CODE.none, assignment: member.assignment });
    member.syncing = answer;
    if (member.id === this.#leader && request.assignments !== null) this.#shareOut(request.assignments);
  }

  heartbeat(request: AskingMember): number {
    const refused = this.refusalOf(request);
    if (refused !== CODE.none) return refused;
    this.#restart(this.#members.get(request.memberId)!);
    return this.#phase === 'preparing' ? CODE.rebalanceInProgress : CODE.none;
  }

  leave(request: Omit<AskingMember, 'generation'>): number {
    const refused = this.#refusalOf(request);
    if (refused === CODE.none) this.#remove(this.#members.get(request.memberId)!);
    return refused;
  }

  /** Whether a member of this generation may commit; a commit shows that it lives. */
  mayCommit(request: AskingMember, { isTransactional }: { isTransactional: boolean }): number {
    const refused = this.refusalOf(request);
    if (refused !== CODE.none) return refused;
    if (this.#phase === 'completing' && !isTransactional) return CODE.rebalanceInProgress;
    this.#restart(this.#members.get(request.memberId)!);
    return CODE.none;
  }

  /** Why somebody is not a member of the present generation. */
  refusalOf(request: AskingMember): number {
    const refused = this.#refusalOf(request);
    if (refused !== CODE.none) return refused;
    return request.generation === this.#generation ? CODE.none : CODE.illegalGeneration;
  }

  /** To be called now and then. */
  tick(nowNs: number): void {
    for (const member of this.#members.values()) {
      const isAwaited = member.joining !== null || member.syncing !== null;
      if (!isAwaited && nowNs > member.deadlineNs) this.#remove(member);
    }
    if (this.#phase !== 'preparing') return;
    if (nowNs >= this.#deadlineNs) this.#begin();
    else this.#beginIfAll();
  }

  #refusalOf({ memberId, instance }: Pick<AskingMember, 'memberId' | 'instance'>): number {
    const isReplaced = instance !== null && (this.#ofInstance(instance)?.id ?? memberId) !== memberId;
    if (isReplaced) return CODE.fencedInstance;
    return this.#members.has(memberId) ? CODE.none : CODE.unknownMember;
  }

  #ofInstance(instance: string): Member | undefined {
    return [...this.#members.values()].find((member) => member.instance === instance);
  }

  #add(
    id: string,
    { instance, sessionTimeoutMs, rebalanceTimeoutMs }: Omit<EnteredMember, 'id' | 'assignment'>,
    assignment: readonly number[] = [],
  ): Member {
    const member: Member = {
      id,
      instance,
      sessionTimeoutMs,
      rebalanceTimeoutMs,
      assignment,
      deadlineNs: 0,
      joining: null,
      syncing: null,
    };
    this.#members.set(id, member);
    return member;
  }

  #restart(member: Member): void {
    member.deadlineNs = this.#host.nowNs() + member.sessionTimeoutMs * 1e6;
  }

  #remove(member: Member): void {
    this.#members.delete(member.id);
    member.joining?.(refusedToJoin(CODE.unknownMember, member.id));
    member.syncing?.({ code: CODE.unknownMember, assignment: [] });
    if (this.#phase !== 'preparing') this.#prepare();
    this.#beginIfAll();
  }

  /** Another process of a static member: it gets what that one had, and that one is fenced (KIP-345). */
  #takeItsPlace(before: Member, request: JoinRequest, answer: (joined: Joined) => void): void {
    this.#members.delete(before.id);
    before.joining?.(refusedToJoin(CODE.fencedInstance, before.id));
    before.syncing?.({ code: CODE.fencedInstance, assignment: [] });
    const member = this.#add(this.#host.newMemberId(), request, before.assignment);
    this.#restart(member);
    if (this.#leader === before.id) this.#leader = member.id;
    if (this.#phase === 'stable') {
      const generation = this.#generation;
      this.#host.enter(this.#entry(), (code) => {
        const isCurrent = generation === this.#generation && this.#members.get(member.id) === member;
        if (code !== CODE.none) return answer(refusedToJoin(code, ''));
        if (!isCurrent || this.#phase !== 'stable') return answer(refusedToJoin(CODE.unknownMember, ''));
        answer({ code: CODE.none, memberId: member.id, generation, members: [] });
      });
      return;
    }
    member.joining = answer;
    if (this.#phase !== 'preparing') this.#prepare();
    this.#beginIfAll();
  }

  /** All members have to join again. */
  #prepare(): void {
    const nowNs = this.#host.nowNs();
    for (const member of this.#members.values()) {
      member.syncing?.({ code: CODE.rebalanceInProgress, assignment: [] });
      member.syncing = null;
    }
    this.#notBeforeNs = this.#phase === 'empty' ? nowNs + INITIAL_DELAY_NS : nowNs;
    this.#phase = 'preparing';
    const timeouts = [...this.#members.values()].map(({ rebalanceTimeoutMs }) => rebalanceTimeoutMs);
    this.#deadlineNs = nowNs + Math.max(0, ...timeouts) * 1e6;
  }

  #beginIfAll(): void {
    const isComplete = [...this.#members.values()].every(({ joining }) => joining !== null);
    if (isComplete && this.#host.nowNs() >= this.#notBeforeNs) this.#begin();
  }

  /** A new generation, of those that have joined. Static members may come late, and keep their place. */
  #begin(): void {
    for (const member of this.#members.values())
      if (member.joining === null && member.instance === null) this.#members.delete(member.id);
    const joined = [...this.#members.values()].filter(({ joining }) => joining !== null);
    // Nobody who could share anything out: until one comes, or their sessions end.
    if (joined.length === 0 && this.#members.size > 0) return this.#prepare();
    this.#generation++;
    if (joined.length === 0) {
      this.#phase = 'empty';
      this.#leader = null;
      return this.#host.enter(this.#entry(), () => undefined);
    }
    this.#phase = 'completing';
    if (!joined.some(({ id }) => id === this.#leader)) this.#leader = joined[0]!.id;
    for (const member of joined) {
      const { joining } = member;
      member.joining = null;
      this.#restart(member);
      joining!(this.#joinedOf(member));
    }
  }

  #joinedOf(member: Member): Joined {
    const isLeader = member.id === this.#leader && this.#phase === 'completing';
    const members = isLeader ? [...this.#members.keys()] : [];
    return { code: CODE.none, memberId: member.id, generation: this.#generation, members };
  }

  #shareOut(assignments: ReadonlyMap<string, readonly number[]>): void {
    const generation = this.#generation;
    for (const member of this.#members.values()) member.assignment = assignments.get(member.id) ?? [];
    this.#host.enter(this.#entry(), (code) => {
      if (generation !== this.#generation || this.#phase !== 'completing') return;
      if (code !== CODE.none) {
        for (const member of this.#members.values()) {
          member.syncing?.({ code, assignment: [] });
          member.syncing = null;
        }
        return this.#prepare();
      }
      this.#phase = 'stable';
      for (const member of this.#members.values()) {
        member.syncing?.({ code, assignment: member.assignment });
        if (member.syncing !== null) this.#restart(member);
        member.syncing = null;
      }
    });
  }

  #entry(): MembershipEntry {
    return {
      what: 'membership',
      group: this.#id,
      generation: this.#generation,
      leader: this.#leader,
      members: [...this.#members.values()].map(
        ({ id, instance, sessionTimeoutMs, rebalanceTimeoutMs, assignment }) => ({
          id,
          instance,
          sessionTimeoutMs,
          rebalanceTimeoutMs,
          assignment,
        }),
      ),
    };
  }
}

function refusedToJoin(code: number, memberId: string): Joined {
  return { code, memberId, generation: -1, members: [] };
}

import type { Position } from '../../history/group.ts';
import type { Host } from '../coordinators/host.ts';
import { offsetsPartition } from '../coordinators/internal-topics.ts';
import { LedPartitions, type Loaded } from '../coordinators/led-partitions.ts';
import { CODE } from '../model.ts';
import { COMMIT, RECORD_BITS } from '../records.ts';
import type { Replica } from '../replica.ts';
import type { Surroundings } from '../surroundings.ts';
import type { MarkerRequest } from '../transactions/requests.ts';
import type { GroupEntry } from './entries.ts';
import { Group } from './group.ts';
import type { Pending } from './offsets.ts';
import type {
  AskingMember,
  CommitRequest,
  Joined,
  JoinRequest,
  OffsetsRequest,
  OffsetsTold,
  Synced,
  SyncRequest,
  TransactionalCommitRequest,
} from './requests.ts';

/** By id: what a partition of the topic of offsets tells. */
type Groups = Map<string, Group>;
type Led = Loaded<Groups>;

/**
 * The coordinator of consumer groups, in the broker that leads their partition of the topic of offsets: who is a member, and
 * what was committed. A commit is an entry of that partition, and answered once every replica in sync has it. One that belongs to
 * a transaction counts from its marker on, which stands in the same log.
 */
export class GroupCoordinator {
  readonly #around: Surroundings;
  readonly #led: LedPartitions<Groups>;

  constructor(around: Surroundings, host: Host) {
    this.#around = around;
    this.#led = new LedPartitions<Groups>(host, { read: (replica) => this.#read(replica) });
  }

  /** The process begins, or is gone with all that was in its memory. */
  reset(): void {
    this.#led.reset();
  }

  /** This broker leads this partition of the topic now. */
  lead(replica: Replica): void {
    close(this.#led.lead(replica)?.state);
  }

  /** It leads it no longer. */
  resign(partition: number): void {
    close(this.#led.resign(partition)?.state);
  }

  /** To be called now and then. */
  tick(nowNs: number): void {
    this.#led.load();
    for (const { state } of this.#led.loaded()) for (const group of state.values()) group.tick(nowNs);
  }

  join(request: JoinRequest, answer: (joined: Joined) => void): void {
    const led = this.#ledFor(request.group);
    if (typeof led === 'number')
      return answer({ code: led, memberId: request.memberId, generation: -1, members: [] });
    let group = led.state.get(request.group);
    if (group === undefined) led.state.set(request.group, (group = this.#newGroup(request.group)));
    group.join(request, answer);
  }

  sync(request: SyncRequest, answer: (synced: Synced) => void): void {
    const group = this.#groupOf(request);
    if (typeof group === 'number') return answer({ code: group, assignment: [] });
    group.sync(request, answer);
  }

  heartbeat(request: AskingMember): number {
    const group = this.#groupOf(request);
    return typeof group === 'number' ? group : group.heartbeat(request);
  }

  leave(request: Omit<AskingMember, 'generation'>): number {
    const group = this.#groupOf(request);
    return typeof group === 'number' ? group : group.leave(request);
  }

  commit(request: CommitRequest, answer: (code: number) => void): void {
    const group = this.#groupOf(request);
    if (typeof group === 'number') return answer(group);
    const { bug } = this.#around.options;
    const refused = group.mayCommit(request, { isTransactional: false });
    if (refused !== CODE.none && bug !== 'zombie-commit-accepted') return answer(refused);
    if (bug === 'commit-forgotten' && this.#unlucky()) return answer(CODE.none);
    const led = this.#ledFor(request.group) as Led;
    const positions = bug === 'offset-of-another-partition' ? mixedUp(request.offsets) : request.offsets;
    this.#enterOffsets(led, request.group, positions, undefined, (code, first) => {
      if (code === CODE.none)
        for (const [index, position] of positions.entries()) group.offsets.commit(position, first + index);
      answer(code);
    });
  }

  /** Offsets that are committed if the transaction is. */
  commitInTransaction(request: TransactionalCommitRequest, answer: (code: number) => void): void {
    const group = this.#groupOf(request);
    if (typeof group === 'number') return answer(group);
    const { bug } = this.#around.options;
    const refused = group.mayCommit(request, { isTransactional: true });
    if (refused !== CODE.none && bug !== 'zombie-transaction-accepted') return answer(refused);
    const led = this.#ledFor(request.group) as Led;
    const { transaction, offsets } = request;
    const { producer } = transaction;
    const isOutside = bug === 'offsets-outside-transaction';
    const pending: Pending[] = offsets.map((position) => ({ ...position, at: null }));
    group.offsets.begin(producer, pending);
    this.#enterOffsets(led, request.group, offsets, isOutside ? undefined : transaction, (code, first) => {
      if (code !== CODE.none || isOutside) group.offsets.withdraw(producer, pending);
      else for (const [index, position] of pending.entries()) position.at = first + index;
      if (code === CODE.none && isOutside)
        for (const [index, position] of offsets.entries()) group.offsets.commit(position, first + index);
      answer(code);
    });
  }

  /** What the group has committed, for whoever asks. */
  offsets({ group: id, partitions, stable }: OffsetsRequest, answer: (told: OffsetsTold) => void): void {
    const led = this.#ledFor(id);
    if (typeof led === 'number') return answer({ code: led, offsets: [] });
    const { bug } = this.#around.options;
    const committed = led.state.get(id)?.offsets;
    const isWaiting = (partition: number) =>
      stable && committed?.isUndecided(partition) === true && bug !== 'undecided-offsets-passed';
    answer({
      code: partitions.some(isWaiting) ? CODE.unstableOffset : CODE.none,
      offsets: partitions
        .filter((partition) => !isWaiting(partition))
        .map((partition) => ({ partition, offset: committed?.of(partition) ?? -1 })),
    });
  }

  /** The marker of a transaction is in this partition of the topic, in every replica in sync. */
  ended(partition: number, { producer, end }: MarkerRequest): void {
    const led = this.#led.at(partition);
    if (typeof led === 'number') return;
    const isCommitted = end === 'commit' && this.#around.options.bug !== 'transaction-offsets-forgotten';
    for (const group of led.state.values()) group.offsets.end(producer, isCommitted);
  }

  #ledFor(group: string): Led | number {
    return this.#led.at(offsetsPartition(this.#around.options, group));
  }

  /** A group that nobody has joined has no members. */
  #groupOf({ group: id }: { group: string }): Group | number {
    const led = this.#ledFor(id);
    return typeof led === 'number' ? led : (led.state.get(id) ?? CODE.unknownMember);
  }

  #newGroup(id: string): Group {
    const { clock } = this.#around;
    return new Group(id, {
      nowNs: () => clock.nowNs(),
      newMemberId: () => `member-${++this.#around.groupMembers}`,
      enter: (entry, entered) => {
        const led = this.#ledFor(id);
        if (typeof led === 'number') return entered(led);
        const first = this.#around.records.addState(led.replica.partition, entry);
        this.#led.append(led, { first, count: 1 }, entered);
      },
    });
  }

  /** One batch, so that all of them are there or none. */
  #enterOffsets(
    led: Led,
    group: string,
    positions: readonly Readonly<Position>[],
    transaction: TransactionalCommitRequest['transaction'] | undefined,
    entered: (code: number, first: number) => void,
  ): void {
    const { records } = this.#around;
    const first = records.count;
    for (const [inBatch, position] of positions.entries())
      records.addState(
        led.replica.partition,
        { what: 'offset', group, ...position },
        { inBatch, ...(transaction !== undefined && { producer: transaction }) },
      );
    const entries = {
      first,
      count: positions.length,
      ...(transaction !== undefined && { transaction: { id: transaction.id, version: transaction.version } }),
    };
    this.#led.append(led, entries, entered);
  }

  /** Everything that stands in the log, in its order. */
  #read({ log }: Replica): Groups {
    const { records } = this.#around;
    const groups: Groups = new Map();
    const groupOf = (id: string): Group => {
      let group = groups.get(id);
      if (group === undefined) groups.set(id, (group = this.#newGroup(id)));
      return group;
    };
    for (let offset = 0; offset < log.end; offset++) {
      const record = log.entries[offset]! & RECORD_BITS;
      const producer = records.producer[record]!;
      if (records.isMarker(record)) {
        for (const { offsets } of groups.values()) offsets.end(producer, records.kind[record] === COMMIT);
        continue;
      }
      const entry = records.stateOf(record) as GroupEntry;
      const group = groupOf(entry.group);
      if (entry.what === 'membership') group.restore(entry);
      else if (producer >= 0) group.offsets.begin(producer, [{ ...entry, at: offset }]);
      else group.offsets.commit(entry, offset);
    }
    const { bug } = this.#around.options;
    for (const { offsets } of groups.values()) {
      if (bug === 'offsets-expired') offsets.forget();
      if (bug === 'offsets-rolled-back') offsets.rollBack();
    }
    return groups;
  }

  #unlucky(): boolean {
    return this.#around.random.float() < 0.1;
  }
}

function close(groups: Groups | null | undefined): void {
  for (const group of groups?.values() ?? []) group.close();
}

/** The planted bug `offset-of-another-partition`. */
function mixedUp(positions: readonly Readonly<Position>[]): Position[] {
  return positions.map(({ partition }) => ({ partition, offset: positions[0]!.offset }));
}

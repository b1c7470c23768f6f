import test from 'ava';
import { CODE } from '../../../src/sim/model.ts';
import type { MembershipEntry } from '../../../src/sim/groups/entries.ts';
import { Group } from '../../../src/sim/groups/group.ts';
import type { Joined, JoinRequest, Synced } from '../../../src/sim/groups/requests.ts';

/** Members, generations and sessions of a group, as its coordinator has them: the classic protocol. */
const S = 1e9;

function groupOf() {
  let nowS = 0;
  let names = 0;
  const entered: MembershipEntry[] = [];
  let entering: ((code: number) => void)[] | null = null;
  const group = new Group('g', {
    nowNs: () => nowS * S,
    newMemberId: () => `m${++names}`,
    enter: (entry, done) => {
      entered.push(entry);
      if (entering === null) done(CODE.none);
      else entering.push(done);
    },
  });
  const asking = (memberId: string, generation: number, instance: string | null = null) => ({
    group: 'g',
    memberId,
    instance,
    generation,
  });
  return {
    group,
    entered,
    asking,
    /** From now on entries wait for their answer, which the function gives. */
    holdEntries() {
      const held: ((code: number) => void)[] = [];
      entering = held;
      return (code: number) => {
        entering = null;
        for (const done of held) done(code);
      };
    },
    /** Time goes on, and the coordinator looks at its groups ten times a second. */
    pass(seconds: number) {
      for (let tenth = 0; tenth < 10 * seconds; tenth++) {
        nowS += 0.1;
        group.tick(nowS * S);
      }
    },
    join(memberId = '', more: Partial<JoinRequest> = {}) {
      const told: Joined[] = [];
      const request: JoinRequest = {
        group: 'g',
        memberId,
        instance: null,
        sessionTimeoutMs: 3_000,
        rebalanceTimeoutMs: 6_000,
        ...more,
      };
      group.join(request, (joined) => told.push(joined));
      return told;
    },
    sync(memberId: string, generation: number, shares: Record<string, number[]> | null = null) {
      const told: Synced[] = [];
      const assignments = shares === null ? null : new Map(Object.entries(shares));
      group.sync({ ...asking(memberId, generation), assignments }, (synced) => told.push(synced));
      return told;
    },
    /** m1 and m2 in generation 1, each with a partition. */
    two() {
      const joined = [this.join(), this.join()];
      this.pass(1);
      const shared = [this.sync('m2', 1), this.sync('m1', 1, { m1: [0], m2: [1] })];
      return { joined, shared };
    },
  };
}

test('those that join meanwhile are the first generation, and the first of them shares the partitions out', (t) => {
  const of = groupOf();
  const { joined, shared } = of.two();
  t.deepEqual(joined.flat(), [
    { code: CODE.none, memberId: 'm1', generation: 1, members: ['m1', 'm2'] },
    { code: CODE.none, memberId: 'm2', generation: 1, members: [] },
  ]);
  t.deepEqual(shared.flat(), [
    { code: CODE.none, assignment: [1] },
    { code: CODE.none, assignment: [0] },
  ]);
  t.like(of.entered[0], { generation: 1, leader: 'm1' });
  t.is(of.group.heartbeat(of.asking('m1', 1)), CODE.none);
});

test('nobody hears of partitions before they are in the log; where that fails, a new generation begins', (t) => {
  const of = groupOf();
  of.join();
  of.pass(1);
  const answer = of.holdEntries();
  const told = of.sync('m1', 1, { m1: [0] });
  t.deepEqual(told, []);
  t.is(of.group.mayCommit(of.asking('m1', 1), { isTransactional: false }), CODE.rebalanceInProgress);
  answer(CODE.coordinatorNotAvailable);
  t.deepEqual(told, [{ code: CODE.coordinatorNotAvailable, assignment: [] }]);
  t.is(of.group.heartbeat(of.asking('m1', 1)), CODE.rebalanceInProgress);
});

test('one more member: the others have to join again, and the one before is of the past', (t) => {
  const of = groupOf();
  of.two();
  of.join();
  t.is(of.group.heartbeat(of.asking('m1', 1)), CODE.rebalanceInProgress);
  t.is(of.group.mayCommit(of.asking('m1', 1), { isTransactional: false }), CODE.none, 'it may still commit');
  of.join('m1');
  const [last] = [of.join('m2')];
  t.like(last[0], { code: CODE.none, generation: 2 });
  t.is(of.group.mayCommit(of.asking('m1', 1), { isTransactional: false }), CODE.illegalGeneration);
  t.is(of.group.heartbeat(of.asking('m1', 1)), CODE.illegalGeneration);
  t.deepEqual(of.sync('m1', 1)[0]!.code, CODE.illegalGeneration);
});

test('a member that does not come in time is none any more', (t) => {
  const of = groupOf();
  of.two();
  const told = of.join();
  of.join('m1');
  // It says that it lives, and does not join.
  for (let second = 0; second < 7; second++) {
    of.pass(1);
    if (second < 5) t.is(of.group.heartbeat(of.asking('m2', 1)), CODE.rebalanceInProgress);
  }
  t.like(told[0], { code: CODE.none, generation: 2 });
  t.is(of.group.mayCommit(of.asking('m2', 1), { isTransactional: true }), CODE.unknownMember);
});

test('a session ends when nothing is heard of the member; one that waits for an answer is not expected to say anything', (t) => {
  const of = groupOf();
  of.two();
  for (let second = 0; second < 4; second++) {
    t.is(of.group.heartbeat(of.asking('m1', 1)), CODE.none);
    of.pass(0.9);
  }
  t.is(of.group.heartbeat(of.asking('m2', 1)), CODE.unknownMember);
  t.is(of.group.heartbeat(of.asking('m1', 1)), CODE.rebalanceInProgress);
  const told = of.join('m1');
  t.like(told[0], { code: CODE.none, generation: 2, members: ['m1'] });
});

test('a member that leaves is gone at once; the last one leaves an empty generation', (t) => {
  const of = groupOf();
  of.two();
  t.is(of.group.leave(of.asking('m2', 1)), CODE.none);
  t.is(of.group.leave(of.asking('m2', 1)), CODE.unknownMember);
  t.like(of.join('m1')[0], { generation: 2, members: ['m1'] });
  t.is(of.group.leave(of.asking('m1', 2)), CODE.none);
  t.like(of.entered.at(-1), { generation: 3, leader: null, members: [] });
});

test('a new process of a static member gets what that one had, without another generation; the old one is fenced', (t) => {
  const of = groupOf();
  of.join('', { instance: 'one' });
  of.join();
  of.pass(1);
  of.sync('m2', 1);
  of.sync('m1', 1, { m1: [0], m2: [1] });
  // The zombie names its instance, as it has to; without one it would only be unknown.
  const told = of.join('', { instance: 'one' });
  t.deepEqual(told, [{ code: CODE.none, memberId: 'm3', generation: 1, members: [] }]);
  t.deepEqual(of.sync('m3', 1)[0], { code: CODE.none, assignment: [0] });
  t.is(of.group.mayCommit(of.asking('m1', 1, 'one'), { isTransactional: false }), CODE.fencedInstance);
  t.is(of.group.heartbeat(of.asking('m2', 1)), CODE.none);
});

test('who takes over knows its members by the log, and gives each a session', (t) => {
  const before = groupOf();
  before.two();
  const of = groupOf();
  of.group.restore(before.entered[0]!);
  t.is(of.group.heartbeat(of.asking('m1', 1)), CODE.none);
  t.deepEqual(of.sync('m2', 1), [{ code: CODE.none, assignment: [1] }]);
  t.is(of.group.mayCommit(of.asking('m2', 0), { isTransactional: false }), CODE.illegalGeneration);
  of.pass(4);
  t.is(of.group.heartbeat(of.asking('m1', 1)), CODE.unknownMember);
});

test('who is replaced tells those that wait that it is no coordinator', (t) => {
  const of = groupOf();
  const told = of.join();
  of.group.close();
  t.is(told[0]!.code, CODE.notCoordinator);
});

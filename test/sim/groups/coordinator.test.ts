import test from 'ava';
import type { Broker } from '../../../src/sim/broker.ts';
import { CODE } from '../../../src/sim/model.ts';
import { offsetsPartition } from '../../../src/sim/coordinators/internal-topics.ts';
import type { Joined, OffsetsTold, Synced } from '../../../src/sim/groups/requests.ts';
import { clusterOfThree } from '../transactions/cluster-of-three.ts';

/** The coordinator of groups in a modelled cluster of three brokers, asked directly. */
const JOIN = { group: 'g', instance: null, sessionTimeoutMs: 30_000, rebalanceTimeoutMs: 30_000 };

function groupOfThree() {
  const of = clusterOfThree({ hasGroups: true });
  const { cluster, clock } = of;
  const partition = offsetsPartition(cluster.options, 'g');
  const leader = () => of.leaderOf(partition);

  async function told<T>(ask: (answer: (told: T) => void) => void): Promise<T> {
    let answered: T | undefined;
    await of.answerTo((answer) =>
      ask((given) => {
        answered ??= given;
        answer(CODE.none);
      }),
    );
    return answered!;
  }

  return {
    ...of,
    leader,
    /** One member with all partitions, in a generation of its own; by name of its id. */
    async member(memberId = '') {
      const joined = await told<Joined>((answer) => leader().groups.join({ ...JOIN, memberId }, answer));
      const asking = {
        group: 'g',
        instance: null,
        memberId: joined.memberId,
        generation: joined.generation,
      };
      const assignments = new Map(joined.members.map((id) => [id, [0, 1]]));
      const { code } = await told<Synced>((answer) =>
        leader().groups.sync({ ...asking, assignments }, answer),
      );
      return { ...asking, code };
    },
    commit: (asking: Asking, offset: number, broker: Broker = leader()) =>
      of.answerTo((answer) =>
        broker.groups.commit({ ...asking, offsets: [{ partition: 0, offset }] }, answer),
      ),
    send: (asking: Asking, offset: number, { producerId, epoch }: { producerId: number; epoch: number }) =>
      of.answerTo((answer) =>
        leader().groups.commitInTransaction(
          {
            ...asking,
            offsets: [{ partition: 0, offset }],
            transaction: { id: 't', producer: producerId, epoch, version: 2 },
          },
          answer,
        ),
      ),
    /** The offset of partition 0; `undecided` while it is not known which. */
    async offset(stable = true): Promise<number | 'undecided'> {
      const { code, offsets } = await told<OffsetsTold>((answer) =>
        leader().groups.offsets({ group: 'g', partitions: [0], stable }, answer),
      );
      return code === CODE.unstableOffset ? 'undecided' : offsets[0]!.offset;
    },
    /** Another broker leads the topic of offsets, and has read what is in it. */
    async replaced(): Promise<Broker> {
      const before = leader();
      cluster.end(before.process.name, 'memory');
      while (leader() === before) await clock.sleep(100);
      await clock.sleep(2_000);
      return before;
    },
  };
}
type Asking = { group: string; instance: string | null; memberId: string; generation: number };

test('what was committed, and who is a member, the next coordinator knows', async (t) => {
  const of = groupOfThree();
  await of.drive(async () => {
    const one = await of.member();
    t.is(one.code, CODE.none);
    t.is(await of.offset(), -1);
    t.is(await of.commit(one, 5), 'none');
    t.is(await of.commit(one, 9), 'none');
    t.is(await of.commit({ ...one, generation: 0 }, 2), 'illegalGeneration');
    await of.replaced();
    t.is(await of.offset(), 9);
    t.is(await of.commit(one, 10), 'none');
    t.is(await of.commit({ ...one, memberId: 'another' }, 2), 'unknownMember');
    t.is(await of.offset(), 10);
  });
});

test('a broker that leads the topic of offsets no longer is no coordinator', async (t) => {
  const of = groupOfThree();
  await of.drive(async () => {
    const one = await of.member();
    const other = of.cluster.brokers.find((broker) => broker !== of.leader())!;
    t.is(await of.commit(one, 5, other), 'notCoordinator');
  });
});

test('a coordinator that is cut off commits nothing that the next one does not know', async (t) => {
  const of = groupOfThree();
  await of.drive(async () => {
    const one = await of.member();
    t.is(await of.commit(one, 5), 'none');
    const before = of.leader();
    const others = of.cluster.brokers
      .filter((broker) => broker !== before)
      .map(({ process }) => process.name);
    const from = before.process.name;
    const links = [...others, 'zookeeper'].flatMap((to) => [
      { from, to },
      { from: to, to: from },
    ]);
    await of.cluster.network.cut(links);
    const answered = of.commit(one, 7, before);
    t.not(await answered, 'none');
    while (of.leader() === before) await of.clock.sleep(100);
    await of.clock.sleep(2_000);
    t.is(await of.offset(), 5);
  });
});

test('offsets of a transaction are undecided until it ends, and are what it comes to', async (t) => {
  for (const end of ['commit', 'abort'] as const) {
    const of = groupOfThree();
    await of.drive(async () => {
      const one = await of.member();
      await of.commit(one, 3);
      const producer = await of.named('t');
      t.is(await of.send(one, 8, producer), 'none');
      t.is(await of.offset(), 'undecided');
      t.is(await of.offset(false), 3);
      t.is(await of.end('t', producer, end, 2), 'none');
      await of.clock.sleep(500);
      t.is(await of.offset(), end === 'commit' ? 8 : 3);
    });
  }
});

test('so it is when another coordinator takes over meanwhile', async (t) => {
  const of = groupOfThree();
  await of.drive(async () => {
    const one = await of.member();
    const producer = await of.named('t');
    t.is(await of.send(one, 8, producer), 'none');
    await of.replaced();
    t.is(await of.offset(), 'undecided');
    const ended = await of.end('t', producer, 'commit', 2);
    // The one of transactions may have been the same broker.
    if (ended !== 'none') t.is(await of.end('t', producer, 'commit', 2), 'none');
    await of.clock.sleep(3_000);
    t.is(await of.offset(), 8);
    await of.replaced();
    t.is(await of.offset(), 8);
  });
});

test('who was replaced sends no offsets any more, as a member or as a producer (KIP-447)', async (t) => {
  const of = groupOfThree();
  await of.drive(async () => {
    const one = await of.member();
    const before = await of.named('t');
    t.is(await of.send({ ...one, generation: 0 }, 8, before), 'illegalGeneration');
    t.is(await of.send({ ...one, memberId: 'another' }, 8, before), 'unknownMember');
    await of.named('t');
    t.is(await of.send(one, 8, before), 'invalidProducerEpoch');
    t.is(await of.offset(), -1);
  });
});

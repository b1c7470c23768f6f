import test from 'ava';
import { seededRandom } from '../../../src/core/random.ts';
import { virtualClock } from '../../../src/core/virtual-clock.ts';
import type { Polled } from '../../../src/client/group-member.ts';
import { scenarioSchema, type ScenarioInput } from '../../../src/scenario/schema.ts';
import { simulatedWorld } from '../../../src/world/simulated.ts';
import type { MemberProcess } from '../../../src/world/group.ts';

/** Members of a group in the simulated world, as the runner has them. */
const RECORDS = 25;

async function withGroup(
  group: NonNullable<ScenarioInput['group']>,
  work: (of: ReturnType<typeof worldOf>) => Promise<void>,
): Promise<void> {
  const of = worldOf(group);
  await of.clock.drive(
    (async () => {
      await of.world.db.setup();
      const writer = of.world.openClient(0);
      await writer.open();
      for (let seq = 0; seq < RECORDS; seq++)
        await writer.write({ worker: 0, seq, partition: seq % 2, records: 1 });
      await writer.close();
      await work(of);
    })(),
  );
}

function worldOf(group: NonNullable<ScenarioInput['group']>) {
  const clock = virtualClock();
  const scenario = scenarioSchema.parse({
    topic: { partitions: group.commit === 'transaction' ? 4 : 2, replicationFactor: 3 },
    producer: { acks: 'all' },
    consumer: { library: 'java' },
    group: { sessionTimeoutMs: 2_000, ...group },
  } satisfies ScenarioInput);
  const world = simulatedWorld({
    scenario,
    mode: 'zookeeper',
    clock,
    random: seededRandom(1),
    onEvent: () => undefined,
  });
  const access = world.group!;
  return {
    clock,
    world,
    open: (member: number) => access.openMember({ member, number: 2 + member }),
    /** Polls for so long, and says what there was, in order. */
    async polledFor(ms: number, { member }: MemberProcess): Promise<Polled> {
      const untilNs = clock.nowNs() + ms * 1e6;
      const records: Polled['records'] = [];
      for (;;) {
        const polled = await member.poll(200);
        records.push(...polled.records);
        if (polled.error !== null || clock.nowNs() >= untilNs) return { ...polled, records };
      }
    },
    async committed(): Promise<number[]> {
      const offsets = access.openOffsets();
      const told = await offsets.fetch();
      await offsets.close();
      return told.offsets.map(({ offset }) => offset);
    },
  };
}

const offsetsIn = ({ records }: Polled, partition: number) =>
  records.filter((record) => record.partition === partition).map(({ offset }) => offset);
const upTo = (count: number) => Array.from({ length: count }, (_, offset) => offset);

test('a member is given what there is from the beginning, and the next one goes on where it has committed', async (t) => {
  await withGroup({}, async (of) => {
    const one = of.open(0);
    t.is(await one.member.join(), null);
    const polled = await of.polledFor(2_000, one);
    t.deepEqual([polled.assigned, polled.generation], [[0, 1], 1]);
    t.deepEqual([offsetsIn(polled, 0), offsetsIn(polled, 1)], [upTo(13), upTo(12)]);
    t.like(await one.member.commit([{ partition: 0, offset: 10 }], 1_000), { outcome: 'ok', generation: 1 });
    t.deepEqual(await of.committed(), [10, -1]);
    t.is(await one.member.leave(), null);
    await one.close();
    const next = await of.polledFor(2_000, of.open(1));
    t.deepEqual([offsetsIn(next, 0), offsetsIn(next, 1)], [[10, 11, 12], upTo(12)]);
  });
});

test('two share the partitions, and one that goes back does so to what is committed', async (t) => {
  await withGroup({}, async (of) => {
    const members = [of.open(0), of.open(1)];
    const [one, other] = await Promise.all(members.map((member) => of.polledFor(2_000, member)));
    t.deepEqual(new Set([...one!.assigned, ...other!.assigned]), new Set([0, 1]));
    const [partition] = one!.assigned;
    await members[0]!.member.commit([{ partition: partition!, offset: 5 }], 1_000);
    t.is(await members[0]!.member.rewind(), null);
    const again = await of.polledFor(1_000, members[0]!);
    t.is(offsetsIn(again, partition!)[0], 5);
  });
});

test('a member that was stopped for longer than its session may last commits nothing when it goes on', async (t) => {
  await withGroup({}, async (of) => {
    const zombie = of.open(0);
    await of.polledFor(2_000, zombie);
    const other = of.open(1);
    await Promise.all([of.polledFor(3_000, zombie), of.polledFor(3_000, other)]);
    zombie.strike('SIGSTOP');
    const alone = await of.polledFor(6_000, other);
    t.deepEqual(alone.assigned, [0, 1]);
    zombie.strike('SIGCONT');
    const told = await zombie.member.commit([{ partition: 0, offset: 1 }], 1_000);
    t.like(told, { outcome: 'unknown', error: 'UNKNOWN_MEMBER_ID' });
    t.deepEqual(await of.committed(), [-1, -1]);
    // It joins again, as a library does.
    const [back] = await Promise.all([of.polledFor(4_000, zombie), of.polledFor(4_000, other)]);
    t.is(back.assigned.length, 1);
  });
});

test('who waits for a process that is killed is told so, and nothing more comes of it', async (t) => {
  await withGroup({}, async (of) => {
    const one = of.open(0);
    await of.polledFor(2_000, one);
    const polling = one.member.poll(10_000);
    await of.clock.sleep(100);
    one.strike('SIGKILL');
    t.is((await polling).error, 'CLIENT_ENDED');
    t.like(await one.member.commit([{ partition: 0, offset: 1 }], 1_000), { outcome: 'fail' });
    t.is(await one.member.leave(), 'CLIENT_ENDED');
    // Its session ends, and another one has everything.
    const next = await of.polledFor(5_000, of.open(1));
    t.deepEqual([next.assigned, next.generation], [[0, 1], 2]);
  });
});

test('a process that is killed while its member joins does nothing any more', async (t) => {
  await withGroup({}, async (of) => {
    const one = of.open(0);
    const polling = one.member.poll(10_000);
    await of.clock.sleep(10);
    one.strike('SIGKILL');
    t.is((await polling).error, 'CLIENT_ENDED');
    // Time goes on, which it does not while anything is done over and over.
    await of.clock.sleep(20_000);
    const next = await of.polledFor(5_000, of.open(1));
    t.deepEqual(next.assigned, [0, 1]);
  });
});

test('a static member keeps its partitions while its process is replaced', async (t) => {
  await withGroup({ staticMembership: true }, async (of) => {
    const members = [of.open(0), of.open(1)];
    const [before] = await Promise.all(members.map((member) => of.polledFor(2_000, member)));
    await members[0]!.member.leave();
    await members[0]!.close();
    const [after, other] = await Promise.all([
      of.polledFor(1_000, of.open(0)),
      of.polledFor(1_000, members[1]!),
    ]);
    t.deepEqual([after.assigned, after.generation], [before!.assigned, before!.generation]);
    t.is(other.generation, before!.generation);
  });
});

test('a library that commits by itself commits what it has handed out', async (t) => {
  await withGroup({ commit: 'automatic' }, async (of) => {
    const one = of.open(0);
    await of.polledFor(3_000, one);
    t.deepEqual(await of.committed(), [13, 12]);
  });
});

test('a producer in the process of a member sends its offsets in a transaction; when that is killed, it ends nothing', async (t) => {
  await withGroup({ commit: 'transaction', transactions: { timeoutMs: 1_000 } }, async (of) => {
    const one = of.open(0);
    await of.polledFor(2_000, one);
    const producer = one.openProducer(9);
    await producer.open();
    const copy = async (offset: number) => {
      await producer.begin();
      await producer.write({ worker: 9, seq: offset, partition: 2, records: 1 });
      return producer.sendOffsets({
        group: '',
        offsets: [{ topic: '', partition: 0, offset }],
        reader: 2,
      });
    };
    t.is(await copy(4), null);
    t.like(await producer.end('commit'), { outcome: 'committed', error: null });
    await of.clock.sleep(500);
    t.deepEqual(await of.committed(), [4, -1]);
    t.is(await copy(6), null);
    one.strike('SIGKILL');
    t.like(await producer.end('commit'), { outcome: 'aborted', error: 'CLIENT_ENDED', attempts: 0 });
    await of.clock.sleep(15_000);
    t.deepEqual(await of.committed(), [4, -1], 'the coordinator has aborted it');
  });
});

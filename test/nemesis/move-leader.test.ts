import test from 'ava';
import { EXIT, Failure } from '../../src/core/failure.ts';
import { seededRandom } from '../../src/core/random.ts';
import { virtualClock } from '../../src/core/virtual-clock.ts';
import type { Db, LeaderMove, View } from '../../src/db/db.ts';
import { clusterNemesis } from '../../src/nemesis/cluster-nemesis.ts';

/** Leaders of a made-up cluster that are moved: what proves it, and what does not. */
const NODES = [1, 2, 3].map((id) => ({
  name: `kafka${id}`,
  id,
  roles: ['broker' as const],
  address: `kafka${id}`,
}));

interface Made {
  leaders?: number[];
  isr?: number[];
  /** What the cluster does when it is asked; what it was asked for if absent. */
  move?: (moves: readonly LeaderMove[], leaders: number[]) => void;
  /** Whether brokers answer who leads, by how often they were asked. */
  answers?: (views: number) => boolean;
  cannot?: boolean;
}

const asAsked = (moves: readonly LeaderMove[], leaders: number[]): void => {
  for (const { partition, to } of moves) leaders[partition] = to;
};

function made({
  leaders = [1, 2],
  isr = [1, 2, 3],
  move = asAsked,
  answers = () => true,
  cannot,
}: Made = {}) {
  const clock = virtualClock();
  let views = 0;
  const asked: LeaderMove[][] = [];
  let epoch = 1;
  const view = async (): Promise<View> => {
    const partitions = leaders.map((leader, partition) => ({ partition, leader, epoch, isr }));
    const told = answers(++views) ? { controller: 1, partitions } : null;
    return { observers: Object.fromEntries(NODES.map(({ name }) => [name, told])) };
  };
  const db = {
    nodes: NODES,
    view,
    ...(cannot !== true && {
      async moveLeaders(moves: readonly LeaderMove[]) {
        asked.push([...moves]);
        epoch++;
        move(moves, leaders);
      },
    }),
  } as unknown as Db;
  const nemesis = clusterNemesis({ db, net: null, clock, random: seededRandom(1) });
  const strike = async (partition?: number) =>
    nemesis.strike(await nemesis.aim({ kind: 'move-leader', ...(partition !== undefined && { partition }) }));
  return { clock, leaders, asked, nemesis, strike };
}

test('every partition gets another leader that was in sync, and afterwards the former one', async (t) => {
  const { clock, strike, nemesis, leaders } = made({ leaders: [1, 3, 2], isr: [1, 3, 2] });
  const applied = await clock.drive(strike());
  t.deepEqual(leaders, [2, 1, 3]);
  t.deepEqual([applied.targets, applied.links], [[], []], 'no node is struck, so none counts as down');
  t.is(applied.evidence, 'other leaders: partition 0 1 → 2, partition 1 3 → 1, partition 2 2 → 3');
  t.is(applied.verified, undefined);
  const healed = await clock.drive(nemesis.heal(applied));
  t.deepEqual(leaders, [1, 3, 2]);
  t.regex(healed.evidence, /^the former leaders lead again: partition 0 2 → 1/);
});

test('one partition alone, and only to a replica in sync', async (t) => {
  const { clock, strike, asked } = made({ isr: [1, 3] });
  await clock.drive(strike(0));
  t.deepEqual(asked, [[{ partition: 0, from: 1, to: 3 }]]);
});

test('no: brokers still name the old leaders, so it had no effect', async (t) => {
  const { clock, strike } = made({ move: () => undefined });
  await t.throwsAsync(clock.drive(strike()), { instanceOf: Failure, message: /leaders did not change/ });
});

test('some of them: those count, and the others are told', async (t) => {
  const { clock, strike } = made({ move: (_, leaders) => void (leaders[1] = 3) });
  const applied = await clock.drive(strike());
  t.is(applied.evidence, 'other leaders: partition 1 2 → 3; not moved: 0');
  t.is(applied.verified, undefined);
});

test('not observed: no broker says any more who leads', async (t) => {
  const { clock, strike } = made({ answers: (views) => views <= 1 });
  const applied = await clock.drive(strike());
  t.is(applied.verified, false);
  t.is(applied.evidence, 'not observed: 0, 1');
});

test('what the cluster refuses and does not do is a failure that says why', async (t) => {
  const refusing = () => {
    throw new Failure('the election was refused: PREFERRED_LEADER_NOT_AVAILABLE');
  };
  const { clock, strike } = made({ move: refusing });
  await t.throwsAsync(clock.drive(strike()), { message: /PREFERRED_LEADER_NOT_AVAILABLE/ });
});

test('a way back that is refused is told, and is nothing that would have to be mended', async (t) => {
  let times = 0;
  const { clock, strike, nemesis } = made({
    move(moves, leaders) {
      if (++times > 1) throw new Failure('no broker answered');
      asAsked(moves, leaders);
    },
  });
  const applied = await clock.drive(strike());
  const healed = await clock.drive(nemesis.heal(applied));
  t.is(healed.evidence, 'they stay where they are: no broker answered');
});

test('where nothing can be moved it says so', async (t) => {
  const alone = made({ leaders: [1], isr: [1] });
  await t.throwsAsync(alone.clock.drive(alone.strike()), {
    message: /no partition has another replica in sync/,
  });
  const old = made({ cannot: true });
  const error = await t.throwsAsync(old.clock.drive(old.strike()), { instanceOf: Failure });
  t.is(error.exitStatus, EXIT.usage);
  t.regex(error.message, /Kafka 2\.4/);
});

import test from 'ava';
import { seededRandom } from '../../src/core/random.ts';
import { virtualClock } from '../../src/core/virtual-clock.ts';
import { Network } from '../../src/sim/network.ts';
import { Partitions, type PartitionState } from '../../src/sim/partitions.ts';
import type { Peer } from '../../src/sim/peer.ts';
import { Process } from '../../src/sim/process.ts';
import { TICK_NS, type Surroundings } from '../../src/sim/surroundings.ts';
import { ZooKeeper } from '../../src/sim/zookeeper.ts';

/**
 * A ZooKeeper server and three brokers that ping it and note who they are told leads partition 0, and in which epoch.
 * kafka1 leads, kafka2 is controller and next in line.
 */
function cluster() {
  const clock = virtualClock();
  const names = ['kafka1', 'kafka2', 'kafka3', 'zookeeper'];
  const network = new Network(names, clock, seededRandom(1));
  const told: string[][] = [[], [], []];
  const brokers = names.slice(0, 3).map((name, number) => {
    const process = new Process(name, number);
    process.start();
    const learn = ([state]: readonly PartitionState[]) => {
      if (state !== undefined) told[number]!.push(`leader ${state.leader + 1} epoch ${state.epoch}`);
    };
    return { number, id: number + 1, process, learn } as Partial<Peer> as Peer;
  });
  const surroundings = {
    options: {
      nodes: names.map((name) => ({ name, roles: [name === 'zookeeper' ? 'zookeeper' : 'broker'] })),
      timeouts: { zookeeperSessionTimeoutMs: 2_000 },
      onEvent: () => {},
    },
    clock,
    random: { int: () => 1 },
    network,
    brokers,
  } as unknown as Surroundings;
  const topic = { partitions: 1, replicationFactor: 3, minInsyncReplicas: 1, uncleanLeaderElection: false };
  const zookeeper = new ZooKeeper(surroundings, new Partitions(topic, 3, 0, null));
  zookeeper.begin();
  const beat = () => {
    for (const broker of brokers) broker.process.run(() => zookeeper.heartbeat(broker));
    clock.at(clock.nowNs() + TICK_NS, beat);
  };
  beat();
  return { clock, network, zookeeper, brokers, told };
}

/** The controller is cut from ZooKeeper; then a leader leaves, and the cut is healed after `cutMs`. */
async function leaderLeavesMeanwhile(cutMs: number) {
  const { clock, network, zookeeper, brokers, told } = cluster();
  await clock.drive(
    (async () => {
      await clock.sleep(1_000);
      const links = [
        { from: 'kafka2', to: 'zookeeper' },
        { from: 'zookeeper', to: 'kafka2' },
      ];
      // What ZooKeeper has to say to the controller is held up; the leader itself still reaches ZooKeeper.
      await network.cut(links);
      for (const list of told) list.length = 0;
      zookeeper.leave(brokers[0]!, () => {});
      await clock.sleep(cutMs);
      await network.heal(links);
      await clock.sleep(5_000);
    })(),
  );
  return { told, epoch: zookeeper.states[0]!.epoch };
}

test('a controller whose session lived through a cut tells what it then hears, to all', async (t) => {
  const { told } = await leaderLeavesMeanwhile(500);
  for (const list of told) t.true(list[0]?.endsWith('epoch 1'), JSON.stringify(told));
});

test('a controller whose session expired in a cut never hears, nor tells, what was under way on it', async (t) => {
  const { told, epoch } = await leaderLeavesMeanwhile(6_000);
  t.is(epoch, 2, 'kafka2 was to lead in epoch 1, and was replaced as it did not answer');
  // Only the next controller speaks; an epoch after a newer one would come from the one before.
  for (const list of told) {
    const epochs = list.map((text) => Number(text.split(' ').at(-1)));
    t.true(epochs.length > 0);
    t.deepEqual(
      epochs,
      epochs.toSorted((a, b) => a - b),
      JSON.stringify(told),
    );
  }
});

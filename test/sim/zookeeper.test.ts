import test from 'ava';
import { ZooKeeper } from '../../src/sim/zookeeper.ts';
import { listeningBrokers } from './listening-brokers.ts';

/**
 * A ZooKeeper server and three brokers that ping it and note who they are told leads partition 0, and in which epoch.
 * kafka1 leads, kafka2 is controller and next in line.
 */
function cluster() {
  const listening = listeningBrokers({
    others: ['zookeeper'],
    role: 'zookeeper',
    timeouts: { zookeeperSessionTimeoutMs: 2_000 },
    chance: 1,
    note: ({ leader, epoch }) => `leader ${leader + 1} epoch ${epoch}`,
  });
  const zookeeper = new ZooKeeper(listening.surroundings, listening.partitions);
  listening.begin(zookeeper);
  return { ...listening, zookeeper };
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

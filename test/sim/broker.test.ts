import test from 'ava';
import { seededRandom } from '../../src/core/random.ts';
import { virtualClock } from '../../src/core/virtual-clock.ts';
import { Broker } from '../../src/sim/broker.ts';
import { Network } from '../../src/sim/network.ts';
import { maskOf } from '../../src/sim/partitions.ts';
import { Process } from '../../src/sim/process.ts';
import { Records } from '../../src/sim/records.ts';
import type { Surroundings } from '../../src/sim/surroundings.ts';

const EVERYTHING = maskOf([0, 1]);

/** kafka1 leads partition 0, kafka2 follows; each has its own log of this many records, all of epoch 0. */
function pair(lengths: readonly [number, number]) {
  const clock = virtualClock();
  const names = ['kafka1', 'kafka2'];
  const surroundings = {
    options: {
      nodes: names.map((name) => ({ name, roles: ['broker'] })),
      topic: { partitions: 1, minInsyncReplicas: 1 },
      timeouts: { replicaLagTimeMaxMs: 10_000 },
      bug: null,
      flushMessages: null,
      fetchMinRecords: 1,
      onEvent: () => {},
    },
    clock,
    random: seededRandom(1),
    network: new Network(names, clock, seededRandom(1)),
    records: new Records(),
    brokers: [],
    coordination: { heartbeat: () => {}, alter: () => {} },
  } as unknown as Surroundings;
  const brokers = names.map((name, number) => {
    const broker = new Broker(surroundings, number, new Process(name, number));
    surroundings.brokers.push(broker);
    broker.host(0);
    return broker;
  });
  const logs = brokers.map((broker) => broker.replicas[0]!.log);
  for (const [number, log] of logs.entries())
    for (let count = 0; count < lengths[number]!; count++) log.append(100 * number + count, 0);
  for (const broker of brokers) {
    broker.start();
    const state = { partition: 0, replicas: [0, 1], leader: 0, epoch: 0, isr: EVERYTHING, version: 0 };
    broker.learn([state], 1);
  }
  return { clock, leader: brokers[0]!, follower: brokers[1]!, logs };
}

test('a follower that has more than its leader counts for nothing until it has cut its log', async (t) => {
  const { clock, leader, follower, logs } = pair([3, 5]);
  // It followed this leader already, so it does not ask where their logs diverge; since then the leader lost its disk.
  follower.replicas[0]!.diverging = false;
  const highWatermark = () => leader.replicas[0]!.highWatermark;
  const request = { follower: 1, serial: 0, partitions: [0], epochs: [0], offsets: [5], logEpochs: [0] };
  let said: unknown = null;
  leader.fetch(request, (answer) => (said = answer));
  t.deepEqual(said, ['out-of-range']);
  t.is(highWatermark(), 0, 'it has not the three records of the leader');

  await clock.drive(clock.sleep(1_000));
  t.is(logs[1]!.end, 3, 'it has cut what the leader does not have');
  t.is(highWatermark(), 3);
});

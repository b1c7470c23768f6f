import test from 'ava';
import { seededRandom } from '../../src/core/random.ts';
import { virtualClock, type VirtualClock } from '../../src/core/virtual-clock.ts';
import type { Link } from '../../src/history/fault.ts';
import type { Alteration } from '../../src/sim/coordination.ts';
import { Kraft } from '../../src/sim/kraft.ts';
import { Network } from '../../src/sim/network.ts';
import { maskOf, Partitions, type PartitionState } from '../../src/sim/partitions.ts';
import type { Peer } from '../../src/sim/peer.ts';
import { Process } from '../../src/sim/process.ts';
import { TICK_NS, type Surroundings } from '../../src/sim/surroundings.ts';

/**
 * Three brokers that note what they are told of partition 0, and separate controllers. kafka1 leads. A broker is fenced
 * when four heartbeats of it are missing.
 */
function cluster({ controllers = 1, heartbeatMs = 500 } = {}) {
  const clock = virtualClock();
  const names = ['kafka1', 'kafka2', 'kafka3'];
  for (let number = 1; number <= controllers; number++) names.push(`controller${number}`);
  const network = new Network(names, clock, seededRandom(1));
  const told: string[][] = [[], [], []];
  const brokers = names.slice(0, 3).map((name, number) => {
    const process = new Process(name, number);
    process.start();
    const learn = ([state]: readonly PartitionState[]) => {
      if (state !== undefined) told[number]!.push(`version ${state.version} isr ${state.isr}`);
    };
    return { number, id: number + 1, process, learn } as Partial<Peer> as Peer;
  });
  const surroundings = {
    options: {
      nodes: names.map((name, place) => ({
        name,
        id: place + 1,
        roles: [name.startsWith('kafka') ? 'broker' : 'controller'],
      })),
      timeouts: {
        brokerSessionTimeoutMs: heartbeatMs * 4,
        brokerHeartbeatIntervalMs: heartbeatMs,
      },
      onEvent: () => {},
    },
    clock,
    random: { int: () => 0 },
    network,
    brokers,
  } as unknown as Surroundings;
  const topic = { partitions: 1, replicationFactor: 3, minInsyncReplicas: 1, uncleanLeaderElection: false };
  const kraft = new Kraft(surroundings, new Partitions(topic, 3, 0, null));
  kraft.begin();
  const silent = new Set<string>();
  const beat = () => {
    for (const broker of brokers)
      broker.process.run(() => {
        if (!silent.has(broker.process.name)) kraft.heartbeat(broker);
      });
    clock.at(clock.nowNs() + TICK_NS, beat);
  };
  beat();
  const refusals: number[] = [];
  /** kafka1 asks for these brokers as the in-sync set, as one that knows `version`. */
  const ask = (isr: readonly number[], version: number) => {
    const alteration: Alteration = { partition: 0, epoch: 0, version, isr: maskOf(isr) };
    kraft.alter(brokers[0]!, alteration, () => refusals.push(version));
  };
  return { clock, network, kraft, told, silent, refusals, ask };
}

const play = (clock: VirtualClock, story: () => Promise<void>) => clock.drive(story());

const oneWay = (from: string, to: string): Link[] => [{ from, to }];

test('the answer to a leader says what became of the in-sync set, where the news of it did not come through', async (t) => {
  const { clock, network, told, refusals, ask } = cluster({ heartbeatMs: 60_000 });
  await play(clock, async () => {
    await clock.sleep(1_000);
    for (const list of told) list.length = 0;
    ask([0, 1], 0);
    // The request arrives; what the controller has to say to the leader is held up.
    await network.cut(oneWay('controller1', 'kafka1'));
    await clock.sleep(1_000);
    t.deepEqual(told, [[], ['version 1 isr 3'], ['version 1 isr 3']]);
    await network.heal(oneWay('controller1', 'kafka1'));
    await clock.sleep(2_000);
    t.deepEqual(told[0], ['version 1 isr 3'], 'the answer brought it: no heartbeat was due');
    t.deepEqual(refusals, []);
  });
});

test('a set with a fenced broker is refused, and nothing comes of it later', async (t) => {
  const { clock, kraft, silent, refusals, ask } = cluster();
  await play(clock, async () => {
    await clock.sleep(1_000);
    silent.add('kafka3');
    await clock.sleep(4_000);
    const { version, isr } = kraft.states[0]!;
    t.is(isr, maskOf([0, 1]), 'kafka3 was fenced');
    ask([0, 1, 2], version);
    await clock.sleep(1_000);
    t.deepEqual(refusals, [version]);
    silent.clear();
    await clock.sleep(2_000);
    t.is(kraft.states[0]!.isr, maskOf([0, 1]));
  });
});

test('a request that is outdated is no refusal, fenced broker or not: an earlier one may have been accepted', async (t) => {
  const { clock, kraft, silent, refusals, ask } = cluster();
  await play(clock, async () => {
    await clock.sleep(1_000);
    ask([0, 1], 0);
    ask([0, 1], 0);
    await clock.sleep(1_000);
    t.is(kraft.states[0]!.version, 1);
    silent.add('kafka3');
    await clock.sleep(4_000);
    ask([0, 1, 2], 0);
    await clock.sleep(1_000);
    t.deepEqual(refusals, []);
  });
});

test('a request that is decided after its repetition was refused changes nothing', async (t) => {
  const { clock, network, kraft, silent, refusals, ask } = cluster({ controllers: 3 });
  await play(clock, async () => {
    await clock.sleep(1_000);
    silent.add('kafka3');
    await clock.sleep(4_000);
    const { version } = kraft.states[0]!;
    // controller1 is active. For the first request it needs controller3, which it reaches late; for the second it has
    // controller2 back.
    const [active, away, late] = kraft.processes;
    network.rules.push((from, to) =>
      from === active!.place && to === late!.place ? { delayNs: 1_500e6 } : 'pass',
    );
    away!.die();
    ask([0, 1, 2], version);
    await clock.sleep(50);
    away!.start();
    ask([0, 1, 2], version);
    await clock.sleep(50);
    t.deepEqual(refusals, [version]);
    silent.clear();
    await clock.sleep(5_000);
    t.is(kraft.states[0]!.isr, maskOf([0, 1]), 'the leader has counted without kafka3 since');
  });
});

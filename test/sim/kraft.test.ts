import test from 'ava';
import type { VirtualClock } from '../../src/core/virtual-clock.ts';
import type { Link } from '../../src/history/fault.ts';
import type { Alteration } from '../../src/sim/coordination.ts';
import { Kraft } from '../../src/sim/kraft.ts';
import { maskOf } from '../../src/sim/partitions.ts';
import { listeningBrokers } from './listening-brokers.ts';

/**
 * Three brokers that note what they are told of partition 0, and separate controllers. kafka1 leads. A broker is fenced
 * when four heartbeats of it are missing.
 */
function cluster({ controllers = 1, heartbeatMs = 500 } = {}) {
  const listening = listeningBrokers({
    others: Array.from({ length: controllers }, (_, index) => `controller${index + 1}`),
    role: 'controller',
    timeouts: { brokerSessionTimeoutMs: heartbeatMs * 4, brokerHeartbeatIntervalMs: heartbeatMs },
    chance: 0,
    note: ({ version, isr }) => `version ${version} isr ${isr}`,
  });
  const kraft = new Kraft(listening.surroundings, listening.partitions);
  listening.begin(kraft);
  const refusals: number[] = [];
  /** kafka1 asks for these brokers as the in-sync set, as one that knows `version`. */
  const ask = (isr: readonly number[], version: number) => {
    const alteration: Alteration = { partition: 0, epoch: 0, version, isr: maskOf(isr) };
    kraft.alter(listening.brokers[0]!, alteration, () => refusals.push(version));
  };
  return { ...listening, kraft, refusals, ask };
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

test('what a controller answers to an earlier life of a broker, the later one never hears', async (t) => {
  const { clock, kraft, told, brokers, silent } = cluster({ heartbeatMs: 100 });
  const kafka1 = brokers[0]!.process;
  await play(clock, async () => {
    await clock.sleep(1_000);
    // A heartbeat of kafka1 waits at the controller while kafka1 begins its next life, which is not registered.
    kraft.processes[0]!.pause();
    await clock.sleep(500);
    silent.add('kafka1');
    kafka1.die();
    kafka1.start();
    told[0]!.length = 0;
    kraft.processes[0]!.resume();
    await clock.sleep(300);
    t.deepEqual(told[0], [], 'nothing told it that it leads');
    silent.clear();
    await clock.sleep(1_000);
    t.is(told[0]![0], 'version 1 isr 6', 'its own registration did: another broker leads');
  });
});

test('what an earlier life of a broker had sent does not undo the registration of the later one', async (t) => {
  const { clock, kraft, brokers, silent } = cluster({ heartbeatMs: 100 });
  const kafka1 = brokers[0]!.process;
  await play(clock, async () => {
    await clock.sleep(1_000);
    const earlier = kafka1.life;
    kafka1.die();
    kafka1.start();
    await clock.sleep(500);
    const { epoch, version } = kraft.states[0]!;
    t.is(epoch, 1, 'the later life is registered');
    kraft.alter(brokers[1]!, { partition: 0, epoch, version, isr: maskOf([0, 1, 2]) }, () => {});
    await clock.sleep(50);
    t.is(kraft.states[0]!.isr, maskOf([0, 1, 2]), 'and in sync again');
    // Only where another controller had been asked before can the earlier life's heartbeat be the later one to arrive.
    silent.add('kafka1');
    await clock.sleep(200);
    kafka1.life = earlier;
    kraft.heartbeat(brokers[0]!);
    kafka1.life = earlier + 1;
    await clock.sleep(50);
    t.is(kraft.states[0]!.isr, maskOf([0, 1, 2]));
  });
});

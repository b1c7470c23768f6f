import { fc } from '@fast-check/ava';
import test from 'ava';
import { seededRandom } from '../../src/core/random.ts';
import { virtualClock } from '../../src/core/virtual-clock.ts';
import { historyDigest } from '../../src/history/digest.ts';
import { createDecoder, createEncoder } from '../../src/history/value.ts';
import { drawScenario } from '../../src/scenario/swarm.ts';
import { scenarioSchema } from '../../src/scenario/schema.ts';
import { Log } from '../../src/sim/log.ts';
import { Network } from '../../src/sim/network.ts';
import { FLIPPED, Records, STRAY } from '../../src/sim/records.ts';
import { compactValue, modelDecoder, realValue } from '../../src/sim/value.ts';
import { simulate } from '../../src/run/simulate.ts';
import { simulatedWorld } from '../../src/world/simulated.ts';
import { holds } from '../holds.ts';

test('the same seed gives the same history, to the byte, whatever else runs meanwhile', async (t) => {
  const digestOf = async (seed: number) =>
    historyDigest((await simulate({ ...drawScenario(seed), seed })).run);
  const alone = [await digestOf(3), await digestOf(4)];
  t.deepEqual(await Promise.all([digestOf(3), digestOf(4)]), alone);
  t.not(alone[0], alone[1]);
});

test('two logs that differ agree again after any number of questions where an epoch ends (KIP-101, KIP-279)', (t) => {
  holds(
    t,
    fc.property(
      fc.array(fc.nat(3), { maxLength: 20 }),
      fc.array(fc.tuple(fc.constantFrom(0, 1), fc.nat(5)), { maxLength: 8 }),
      (common, terms) => {
        // Two replicas share a beginning; then they lead in turn, each in epochs of its own, and none replicates.
        const logs = [new Log(), new Log()] as const;
        let record = 0;
        let epoch = 0;
        for (const step of common) {
          epoch += step === 0 ? 1 : 0;
          for (const log of logs) log.append(record, epoch);
          record++;
        }
        for (const [leader, writes] of terms) {
          logs[leader].beginEpoch(++epoch);
          for (let write = 0; write < writes; write++) logs[leader].append(record++, epoch);
        }
        const [leader, follower] = logs;
        leader.beginEpoch(++epoch);
        for (let round = 0; follower.lastEpoch >= 0; round++) {
          if (round > 20) return false;
          const { epoch: found, end } = leader.endOf(follower.lastEpoch);
          const own = follower.endOf(found);
          follower.truncate(Math.min(end, own.end));
          if (own.epoch === found) break;
        }
        // What is left is the beginning of the leader's log, and all that they had in common.
        if (follower.end < common.length) return false;
        return follower.entries
          .subarray(0, follower.end)
          .every((entry, offset) => leader.entries[offset] === entry);
      },
    ),
  );
  t.pass();
});

test('a follower that copies slice by slice has the same log, with the same epochs', (t) => {
  holds(
    t,
    fc.property(fc.array(fc.nat(3), { maxLength: 400 }), fc.integer({ min: 1, max: 50 }), (steps, size) => {
      const leader = new Log();
      let epoch = 0;
      for (const [record, step] of steps.entries()) leader.append(record, (epoch += step === 0 ? 1 : 0));
      const follower = new Log();
      while (follower.end < leader.end) follower.extend(leader.slice(follower.end, size));
      return (
        JSON.stringify([follower.epochs, follower.starts]) ===
          JSON.stringify([leader.epochs, leader.starts]) &&
        follower.entries.subarray(0, follower.end).every((entry, offset) => entry === leader.entries[offset])
      );
    }),
  );
  t.pass();
});

test('messages of a link keep their order; a cut holds them up, and the heal lets them through', async (t) => {
  const clock = virtualClock();
  const network = new Network(['a', 'b', 'client'], clock, seededRandom(1));
  const arrived: string[] = [];
  const send = (text: string) => network.send(0, 1, () => arrived.push(text));
  const link = { from: 'a', to: 'b' };
  const play = async () => {
    for (const text of ['1', '2', '3']) send(text);
    await clock.sleep(50);
    t.deepEqual(arrived, ['1', '2', '3']);
    await network.cut([link]);
    const probe = await network.probe({ from: 'b', to: 'a' }, 100);
    t.is(probe.answer, 'silence', 'a connection needs both directions');
    send('4');
    send('5');
    await clock.sleep(5_000);
    t.is(arrived.length, 3);
    t.deepEqual(await network.heal([link]), [link]);
    await clock.sleep(2_000);
    t.deepEqual(arrived, ['1', '2', '3', '4', '5']);
  };
  await clock.drive(play());
});

test('what one connection had sent arrives in its order, and another one may overtake it', async (t) => {
  const clock = virtualClock();
  const network = new Network(['a', 'b'], clock, seededRandom(1));
  const arrived: string[] = [];
  const send = (text: string, flow: { lastNs: number }) => network.send(0, 1, () => arrived.push(text), flow);
  const [first, second] = [{ lastNs: 0 }, { lastNs: 0 }];
  const link = { from: 'a', to: 'b' };
  const play = async () => {
    await network.cut([link]);
    send('1', first);
    send('2', first);
    // Sent again after 0.2, 0.6, 1.4 and 3 seconds.
    await clock.sleep(1_500);
    await network.heal([link]);
    send('another', second);
    await clock.sleep(100);
    t.deepEqual(arrived, ['another']);
    send('3', first);
    await clock.sleep(2_000);
    t.deepEqual(arrived, ['another', '1', '2', '3']);
  };
  await clock.drive(play());
});

test('what a machine had written into a cut connection is gone when it loses power, before or after the heal', async (t) => {
  const clock = virtualClock();
  const network = new Network(['a', 'b', 'client'], clock, seededRandom(1));
  const arrived: string[] = [];
  const send = (text: string) => network.send(0, 1, () => arrived.push(text));
  const link = { from: 'a', to: 'b' };
  const play = async () => {
    await network.cut([link]);
    send('1');
    await clock.sleep(1_000);
    network.losePower(0);
    await clock.sleep(500);
    send('2');
    await network.heal([link]);
    await clock.sleep(2_000);
    t.deepEqual(arrived, ['2']);

    await network.cut([link]);
    send('3');
    await clock.sleep(500);
    await network.heal([link]);
    network.losePower(0);
    await clock.sleep(2_000);
    t.deepEqual(arrived, ['2'], 'it was still to be sent again');
  };
  await clock.drive(play());
});

test('cuts are counted; rules come after them, and the first that says anything decides', async (t) => {
  const clock = virtualClock();
  const network = new Network(['a', 'b'], clock, seededRandom(1));
  const links = [{ from: 'a', to: 'b' }];
  await network.cut(links);
  await network.cut(links);
  t.deepEqual(await network.heal(links), []);
  t.deepEqual(await network.heal(links), links);
  network.rules.push(
    () => 'pass',
    (from) => (from === 0 ? { delayNs: 1e9 } : 'pass'),
    () => 'drop',
  );
  let there = 0;
  let back = 0;
  network.send(0, 1, () => (there = clock.nowNs()));
  network.send(1, 0, () => (back = clock.nowNs()));
  await clock.drive(clock.sleep(5_000));
  t.true(there >= 1e9 && there < 1.1e9);
  t.true(back >= 200e6 && back < 300e6, 'a dropped packet is sent again');
});

test('what the model stores decodes as a real record of that kind would', (t) => {
  const records = new Records();
  const record = records.add(7, 4_000_000_000, 2, -1, -1);
  const small = records.add(7, 120, 2, -1, -1);
  const place = { run: 'r', topic: 't' };
  const real = {
    value: realValue(createEncoder({ ...place, sizeBytes: 100 })),
    decode: createDecoder(place),
  };
  const compact = { value: compactValue, decode: modelDecoder() };
  for (const { value, decode } of [real, compact]) {
    t.like(decode(2, value(records, small)), { integrity: 'valid', worker: 7, seq: 120 });
    t.is(decode(1, value(records, small)).integrity, 'wrong-place');
    t.is(decode(2, value(records, small | STRAY)).integrity, 'wrong-place');
    t.is(decode(2, value(records, small | FLIPPED)).integrity, 'bad-checksum');
  }
  t.is(compact.decode(2, null).integrity, 'unreadable');
  t.true(record >= 0);
});

/** Acknowledged by all, then the power goes on some machines: which of the records are there afterwards? */
async function afterPowerLoss(options: {
  victims: 'all' | 'leader';
  flushMessages?: string;
}): Promise<{ acknowledged: number; lost: number }> {
  const clock = virtualClock();
  const scenario = scenarioSchema.parse({
    name: 'power',
    title: 'power',
    topic: { minInsyncReplicas: 2 },
    brokerSettings:
      options.flushMessages === undefined ? {} : { 'log.flush.interval.messages': options.flushMessages },
  });
  const world = simulatedWorld({
    scenario,
    mode: 'zookeeper',
    clock,
    random: seededRandom(1),
    onEvent: () => {},
  });
  const play = async () => {
    await world.db.setup();
    const client = world.openClient(0);
    await client.open();
    const acknowledged = new Set<number>();
    const write = async (seq: number) => {
      if ((await client.write({ worker: 0, seq, partition: 0 })).outcome === 'ok') acknowledged.add(seq);
    };
    for (let seq = 0; seq < 3_000; seq++) {
      void write(seq);
      await clock.sleep(1);
    }
    const { observers } = await world.db.view();
    const leader = `kafka${observers['kafka1']!.partitions[0]!.leader}`;
    const victims = options.victims === 'leader' ? [leader] : ['kafka1', 'kafka2', 'kafka3'];
    await Promise.all(victims.map((name) => world.db.cutPower!(name)));
    await clock.sleep(8_000);
    await Promise.all(victims.map((name) => world.db.start!(name)));
    await clock.sleep(10_000);
    const reader = world.openReader();
    const [end] = await reader.endOffsets();
    const found = new Set<number>();
    await reader.scan({ partition: 0, from: 0, end: end!.end }, (fetched) => {
      for (const { partition, value } of fetched) found.add(world.decode(partition, value).seq!);
    });
    await client.close();
    return {
      acknowledged: acknowledged.size,
      lost: [...acknowledged].filter((seq) => !found.has(seq)).length,
    };
  };
  return clock.drive(play());
}

test('power loss of all brokers at once takes what was not on the disk yet, in spite of acks=all', async (t) => {
  const { acknowledged, lost } = await afterPowerLoss({ victims: 'all' });
  t.true(acknowledged > 2_900);
  t.true(lost > 100, `${lost}`);
});

test('with log.flush.interval.messages=1 the same takes nothing', async (t) => {
  t.is((await afterPowerLoss({ victims: 'all', flushMessages: '1' })).lost, 0);
});

test('power loss of the leader alone takes nothing: the others have it', async (t) => {
  const { acknowledged, lost } = await afterPowerLoss({ victims: 'leader' });
  t.true(acknowledged > 2_900);
  t.is(lost, 0);
});

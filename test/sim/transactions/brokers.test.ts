import test from 'ava';
import { clusterOfThree } from './cluster-of-three.ts';

/** What coordinators and leaders of the model do, asked directly. */

test('an end is answered before its markers are written; until then it is behind the last stable offset', async (t) => {
  const of = clusterOfThree();
  await of.drive(async () => {
    const producer = await of.named('id');
    t.is(await of.add('id', producer, 1), 'none');
    t.is(await of.produce('id', producer, { partition: 1, sequence: 0, version: 1 }), 'none');
    const markAgain = of.withoutMarkers(1);
    t.is(await of.end('id', producer, 'commit', 1), 'none');
    t.is(of.log(1), 'r0');
    t.is(of.stable(1), 0);
    t.is(await of.end('id', producer, 'commit', 1), 'concurrentTransactions');
    t.is(await of.add('id', producer, 1), 'concurrentTransactions');
    markAgain();
    await of.clock.sleep(3_000);
    t.is(of.log(1), 'r0 C0');
    t.is(of.stable(1), 2);
    t.is(await of.end('id', producer, 'commit', 1), 'none', 'what has been reached is answered so');
  });
});

test('a coordinator that takes over goes on with what was decided', async (t) => {
  const of = clusterOfThree();
  await of.drive(async () => {
    const producer = await of.named('id');
    await of.add('id', producer, 1);
    await of.produce('id', producer, { partition: 1, sequence: 0, version: 1 });
    const coordinator = of.coordinatorOf('id');
    const markAgain = of.withoutMarkers(1);
    t.is(await of.end('id', producer, 'commit', 1), 'none');
    await of.clock.sleep(10);
    of.cluster.end(coordinator.process.name, 'memory');
    t.is(of.log(1), 'r0', 'it died before it had written a marker');
    markAgain();
    await of.clock.sleep(8_000);
    t.not(of.coordinatorOf('id'), coordinator);
    t.is(of.log(1), 'r0 C0');
    const next = await of.named('id');
    t.deepEqual(next, { producerId: producer.producerId, epoch: 1 });
  });
});

test('without enough replicas in sync nothing is decided, and no marker is written', async (t) => {
  const of = clusterOfThree();
  await of.drive(async () => {
    const producer = await of.named('id');
    await of.add('id', producer, 0);
    const coordinator = of.coordinatorOf('id');
    for (const broker of of.cluster.brokers)
      if (broker !== coordinator) of.cluster.end(broker.process.name, 'memory');
    await of.clock.sleep(6_000);
    t.is(await of.end('id', producer, 'commit', 1), 'coordinatorNotAvailable');
    t.is(await of.add('id', producer, 1), 'coordinatorNotAvailable');
    // The coordinator leads this partition, too.
    const marker = { partition: 0, producer: producer.producerId, epoch: 0, coordinatorEpoch: 0 };
    t.is(of.leaderOf(0), coordinator);
    t.is(
      await of.answerTo((answer) => coordinator.mark({ ...marker, end: 'abort', version: 1 }, answer)),
      'notEnoughReplicas',
    );
    t.is(of.log(0), '');
  });
});

test('who does not coordinate an id says so', async (t) => {
  const of = clusterOfThree();
  await of.drive(async () => {
    const producer = await of.named('id');
    const other = of.cluster.brokers.find((broker) => broker !== of.coordinatorOf('id'))!;
    const asked = { id: 'id', producer: producer.producerId, epoch: 0 };
    t.is(await of.answerTo((answer) => other.transactions.name('id', 1_000, answer)), 'notCoordinator');
    t.is(
      await of.answerTo((answer) => other.transactions.add({ ...asked, partition: 0, version: 1 }, answer)),
      'notCoordinator',
    );
    const stranger = { ...producer, producerId: 99 };
    t.is(await of.add('id', stranger, 0), 'invalidProducerIdMapping');
    t.is(await of.end('id', stranger, 'commit', 1), 'invalidProducerIdMapping');
    t.is(await of.end('nobody', producer, 'commit', 1), 'invalidProducerIdMapping');
  });
});

test('a new epoch ends what is open, and refuses the old one at the coordinator and at the leader', async (t) => {
  const of = clusterOfThree();
  await of.drive(async () => {
    const old = await of.named('id');
    await of.add('id', old, 0);
    await of.produce('id', old, { partition: 0, sequence: 0, version: 1 });
    const young = await of.named('id');
    t.is(young.epoch, 2);
    t.is(of.log(0), 'r0 A1');
    t.is(await of.add('id', old, 0), 'invalidProducerEpoch');
    t.is(await of.end('id', old, 'commit', 1), 'invalidProducerEpoch');
    t.is(await of.produce('id', old, { partition: 0, sequence: 1, version: 1 }), 'invalidProducerEpoch');
    // The leader of the other partition has heard of no epoch, and asks.
    t.is(await of.produce('id', old, { partition: 1, sequence: 0, version: 1 }), 'invalidProducerEpoch');
  });
});

test('a record may begin a transaction only in a partition that was added; before Kafka 3.6 in any', async (t) => {
  for (const verifies of [true, false]) {
    const of = clusterOfThree({ verifies });
    await of.drive(async () => {
      const producer = await of.named('id');
      await of.add('id', producer, 0);
      const told = [0, 1].map((partition) =>
        of.produce('id', producer, { partition, sequence: 0, version: 1 }),
      );
      t.deepEqual(await Promise.all(told), ['none', verifies ? 'invalidTransactionState' : 'none']);
    });
  }
});

test('under version 2 a write adds its partition, an end gives a new epoch, and each epoch counts anew', async (t) => {
  const of = clusterOfThree();
  await of.drive(async () => {
    const producer = await of.named('id');
    t.is(await of.produce('id', producer, { partition: 0, sequence: 0, version: 2 }), 'none');
    t.is(await of.produce('id', producer, { partition: 0, sequence: 1, version: 2 }), 'none');
    t.is(await of.end('id', producer, 'commit', 2), 'none');
    await of.clock.sleep(100);
    t.is(of.log(0), 'r0 r0 C1');
    const next = { ...producer, epoch: 1 };
    t.is(await of.produce('id', producer, { partition: 0, sequence: 2, version: 2 }), 'invalidProducerEpoch');
    t.is(await of.produce('id', next, { partition: 0, sequence: 2, version: 2 }), 'outOfOrderSequence');
    t.is(await of.produce('id', next, { partition: 0, sequence: 0, version: 2 }), 'none');
    t.is(await of.end('id', producer, 'abort', 2), 'producerFenced', 'a late end (KAFKA-17754)');
    t.is(await of.end('id', next, 'abort', 2), 'none');
    await of.clock.sleep(100);
    t.is(of.log(0), 'r0 r0 C1 r1 A2');
  });
});

test('batches of a producer keep their order while its leader asks the coordinator', async (t) => {
  for (const version of [1, 2] as const) {
    const of = clusterOfThree();
    await of.drive(async () => {
      const producer = await of.named('id');
      if (version === 1) await of.add('id', producer, 0);
      const told = [0, 1, 2, 3].map((sequence) =>
        of.produce('id', producer, { partition: 0, sequence, version }),
      );
      t.deepEqual(await Promise.all(told), ['none', 'none', 'none', 'none'], `version ${version}`);
    });
  }
});

test('a marker that is written while the leader asks makes the answer void', async (t) => {
  const of = clusterOfThree();
  await of.drive(async () => {
    const producer = await of.named('id');
    await of.add('id', producer, 0);
    const leader = of.leaderOf(0);
    const marker = { partition: 0, producer: producer.producerId, epoch: 0, coordinatorEpoch: 0 };
    const written = of.produce('id', producer, { partition: 0, sequence: 0, version: 1 });
    // The question is on its way to the coordinator.
    while (leader.replicas[0]!.transactions.verifications.size === 0) await of.clock.sleep(0.01);
    leader.mark({ ...marker, end: 'abort', version: 1 }, () => undefined);
    t.is(await written, 'invalidTransactionState');
    t.is(of.log(0), 'A0');
  });
});

test('a leader refuses markers of a coordinator that was replaced, and of an epoch that has passed', async (t) => {
  const of = clusterOfThree();
  await of.drive(async () => {
    const leader = of.leaderOf(0);
    const mark = (epoch: number, coordinatorEpoch: number, version: 1 | 2 = 1) =>
      of.answerTo((answer) =>
        leader.mark({ partition: 0, producer: 7, epoch, coordinatorEpoch, end: 'abort', version }, answer),
      );
    t.is(await mark(3, 5), 'none');
    t.is(await mark(3, 4), 'coordinatorFenced');
    t.is(await mark(2, 5), 'invalidProducerEpoch');
    t.is(await mark(3, 6), 'none', 'once more: the answer may have been lost');
    const other = of.cluster.brokers.find((broker) => broker !== leader)!;
    const request = {
      partition: 0,
      producer: 7,
      epoch: 3,
      coordinatorEpoch: 6,
      end: 'abort',
      version: 1,
    } as const;
    t.is(await of.answerTo((answer) => other.mark(request, answer)), 'notLeader');
  });
});

test('a late marker: under version 2 one without a new epoch ends nothing (KIP-1228), else it ends what is open', async (t) => {
  for (const [strictMarkers, version, told] of [
    [true, 2, 'invalidProducerEpoch'],
    [false, 2, 'none'],
    [true, 1, 'none'],
  ] as const) {
    const of = clusterOfThree({ strictMarkers });
    await of.drive(async () => {
      const producer = await of.named('id');
      await of.produce('id', producer, { partition: 0, sequence: 0, version: 2 });
      await of.end('id', producer, 'commit', 2);
      await of.clock.sleep(100);
      const late = { partition: 0, producer: producer.producerId, epoch: 1, coordinatorEpoch: 0 };
      await of.produce('id', { ...producer, epoch: 1 }, { partition: 0, sequence: 0, version: 2 });
      t.is(
        await of.answerTo((answer) => of.leaderOf(0).mark({ ...late, end: 'commit', version }, answer)),
        told,
      );
      t.is(of.log(0), told === 'none' ? 'r0 C1 r1 C1' : 'r0 C1 r1');
    });
  }
});

test('what is open for too long is aborted in a new epoch', async (t) => {
  const of = clusterOfThree();
  await of.drive(async () => {
    const producer = await of.named('id', 1_000);
    await of.add('id', producer, 0);
    await of.produce('id', producer, { partition: 0, sequence: 0, version: 1 });
    await of.clock.sleep(500);
    t.is(of.log(0), 'r0');
    await of.clock.sleep(12_000);
    t.is(of.log(0), 'r0 A1');
    t.is(await of.end('id', producer, 'commit', 1), 'invalidProducerEpoch');
  });
});

test('a leader that takes over knows of its log what is open, and what was aborted', async (t) => {
  const of = clusterOfThree();
  await of.drive(async () => {
    const producer = await of.named('id');
    await of.add('id', producer, 0);
    await of.produce('id', producer, { partition: 0, sequence: 0, version: 1 });
    await of.end('id', producer, 'abort', 1);
    await of.clock.sleep(100);
    await of.add('id', producer, 0);
    await of.produce('id', producer, { partition: 0, sequence: 1, version: 1 });
    const leader = of.leaderOf(0);
    of.cluster.end(leader.process.name, 'memory');
    await of.clock.sleep(8_000);
    t.not(of.leaderOf(0), leader);
    t.is(of.log(0), 'r0 A0 r0');
    t.is(of.stable(0), 2);
    t.deepEqual(of.leaderOf(0).replicas[0]!.transactions.aborted, [
      { producer: producer.producerId, first: 0, last: 1 },
    ]);
    t.is(await of.produce('id', producer, { partition: 0, sequence: 2, version: 1 }), 'none');
  });
});

import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { execaSync } from 'execa';
import { realClock } from '../../src/core/clock.ts';
import { Failure } from '../../src/core/failure.ts';
import { processRemote } from '../../src/control/process-remote.ts';
import type { Db, TopicSettings } from '../../src/db/db.ts';
import { resolveDistribution } from '../../src/db/kafka/distribution.ts';
import { createKafka, type KafkaCluster } from '../../src/db/kafka/kafka.ts';
import { planNodes } from '../../src/db/kafka/plan.ts';
import type { KafkaMode } from '../../src/db/kafka/recipes.ts';
import type { Event } from '../../src/history/event.ts';
import { createTopic, observe } from './raw-kafka.ts';

/** Real brokers on loopback addresses of their own: the oldest and the newest that must work, and one that cannot. */

const TOPIC: TopicSettings = {
  name: 't',
  partitions: 1,
  replicationFactor: 3,
  minInsyncReplicas: 2,
  uncleanLeaderElection: false,
  acks: 'all',
  idempotence: false,
  clientRetries: false,
};

interface Cluster {
  db: Db;
  events: Event[];
  dataDirectory: string;
}

async function startable(
  t: ExecutionContext,
  options: { kafka: string; mode: KafkaMode; network: number; smallDisk?: string },
): Promise<Cluster> {
  const distribution = await resolveDistribution({ kafka: options.kafka, environment: process.env });
  const directory = await mkdtemp(join(tmpdir(), 'kept-e2e-'));
  const events: Event[] = [];
  const nodes = planNodes(options.mode, 3).map((node, index) => {
    const address = `127.91.${options.network}.${index + 1}`;
    return { info: Object.assign(node, { address }), remote: processRemote(node.name, address) };
  });
  const db = createKafka({
    distribution,
    mode: options.mode,
    nodes,
    directory,
    dataDirectory: join(directory, 'data'),
    topic: TOPIC,
    timeouts: {
      zookeeperSessionTimeoutMs: 3_000,
      replicaLagTimeMaxMs: 10_000,
      brokerSessionTimeoutMs: 3_000,
      brokerHeartbeatIntervalMs: 500,
    },
    observe: (_name, address, port) => observe(address, port, TOPIC.name),
    createTopic,
    clock: realClock(),
    onEvent: (event) => events.push(event),
  });
  const smallDisk = options.smallDisk === undefined ? null : join(directory, 'data', options.smallDisk);
  if (smallDisk !== null) mountSmall(smallDisk);
  t.teardown(async () => {
    await db.teardown();
    if (smallDisk !== null) execaSync('umount', [smallDisk]);
    await rm(directory, { recursive: true, force: true });
  });
  return { db, events, dataDirectory: join(directory, 'data') };
}

const SMALL_BYTES = 24 * 2 ** 20;

/** A file system of its own, in memory. */
function mountSmall(place: string): void {
  mkdirSync(place, { recursive: true });
  execaSync('mount', ['-t', 'tmpfs', '-o', `size=${SMALL_BYTES}`, 'tmpfs', place]);
}

const mayMount =
  execaSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { reject: false }).exitCode ===
  0;

const survives = test.macro({
  async exec(t, kafka: string, mode: KafkaMode, network: number) {
    t.timeout(180_000);
    const { db, events } = await startable(t, { kafka, mode, network });
    await db.setup();

    const told: Event[] = [];
    const stopWatching = db.watch!((event) => told.push(event));
    t.teardown(stopWatching);

    const before = await db.view();
    const first = leaderOf(before.observers['kafka1']!);
    for (const observed of Object.values(before.observers))
      t.is(leaderOf(observed!), first, 'all agree on the leader');
    // A broker that is busy may leave the question for the epoch without an answer.
    const asked = await until(async () => {
      const epoch = (await db.view()).observers[`kafka${first}`]?.partitions[0]?.epoch ?? null;
      return epoch === null ? undefined : { epoch };
    });
    t.deepEqual(asked, { epoch: 0 });

    t.regex(await db.pause!('kafka1'), /is stopped \(state T\)/);
    t.regex(await db.resume!('kafka1'), /is running/);

    t.regex(await db.kill!(`kafka${first}`), /^pid \d+ is gone$/);
    t.is((await db.view()).observers[`kafka${first}`], null, 'a killed broker does not answer');
    const second = await until(async () => {
      const { observers } = await db.view();
      const leaders = Object.values(observers).map((observed) =>
        observed === null ? -1 : leaderOf(observed),
      );
      return leaders.find((leader) => leader !== -1 && leader !== first);
    });
    t.truthy(second, 'another broker took over');
    t.regex(await db.start!(`kafka${first}`), /answers on 127\.91/);

    const takeover = await until(async () =>
      told.find(
        (event) => event.type === 'view' && event.observer === `log:kafka${second}` && event.epoch !== 0,
      ),
    );
    t.like(
      takeover,
      { type: 'view', leader: second, startOffset: 0 },
      'the new leader’s own log tells of it',
    );
    const states = events
      .filter((event) => event.type === 'node')
      .filter((event) => event.node === `kafka${first}`);
    t.deepEqual([states[0]!.state, states[1]!.state, states.at(-1)!.state], ['starting', 'up', 'up']);
    t.true(states.some(({ state, detail }) => state === 'down' && detail === 'killed'));
  },
  title: (_given, kafka: string, mode: KafkaMode) =>
    `Kafka ${kafka} (${mode}) comes up, loses its leader, elects another, and gets it back`,
});

test.serial(survives, '4.4.0', 'kraft-separate', 1);
test.serial(survives, '2.0.1', 'zookeeper', 2);

test.serial('a broker that cannot have its port ends the setup at once, with the reason', async (t) => {
  t.timeout(120_000);
  const { db } = await startable(t, { kafka: '4.4.0', mode: 'kraft-combined', network: 3 });
  const squatter = await listen('127.91.3.2', 9092);
  t.teardown(() => squatter.close());
  const failure = await t.throwsAsync(db.setup(), { instanceOf: Failure });
  t.regex(failure.message, /^kafka2 exited with status 1: its port is in use/);
  t.regex(failure.hint, /the end of .*kafka2\/server\.log/);
});

function leaderOf(observed: { partitions: { leader: number }[] }): number {
  return observed.partitions[0]!.leader;
}

function listen(address: string, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(port, address, () => resolve(server));
  });
}

/** Asks until there is an answer, for half a minute at most. */
async function until<T>(ask: () => Promise<T | undefined>): Promise<T | undefined> {
  const clock = realClock();
  while (clock.nowNs() < 30e9) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await clock.sleep(100);
  }
  return undefined;
}

test.serial(
  'a broker that a torn checkpoint of a deleted topic keeps down is brought back, and told',
  async (t) => {
    t.timeout(180_000);
    const { db, events, dataDirectory } = await startable(t, {
      kafka: '4.4.0',
      mode: 'kraft-combined',
      network: 6,
    });
    await db.setup();
    const records = join(dataDirectory, 'kafka2');
    // The topic is there when it has a leader; its followers make their directories a moment later.
    while (!existsSync(join(records, 't-0', 'leader-epoch-checkpoint'))) await realClock().sleep(20);
    await db.kill!('kafka2');
    // As it stands where power was lost soon after a topic had been deleted.
    const remains = join(records, 't-0.883fc1c6605c436f8b6cedc2aaa811b4-delete');
    await cp(join(records, 't-0'), remains, { recursive: true });
    await writeFile(join(remains, 'leader-epoch-checkpoint'), Buffer.alloc(40));
    t.regex(await db.start!('kafka2'), /answers on 127\.91/);
    const told = events.flatMap((event) =>
      event.type === 'node' && event.node === 'kafka2' ? [`${event.state} ${event.detail ?? ''}`] : [],
    );
    t.true(
      told.some((text) => text.startsWith('down exited with status 1')),
      told.join('; '),
    );
    t.true(told.some((text) => /^down it refused .*1 directory of deleted topics removed/.test(text)));
    t.false(existsSync(remains));
    t.true(existsSync(join(records, 't-0')));
  },
);

(mayMount ? test.serial : test.serial.skip)(
  'a broker whose disk is full ends by itself: that it is full is told, and what is to be made then fails at once',
  async (t) => {
    t.timeout(180_000);
    const { db, events, dataDirectory } = await startable(t, {
      kafka: '4.4.0',
      mode: 'kraft-combined',
      network: 7,
      smallDisk: 'kafka2',
    });
    await db.setup();
    t.is(await db.ended!('kafka2'), null);
    const told: Event[] = [];
    t.teardown(db.watch!((event) => told.push(event)));
    const fill = join(dataDirectory, 'kafka2', 'fill');
    t.throws(() => writeFileSync(fill, Buffer.alloc(SMALL_BYTES)), { code: 'ENOSPC' });
    // The cluster's metadata grow by themselves, so nothing has to be written to it.
    const how = await until(async () => (await db.ended!('kafka2')) ?? undefined);
    const FULL = /^exited with status \d+: its disk is full \(.*No space left on device/;
    t.regex(how ?? '', FULL);
    const downs = events.flatMap((event) =>
      event.type === 'node' && event.node === 'kafka2' && event.state === 'down' ? [event.detail ?? ''] : [],
    );
    t.regex(downs.join('; '), FULL);
    t.truthy(
      await until(async () =>
        told.find((event) => event.type === 'log' && /No space left on device/.test(event.text)),
      ),
    );
    const further = await (db as KafkaCluster).withTopic({
      topic: { ...TOPIC, name: 'u' },
      observe: (_name, address, port) => observe(address, port, 'u'),
      createTopic,
    });
    const failure = await t.throwsAsync(further.setup(), { instanceOf: Failure });
    t.regex(failure.message, /^kafka2 exited with status \d+: its disk is full/);
    const refused = await t.throwsAsync(db.start!('kafka2'), { instanceOf: Failure });
    t.regex(refused.message, /its disk is full/);
    rmSync(fill);
    t.regex(await db.start!('kafka2'), /answers on/);
    t.is(await db.ended!('kafka2'), null);
  },
);

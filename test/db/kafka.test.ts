import { appendFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { Failure } from '../../src/core/failure.ts';
import type { Observed } from '../../src/db/db.ts';
import {
  hostsFile,
  metaProperties,
  serverProperties,
  zooCfg,
  type Timeouts,
} from '../../src/db/kafka/config.ts';
import { ensureEntry } from '../../src/jars/cache.ts';
import { causeOfEnd, diagnose } from '../../src/db/kafka/diagnose.ts';
import { cachedVersions, nameOf, resolveDistribution } from '../../src/db/kafka/distribution.ts';
import { findJava, javaMajor } from '../../src/jars/java.ts';
import { logInterpreter, parseLogLine, reasonLine } from '../../src/db/kafka/log-lines.ts';
import { loggingBackend, loggingConfiguration } from '../../src/db/kafka/logging.ts';
import { localFiles } from '../../src/control/local-files.ts';
import { growingLines } from '../../src/db/kafka/logs.ts';
import { pomOf } from '../../src/jars/maven.ts';
import { planNodes } from '../../src/db/kafka/plan.ts';
import { assertMode, modesOf, orderOf, recipeFor, type KafkaMode } from '../../src/db/kafka/recipes.ts';
import { completeObserved, parseEpochs, quorumLeader } from '../../src/db/kafka/view.ts';

const TIMEOUTS: Timeouts = {
  zookeeperSessionTimeoutMs: 6_000,
  replicaLagTimeMaxMs: 10_000,
  brokerSessionTimeoutMs: 3_000,
  brokerHeartbeatIntervalMs: 500,
};

// Recipes: which jars make a Kafka that runs.

test('versions compare as numbers, not as texts', (t) => {
  t.true(orderOf('3.10.0') > orderOf('3.9.1'));
  t.true(orderOf('4.0.0') > orderOf('3.10.12'));
  t.throws(() => orderOf('newest'), { instanceOf: Failure });
});

test('ZooKeeper ends with 3.9, KRaft begins with 3.3', (t) => {
  t.deepEqual(modesOf('2.0.1'), ['zookeeper']);
  t.deepEqual(modesOf('3.9.1'), ['zookeeper', 'kraft-combined', 'kraft-separate']);
  t.deepEqual(modesOf('4.4.0'), ['kraft-combined', 'kraft-separate']);
  const refused = t.throws(() => assertMode('4.4.0', 'zookeeper'), { instanceOf: Failure });
  t.regex(refused.hint, /--kafka 3\.9\.1/);
});

test('2.0.1 gets a ZooKeeper that today’s Java can run, and a logging backend', (t) => {
  const recipe = recipeFor('2.0.1');
  t.is(recipe.scalaVersion, '2.12');
  t.is(recipe.javaVersionMin, 8);
  const pom = pomOf(recipe.artifacts);
  t.regex(pom, /<artifactId>kafka_2\.12<\/artifactId><version>2\.0\.1</);
  t.regex(pom, /<artifactId>zookeeper<\/artifactId><version>3\.4\.10</);
  t.regex(pom, /slf4j-log4j12/);
});

test('every generation gets the logging backend that fits it', (t) => {
  t.is(loggingBackend(jarsOf('2.0.1')), 'log4j1');
  t.is(loggingBackend(jarsOf('3.9.1')), 'log4j1');
  t.is(loggingBackend(jarsOf('4.1.0')), 'log4j2');
  t.is(loggingBackend(jarsOf('4.4.0')), 'log4j2');
  t.is(
    loggingBackend(['slf4j-api-1.7.36.jar', 'log4j-core-2.25.5.jar']),
    null,
    'an API and a core do not log yet',
  );
  t.is(recipeFor('4.4.0').javaVersionMin, 17);
});

test('only brokers before 3.0 have to be asked to tell of elections in full', (t) => {
  t.regex(loggingConfiguration('log4j1', '2.0.1'), /logger\.state\.change\.logger=TRACE/);
  t.notRegex(loggingConfiguration('log4j1', '3.9.1'), /state\.change\.logger/);
});

// Plans and configuration.

test('a cluster is planned for each mode', (t) => {
  t.deepEqual(namesOf('zookeeper'), ['zookeeper', 'kafka1', 'kafka2', 'kafka3']);
  t.deepEqual(namesOf('kraft-combined'), ['kafka1', 'kafka2', 'kafka3']);
  t.deepEqual(namesOf('kraft-separate'), ['controller1', 'kafka1', 'kafka2', 'kafka3']);
  t.deepEqual(namesOf('kraft-separate', 3).slice(0, 3), ['controller1', 'controller2', 'controller3']);
  const ids = planNodes('kraft-separate', 3, 3).map(({ id }) => id);
  t.is(new Set(ids).size, ids.length, 'no two nodes share an id');
});

test('a broker of a ZooKeeper cluster knows ZooKeeper and its own address', (t) => {
  const properties = propertiesOf('zookeeper', 'kafka2');
  t.is(properties['broker.id'], '2');
  t.is(properties['zookeeper.connect'], '192.0.2.1:2181');
  t.is(properties['advertised.listeners'], 'PLAINTEXT://192.0.2.3:9092');
  t.is(properties['zookeeper.session.timeout.ms'], '6000');
  t.is(properties['replica.lag.time.max.ms'], '10000');
  t.is(properties['auto.leader.rebalance.enable'], 'false');
  t.false('process.roles' in properties);
});

test('a combined node is a voter among all', (t) => {
  const properties = propertiesOf('kraft-combined', 'kafka1');
  t.is(properties['process.roles'], 'broker,controller');
  t.is(properties['controller.quorum.voters'], '1@192.0.2.1:9093,2@192.0.2.2:9093,3@192.0.2.3:9093');
  t.is(properties['listeners'], 'PLAINTEXT://192.0.2.1:9092,CONTROLLER://192.0.2.1:9093');
});

test('a separate controller listens for controllers only and advertises nothing', (t) => {
  const controller = propertiesOf('kraft-separate', 'controller1');
  t.is(controller['process.roles'], 'controller');
  t.is(controller['listeners'], 'CONTROLLER://192.0.2.1:9093');
  t.false('advertised.listeners' in controller);
  t.is(propertiesOf('kraft-separate', 'kafka1')['controller.quorum.voters'], '101@192.0.2.1:9093');
});

test('settings of the user’s own win', (t) => {
  t.is(propertiesOf('zookeeper', 'kafka1', { 'num.io.threads': '8' })['num.io.threads'], '8');
});

test('ZooKeeper grants the session that the brokers ask for', (t) => {
  const properties = parse(
    zooCfg({ address: '192.0.2.1', dataDirectory: '/data', sessionTimeoutMs: 90_000 }),
  );
  t.is(properties['maxSessionTimeout'], '90000');
  t.is(properties['clientPortAddress'], '192.0.2.1');
});

test('a data directory is formatted by hand, and names are resolved without a server', (t) => {
  t.deepEqual(parse(metaProperties({ clusterId: 'abc', nodeId: 3 })), {
    version: '1',
    'cluster.id': 'abc',
    'node.id': '3',
  });
  const nodes = [{ name: 'kafka1', id: 1, roles: ['broker'], address: '192.0.2.1' }];
  t.is(hostsFile(nodes, 'box'), '127.0.0.1 localhost box\n192.0.2.1 kafka1\n');
});

// Finding a distribution.

test('a folder of jars is taken as it is, its version from the name of the broker’s jar', async (t) => {
  const home = await folder(t);
  await mkdir(join(home, 'libs'));
  await writeFile(join(home, 'libs', 'kafka_2.13-3.9.1.jar'), 'not really a jar');
  const environment = { PATH: process.env['PATH'], HOME: home, KAFKA_HOME: home };
  const found = await resolveDistribution({ environment });
  t.is(found.version, '3.9.1');
  t.is(found.origin, 'KAFKA_HOME');
  t.deepEqual(Object.keys(found.jars), ['kafka_2.13-3.9.1.jar']);
  t.regex(found.jars['kafka_2.13-3.9.1.jar']!, /^[0-9a-f]{64}$/);
});

test('jars of sources are no broker', (t) => {
  t.deepEqual(nameOf(['kafka_2.13-4.4.0-sources.jar', 'kafka_2.13-4.4.0.jar'], '/x'), {
    version: '4.4.0',
    scalaVersion: '2.13',
  });
});

test('what is neither a version nor there is refused with examples', async (t) => {
  const failure = await t.throwsAsync(resolveDistribution({ kafka: './nowhere', environment: process.env }), {
    instanceOf: Failure,
  });
  t.regex(failure.hint, /--kafka 4\.4\.0/);
});

test('a folder without Kafka is refused', async (t) => {
  const home = await folder(t);
  await t.throwsAsync(resolveDistribution({ kafka: home, environment: process.env }), {
    message: /holds no Kafka/,
  });
});

test('without Maven a version that is not in the cache cannot come, and nothing half-made stays', async (t) => {
  const cache = await folder(t);
  const { path } = await findJava(process.env);
  const tools = await folder(t);
  await mkdir(join(tools, 'bin'));
  await writeFile(
    join(tools, 'bin', 'java'),
    `#!/bin/sh\nPATH='${process.env['PATH']}' exec '${path}' "$@"\n`,
    { mode: 0o755 },
  );
  const environment = { PATH: tools, JAVA_HOME: tools, XDG_CACHE_HOME: cache };
  const failure = await t.throwsAsync(resolveDistribution({ kafka: '4.4.0', environment }), {
    instanceOf: Failure,
  });
  t.regex(failure.message, /no working mvn is on the PATH/);
  t.regex(failure.hint, /apt-get install maven/);
  t.deepEqual(await readdir(join(cache, 'kept')), []);
});

test('a machine without Java is told what to install', async (t) => {
  const failure = await t.throwsAsync(findJava({ PATH: '/nonexistent' }), { instanceOf: Failure });
  t.regex(failure.hint, /apt-get install openjdk-17/);
});

test('Java’s versions are read in the old style and the new', (t) => {
  t.is(javaMajor('1.8.0_402'), 8);
  t.is(javaMajor('17.0.15'), 17);
  t.is(javaMajor('25-ea'), 25);
});

test('a cache that takes nothing, as below /proc, is a sentence with a way out, and no waiting for ever', async (t) => {
  const error = await t.throwsAsync(
    ensureEntry('/proc/nowhere/kept/4.4.0', async () => undefined),
    {
      instanceOf: Failure,
    },
  );
  t.regex(error.message, /cache \/proc\/nowhere\/kept: ENOENT/);
  t.regex(error.hint, /XDG_CACHE_HOME/);
});

test('the cache lists its versions, newest first, and nothing that is still being made', async (t) => {
  const cache = await folder(t);
  for (const entry of [
    'kafka-2.0.1',
    'kafka-4.4.0',
    'kafka-3.9.1.making-x1Y2',
    'classes-4.4.0-kraft-1.jsa',
  ]) {
    await mkdir(join(cache, 'kept', entry), { recursive: true });
  }
  t.deepEqual(await cachedVersions({ XDG_CACHE_HOME: cache }), ['4.4.0', '2.0.1']);
});

// Lines as real brokers wrote them.

test('a line of a log has a time; the lines of a stack trace have none', (t) => {
  t.deepEqual(parseLogLine('[2026-11-23T23:24:28.247Z] INFO [UnifiedLog] Truncating'), {
    wallMs: Date.UTC(2026, 10, 23, 23, 24, 28, 247),
    text: 'INFO [UnifiedLog] Truncating',
  });
  t.is(parseLogLine('\tat kafka.Kafka$.main(Kafka.scala:75)'), null);
});

test('2.0.1: the ISR of a new leader stands in the request that made it one', (t) => {
  const interpret = logInterpreter({ node: 'kafka2', id: 2, topic: 't', kafkaVersion: '2.0.1' });
  t.deepEqual(
    interpret(
      'TRACE [Broker id=2] Received LeaderAndIsr request PartitionState(controllerEpoch=1, leader=2, leaderEpoch=0, isr=2,3,1, zkVersion=0, replicas=2,3,1, isNew=true) correlation id 1 from controller 1 epoch 1 for partition t-0 (state.change.logger)',
    ),
    [],
  );
  const [, view] = interpret(
    'INFO [Partition t-0 broker=2] t-0 starts at Leader Epoch 0 from offset 0. Previous Leader Epoch was: -1 (kafka.cluster.Partition)',
  );
  t.like(view, {
    type: 'view',
    observer: 'log:kafka2',
    partition: 0,
    leader: 2,
    epoch: 0,
    isr: [2, 3, 1],
    startOffset: 0,
  });
  const [, shrunk] = interpret(
    'INFO [Partition t-0 broker=2] Shrinking ISR from 2,3,1 to 2 (kafka.cluster.Partition)',
  );
  t.like(shrunk, { type: 'view', leader: 2, epoch: 0, isr: [2] });
});

test('3.9.1 and 4.x: a leader tells epoch, first offset and ISR in one line', (t) => {
  const interpret = logInterpreter({ node: 'kafka3', id: 3, topic: 't', kafkaVersion: '4.4.0' });
  const [log, view] = interpret(
    'INFO [Broker id=3] Leader t-0 with topic id Some(iz94d4M0QJyL3tT7XegHzA) starts at leader epoch 1 from offset 21 with partition epoch 1, high watermark 20, ISR [3,1], adding replicas [] and removing replicas [] . Previous leader Some(2) and previous leader epoch was 0. (state.change.logger)',
  );
  t.like(log, { type: 'log', node: 'kafka3', partition: 0 });
  t.like(view, { type: 'view', leader: 3, epoch: 1, isr: [3, 1], startOffset: 21 });
  const [, updated] = interpret(
    'INFO [Partition t-0 broker=3] ISR updated to 1,2,3  and version updated to 2 (kafka.cluster.Partition)',
  );
  t.like(updated, { type: 'view', leader: 3, epoch: 1, isr: [1, 2, 3] });
});

test('since 2.7 a leader that only wishes to shrink the ISR has not shrunk it', (t) => {
  const interpret = logInterpreter({ node: 'kafka1', id: 1, topic: 't', kafkaVersion: '3.9.1' });
  const told = interpret(
    'INFO [Partition t-0 broker=1] Shrinking ISR from 1,2,3 to 1. Leader: (highWatermark: 5, endOffset: 9). Out of sync replicas: (brokerId: 2, endOffset: 5, lastCaughtUpTimeMs: 1) (kafka.cluster.Partition)',
  );
  t.deepEqual(
    told.map(({ type }) => type),
    ['log'],
  );
});

test('a follower’s start and cuts of nothing are passed over; a real cut is told with its offset', (t) => {
  const interpret = logInterpreter({ node: 'kafka1', id: 1, topic: 't', kafkaVersion: '4.4.0' });
  const passedOver = [
    'INFO [Broker id=1] Follower t-0 starts at leader epoch 1 from offset 22 with partition epoch 1 and high watermark 20. Current leader is 3. Previous leader Some(2) and previous leader epoch was 0. (state.change.logger)',
    'INFO [UnifiedLog partition=t-0, dir=/data/kafka1] Truncating to 0 has no effect as the largest offset in the log is -1 (org.apache.kafka.storage.internals.log.UnifiedLog)',
    'INFO [ReplicaFetcher replicaId=1, leaderId=3, fetcherId=0] Truncating partition t-0 with TruncationState(offset=21, completed=true) due to leader epoch and offset EpochEndOffset(errorCode=0, partition=0, leaderEpoch=0, endOffset=21) (kafka.server.ReplicaFetcherThread)',
    'INFO [UnifiedLog partition=other-t-0, dir=/data/kafka1] Truncating to offset 7 (kafka.log.UnifiedLog)',
  ];
  for (const line of passedOver) t.deepEqual(interpret(line), [], line);
  const lines = [
    'INFO [UnifiedLog partition=t-0, dir=/data/kafka1] Truncating to offset 21 (org.apache.kafka.storage.internals.log.UnifiedLog)',
    'INFO [Log partition=t-0, dir=/data/kafka1] Truncating to offset 21 (kafka.log.Log)',
  ];
  for (const line of lines) t.like(interpret(line)[0], { type: 'log', truncatedTo: 21, partition: 0 });
});

test('a full disk is told once, with the partition that met it and the reason below', (t) => {
  const interpret = logInterpreter({ node: 'kafka2', id: 2, topic: 't', kafkaVersion: '3.9.1' });
  const failed =
    'ERROR Error while appending records to t-0 in dir /data/kafka2 (org.apache.kafka.storage.internals.log.LogDirFailureChannel)';
  t.like(interpret(failed)[0], { type: 'log', node: 'kafka2', partition: 0 });
  const reason = 'java.io.IOException: No space left on device';
  t.is(reasonLine(reason, null), null, 'it belongs to no line');
  t.is(reasonLine('\tat java.base/sun.nio.ch.IOUtil.write(IOUtil.java:97)', 5), null);
  t.deepEqual(reasonLine(reason, 5), { wallMs: 5, text: reason });
  t.like(interpret(reason), [{ type: 'log', text: reason }]);
  t.deepEqual(interpret(`Caused by: ${reason}`), [], 'every thread says so');
});

test('why a node that was up has ended: only what ends a running one', (t) => {
  t.is(
    causeOfEnd(
      `[2026-11-29T22:03:29.403Z] ERROR Error while appending records to t-0 in dir /data/kafka2\njava.io.IOException: No space left on device\n\tat x`,
    ),
    'its disk is full (java.io.IOException: No space left on device)',
  );
  t.regex(
    causeOfEnd('java.lang.InternalError: a fault occurred in a recent unsafe memory access operation') ?? '',
    /^its disk is full or broken/,
  );
  t.is(causeOfEnd('WARN Timed out waiting for connection while in state: CONNECTING'), null);
  t.is(causeOfEnd(''), null);
});

test('a topic with dots and dashes in its name is found, and only it', (t) => {
  const interpret = logInterpreter({ node: 'kafka1', id: 1, topic: 'my.topic-a', kafkaVersion: '4.4.0' });
  const line = (name: string) =>
    interpret(`INFO [UnifiedLog partition=${name}, dir=/d] Truncating to offset 3 (x)`);
  t.is(line('my.topic-a-12').length, 1);
  t.is(line('myXtopic-a-12').length, 0);
  t.is(line('my.topic-a-12-3').length, 0);
});

test('controllers tell when they become active', (t) => {
  const interpret = logInterpreter({ node: 'kafka1', id: 1, topic: 't', kafkaVersion: '3.9.1' });
  const [, kraft] = interpret(
    'INFO [QuorumController id=101] Becoming the active controller at epoch 1, next write offset 1. (org.apache.kafka.controller.QuorumController)',
  );
  t.like(kraft, { type: 'controller', observer: 'log:kafka1', controller: 101 });
  const [, zookeeper] = interpret(
    'INFO [Controller id=3] 3 successfully elected as the controller. Epoch incremented to 1 and epoch zk version is now 1 (kafka.controller.KafkaController)',
  );
  t.like(zookeeper, { type: 'controller', controller: 3 });
});

test('a log is read in whole lines while it grows', async (t) => {
  const file = join(await folder(t), 'server.log');
  const lines = growingLines({ files: localFiles, file });
  t.deepEqual(await lines.next(), [], 'not there yet');
  await writeFile(file, 'one\ntw');
  t.deepEqual(await lines.next(), ['one']);
  t.deepEqual(await lines.next(), []);
  await appendFile(file, 'o – zwei\nthree\n');
  t.deepEqual(await lines.next(), ['two – zwei', 'three']);
});

// What a broker's files add to its answers.

test('a leader’s epoch comes from its checkpoint, a follower’s file proves nothing about its leader', async (t) => {
  const dataDirectory = await folder(t);
  await mkdir(join(dataDirectory, 't-0'));
  await writeFile(join(dataDirectory, 't-0', 'leader-epoch-checkpoint'), '0\n2\n0 0\n3 21\n');
  const broker = { id: 1, files: localFiles, dataDirectory, mode: 'zookeeper', topic: 't' } as const;
  t.is((await completeObserved(seen(1), broker)).partitions[0]!.epoch, 3);
  t.is((await completeObserved(seen(2), broker)).partitions[0]!.epoch, null);
  t.is((await completeObserved(seen(2), broker)).controller, 2);
  t.is(
    (await completeObserved(seen(2), { ...broker, mode: 'kraft-combined' })).controller,
    -1,
    'no quorum known',
  );
});

test('in KRaft the controller is whom the node’s quorum file names', async (t) => {
  const dataDirectory = await folder(t);
  await mkdir(join(dataDirectory, '__cluster_metadata-0'));
  const state = '{"leaderId":101,"leaderEpoch":4,"votedId":-1,"data_version":0}';
  await writeFile(join(dataDirectory, '__cluster_metadata-0', 'quorum-state'), state);
  t.is(await quorumLeader({ files: localFiles, dataDirectory }), 101);
});

test('an empty checkpoint holds no epochs', (t) => {
  t.deepEqual(parseEpochs(''), []);
  t.deepEqual(parseEpochs('0\n1\n2 40\n'), [{ epoch: 2, startOffset: 40 }]);
});

// Why a node did not come up.

const diagnosed = test.macro({
  exec(t, log: string, cause: RegExp | null) {
    const diagnosis = diagnose(
      `[2026-11-23T23:24:20.000Z] INFO starting (kafka.server.KafkaServer)\n${log}\n\tat x.Y(Z.java:1)`,
    );
    if (cause === null) t.is(diagnosis.cause, null);
    else t.regex(diagnosis.cause ?? '', cause);
    t.is(diagnosis.line, log.split('\n')[0]!);
    t.true(diagnosis.lastLines.length > 0);
  },
  title: (given, _log, cause) => given ?? `a log tells: ${String(cause)}`,
});

test(
  diagnosed,
  'Error: LinkageError occurred while loading main class kafka.Kafka java.lang.UnsupportedClassVersionError: kafka/Kafka has been compiled by a more recent version',
  /newer Java/,
);
test(
  diagnosed,
  'org.apache.kafka.common.KafkaException: Socket server failed to bind to 192.0.2.1:9092: Address already in use.',
  /port is in use/,
);
test(
  diagnosed,
  'org.apache.kafka.common.KafkaException: Socket server failed to bind to 192.0.2.1:9092: Cannot assign requested address.',
  /address does not exist/,
);
test(diagnosed, 'java.io.IOException: No space left on device', /disk is full/);
test(
  diagnosed,
  'kafka.zookeeper.ZooKeeperClientTimeoutException: Timed out waiting for connection while in state: CONNECTING',
  /no ZooKeeper/,
);
test(
  diagnosed,
  'org.apache.kafka.common.config.ConfigException: Missing required configuration `x`',
  /configuration/,
);
test('a log with an unknown error shows that line', diagnosed, '[2026] ERROR Something never seen (x)', null);

// Helpers.

/** An empty folder that goes away with the test. */
async function folder(t: ExecutionContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'kept-test-'));
  t.teardown(() => rm(path, { recursive: true, force: true }));
  return path;
}

function jarsOf(version: string): string[] {
  return recipeFor(version).artifacts.map((artifact) => `${artifact.name}-${artifact.version}.jar`);
}

function namesOf(mode: KafkaMode, controllers?: number): string[] {
  return planNodes(mode, 3, controllers).map(({ name }) => name);
}

function seen(leader: number): Observed {
  return { controller: 2, partitions: [{ partition: 0, leader, epoch: null, isr: [1, 2, 3] }] };
}

function propertiesOf(mode: KafkaMode, name: string, extra?: Record<string, string>): Record<string, string> {
  const nodes = planNodes(mode, 3).map((node, index) =>
    Object.assign(node, { address: `192.0.2.${index + 1}` }),
  );
  const node = nodes.find((candidate) => candidate.name === name)!;
  return parse(serverProperties({ mode, node, nodes, dataDirectory: '/data', timeouts: TIMEOUTS, extra }));
}

function parse(text: string): Record<string, string> {
  return Object.fromEntries(
    text
      .trim()
      .split('\n')
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}

import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fc } from '@fast-check/ava';
import test, { type ExecutionContext } from 'ava';
import { holds } from '../../holds.ts';

/**
 * What a container of the assembled image runs by itself, in the shell and with the programs that it has there:
 * busybox's.
 */
const COMMAND = resolve(import.meta.dirname, '../../../src/db/kafka/image-command.sh');
/** A directory with nothing but busybox, under the name of each of its programs. */
const programs = mkdtempSync(join(tmpdir(), 'kept-busybox-'));
execFileSync('busybox', ['--install', '-s', programs]);

test.after.always(() => rmSync(programs, { recursive: true }));

/** @returns what it prints. */
function command(environment: Record<string, string>, ...words: string[]): Promise<string> {
  return new Promise((done, failed) => {
    const env = { PATH: programs, ...environment };
    execFile(join(programs, 'sh'), [COMMAND, ...words], { env }, (error, output) =>
      error === null ? done(output) : failed(error),
    );
  });
}

const lines = (output: string) => output.split('\n').filter(Boolean).toSorted();

test('a variable is a property: one underscore a dot, two an underscore, three a dash', async (t) => {
  const output = await command(
    {
      KAFKA_LOG_DIRS: '/var/lib/kafka/data',
      KAFKA_A__B: 'under score',
      KAFKA_A___B: 'dash',
      KAFKA_SASL_JAAS_CONFIG: String.raw`x required user="a\b";`,
      KAFKA_EMPTY: '',
      CLUSTER_ID: 'is none',
      MY_KAFKA_NODE_ID: 'is none',
    },
    'properties',
  );
  t.deepEqual(lines(output), [
    'a-b=dash',
    'a_b=under score',
    'empty=',
    'log.dirs=/var/lib/kafka/data',
    String.raw`sasl.jaas.config=x required user="a\b";`,
  ]);
});

test('any name is translated as apache/kafka says that its image does', async (t) => {
  const name = fc.stringMatching(/^[A-Z0-9_]{1,20}$/).filter((text) => !/_OPTS$|LOG4J|^(VERSION|HOME|JMX_.*)$/.test(text)); // prettier-ignore
  const variables = fc.dictionary(name, fc.stringMatching(/^[ -~]{0,20}$/), { minKeys: 1, maxKeys: 20 });
  await holds(
    t,
    fc.asyncProperty(variables, async (drawn) => {
      const environment = { KAFKA_LISTENERS: 'A://:1', ...prefixed(drawn) };
      t.deepEqual(
        lines(await command(environment, 'properties')),
        Object.entries(environment).map(([key, value]) => `${translated(key)}=${value}`).toSorted(),
      ); // prettier-ignore
    }),
    { numRuns: 50 },
  );
});

function prefixed(variables: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(variables).map(([key, value]) => [`KAFKA_${key}`, value]));
}

/** The rule by itself: runs of underscores, from the left, the longest first. */
function translated(name: string): string {
  return name
    .slice('KAFKA_'.length)
    .toLowerCase()
    .replaceAll(/___|__|_/g, (run) => ({ 1: '.', 2: '_', 3: '-' })[run.length]!);
}

test('what is meant for Java, or for the scripts of other images, is no property', async (t) => {
  const names = ['HEAP_OPTS', 'OPTS', 'JVM_PERFORMANCE_OPTS', 'LOG4J_LOGGERS', 'JMX_PORT', 'VERSION'];
  const environment = { KAFKA_NODE_ID: '7', ...prefixed(Object.fromEntries(names.map((each) => [each, 'x']))) }; // prettier-ignore
  t.deepEqual(lines(await command(environment, 'properties')), ['node.id=7']);
});

test('a node listens where it advertises unless it is told, and without any variable it is a whole cluster', async (t) => {
  const advertised = { KAFKA_ADVERTISED_LISTENERS: 'IN://kafka1:9092,OUT://[fe80::1]:19092' };
  t.true(lines(await command(advertised, 'properties')).includes('listeners=IN://:9092,OUT://:19092'));
  const told = { ...advertised, KAFKA_LISTENERS: 'IN://:1' };
  t.true(lines(await command(told, 'properties')).includes('listeners=IN://:1'));
  const alone = lines(await command({ KAFKA_HEAP_OPTS: '-Xmx64m' }, 'properties'));
  t.true(alone.includes('process.roles=broker,controller'));
  t.true(alone.includes('advertised.listeners=PLAINTEXT://localhost:9092'));
});

/** A `java` that writes down how it was called, and fails if it is told to. */
function javaFor(t: ExecutionContext, status = 0) {
  const directory = mkdtempSync(join(tmpdir(), 'kept-image-command-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const java = join(directory, 'java');
  writeFileSync(java, `#!${programs}/sh\necho "$*" >> ${directory}/calls\nexit ${status}\n`, { mode: 0o755 });
  return {
    environment: { KEPT_IMAGE_JAVA: java, KEPT_IMAGE_PROPERTIES: join(directory, 'server.properties') },
    calls: () => readFileSync(join(directory, 'calls'), 'utf8').trim().split('\n'),
    properties: () => readFileSync(join(directory, 'server.properties'), 'utf8'),
  };
}

test('storage is formatted with the id of the cluster, then Kafka runs with what Java is given', async (t) => {
  const { environment, calls, properties } = javaFor(t);
  const kraft = { KAFKA_PROCESS_ROLES: 'broker', KAFKA_OPTS: '-Done=1 -Dtwo=2', KAFKA_HEAP_OPTS: '-Xmx99m' };
  await command({ ...environment, ...kraft, CLUSTER_ID: 'AAAAAAAAAAAAAAAAAAAAAA' });
  const [format, kafka, ...more] = calls();
  t.deepEqual(more, []);
  t.regex(format!, /-Done=1 -Dtwo=2 .*StorageTool format --ignore-formatted --cluster-id AAAAAAAAAAAAAAAAAAAAAA/);
  t.regex(kafka!, /^-Xmx99m .*-Done=1 -Dtwo=2 .*kafka\.Kafka .*server\.properties$/);
  t.is(properties(), 'process.roles=broker\n');
}); // prettier-ignore

test('with ZooKeeper there is nothing to format; a format that fails starts no broker', async (t) => {
  const old = javaFor(t);
  await command({ ...old.environment, KAFKA_ZOOKEEPER_CONNECT: 'zoo:2181' });
  t.is(old.calls().length, 1);
  const failing = javaFor(t, 1);
  await t.throwsAsync(command({ ...failing.environment, KAFKA_PROCESS_ROLES: 'broker' }));
  t.is(failing.calls().length, 1);
  t.regex(failing.calls()[0]!, /StorageTool/);
});

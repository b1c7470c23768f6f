import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { EXIT, Failure } from '../../src/core/failure.ts';
import { cachedJavaClients, javaClientCommand } from '../../src/run/java-client.ts';

/** Every way in which the Java client cannot be had, as a sentence, with programs that stand for Java and for Maven. */
const JAVA_17 = `if [ "$1" = -version ]; then echo 'openjdk version "17.0.15"' >&2; exit; fi`;
/** Puts a jar where it is told to. */
const MAVEN = `for word; do case $word in -DoutputDirectory=*) mkdir -p "\${word#*=}"; echo jar > "\${word#*=}/some.jar";; esac; done`;
/** What it prints of an artifact that no repository has. */
const MAVEN_WITHOUT_IT = `echo "[ERROR] Could not find artifact org.apache.kafka:kafka-clients:jar:9.9.9 in central (https://repo.maven.apache.org/maven2)"; exit 1`;

test('without Java, and with one that is too old', async (t) => {
  t.like(await refused(machine(t, {})), {
    message: 'The Java client 4.4.0 needs Java, and no java is on the PATH',
    hint: 'install Java 17 or newer, for example with: apt-get install openjdk-17-jre-headless',
    exitStatus: EXIT.inconclusive,
  });
  const old = await refused(machine(t, { java: `echo 'openjdk version "11.0.2"' >&2` }));
  t.regex(old.message, /^The Java client 4\.4\.0 needs Java 17 or newer, and .*java is 11\.0\.2$/);
});

test('without Maven, where nothing is cached', async (t) => {
  t.like(await refused(machine(t, { java: JAVA_17 })), {
    message: 'kafka-clients 4.4.0 is fetched with Maven, and no working mvn is on the PATH',
    hint: 'install Maven, for example with: apt-get install maven',
    exitStatus: EXIT.inconclusive,
  });
});

test('a version that there is not, or that is too old, or none', async (t) => {
  const { message, hint } = await refused(machine(t, { java: JAVA_17, mvn: MAVEN_WITHOUT_IT }), '9.9.9');
  t.is(message, "Maven's repositories have no kafka-clients 9.9.9");
  t.is(hint, 'versions that are known to work: 4.4.0, 4.1.0, 3.9.1');
  t.like(await refused(machine(t, {}), '2.1.1'), {
    message: 'The Java client 2.1.1 cannot be put under audit: 2.2.0 is the oldest one that can.',
    exitStatus: EXIT.usage,
  });
  t.is((await refused(machine(t, {}), '3.9')).exitStatus, EXIT.usage);
});

test('a version against which the program cannot be compiled: the first reason, and nothing half-made stays', async (t) => {
  const complaint = String.raw`printf '1. ERROR in KeptClient.java (at line 7)\n\tproducer.send(x);\n\t         ^^^^\nThe method send(x) is undefined\n'; exit 1`;
  const environment = machine(t, { java: `${JAVA_17}\n${complaint}`, mvn: MAVEN });
  const { message } = await refused(environment, '9.0.0');
  t.is(
    message,
    "kept's program cannot be compiled against the Java client 9.0.0: The method send(x) is undefined",
  );
  t.deepEqual(await cachedJavaClients(environment), ['9.0.0'], 'its jars are there');
  await refused(environment, '9.0.0');
});

test('what Maven brought and what was compiled is used again', async (t) => {
  const environment = machine(t, { java: JAVA_17, mvn: MAVEN });
  const said: string[] = [];
  const ask = () =>
    javaClientCommand({ version: '9.0.0', environment, onProgress: (line) => said.push(line) });
  const command = await ask();
  t.is(command.at(-1), 'KeptClient');
  t.deepEqual(said, [
    'Fetching kafka-clients 9.0.0 with Maven, once',
    'Fetching ecj 3.38.0 with Maven, once',
    "Compiling kept's program for the Java client 9.0.0, once",
  ]);
  rmSync(join(environment['PATH']!, 'mvn'));
  t.deepEqual(await ask(), command);
  t.is(said.length, 3);
});

/** The environment of a machine with these programs alone, each with what it does, and with a cache that is empty. */
function machine(t: ExecutionContext, programs: Record<string, string>): Record<string, string> {
  const home = mkdtempSync(join(tmpdir(), 'kept-java-client-'));
  t.teardown(() => rmSync(home, { recursive: true, force: true }));
  const bin = join(home, 'bin');
  mkdirSync(bin);
  for (const [name, script] of Object.entries(programs)) {
    writeFileSync(join(bin, name), `#!/bin/sh\nPATH='${process.env['PATH']}'\n${script}\n`, { mode: 0o755 });
  }
  return {
    PATH: bin,
    XDG_CACHE_HOME: join(home, 'cache'),
    ...(programs['java'] !== undefined && { JAVA_HOME: home }),
  };
}

async function refused(environment: Record<string, string>, version?: string): Promise<Failure> {
  try {
    await javaClientCommand({ version, environment });
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

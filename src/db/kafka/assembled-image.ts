import { createHash } from 'node:crypto';
import { chmod, cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from '../../core/execa.ts';
import { EXIT, Failure } from '../../core/failure.ts';
import type { Engine } from '../../control/docker/engine.ts';
import { canAssemble } from '../../control/docker/helper-image.ts';
import { ensureImage, nameImage } from '../../control/docker/image.ts';
import { addBusybox, addLibrariesOf, findProgram } from '../../control/docker/root-file-system.ts';
import { ensureEntry, exists } from '../../jars/cache.ts';
import type { Distribution } from './distribution.ts';
import { assertLogging, loggingConfiguration, loggingFlags } from './logging.ts';

/**
 * An image of Kafka that needs no registry: busybox, a Java and the jars of a distribution, all of this machine. Where
 * there is `jlink`, the Java is a small one that is made once and kept in the cache; else it is this machine's as a whole.
 */
const REPOSITORY = 'kept/kafka';
const JAVA_IN_IMAGE = '/opt/java';
const JARS_IN_IMAGE = '/opt/kafka/libs';
const LOGGING_IN_IMAGE = '/opt/kafka/config/logging.properties';
/** Where apache/kafka has it, and where others look for it. */
const COMMAND_IN_IMAGE = '/etc/kafka/docker/run';
/** What a container runs by itself, for `docker run` and compose; the lab has commands of its own. */
const COMMAND = new URL('image-command.sh', import.meta.url);
/** Changed whenever an image that was made before would not do any more. */
const RECIPE = 1;

/** What Kafka and ZooKeeper ask of Java, from 2.0 to 4.x. */
const MODULES = [
  'java.compiler java.datatransfer java.desktop java.instrument java.logging java.management java.management.rmi',
  'java.naming java.net.http java.prefs java.rmi java.scripting java.security.jgss java.security.sasl java.sql',
  'java.transaction.xa java.xml jdk.crypto.ec jdk.jfr jdk.management jdk.management.agent jdk.naming.dns jdk.net',
  'jdk.security.auth jdk.security.jgss jdk.unsupported jdk.zipfs',
].flatMap((line) => line.split(' '));

export interface KafkaImage {
  name: string;
  /** The same image by a name that people can remember: `kept/kafka:4.4.0`. */
  versionName: string;
  /** The Kafka and the Java in it, at their paths there. */
  distribution: Distribution;
}

/** @throws Failure where programs of this machine do not run in the daemon's containers, or busybox is missing. */
export async function assembleImage(
  engine: Engine,
  distribution: Distribution,
  say: (line: string) => void,
): Promise<KafkaImage> {
  const busybox = await findProgram('busybox');
  if (busybox === null || !canAssemble(engine)) {
    const why =
      busybox === null
        ? 'this machine has no busybox'
        : `this machine's programs (${process.platform}) do not run in its containers (${engine.system} ${engine.architecture})`;
    throw new Failure(`No image of Kafka can be put together from this machine: ${why}.`, {
      hint: `${busybox === null ? 'Install it ("apt-get install busybox-static"), or name' : 'Name'} an image: --image apache/kafka:${distribution.version}`,
      exitStatus: EXIT.inconclusive,
    });
  }
  const home = await homeOf(distribution);
  const command = await readFile(COMMAND, 'utf8');
  const jars = Object.keys(distribution.jars);
  const backend = assertLogging(jars, distribution.directory);
  const logging = loggingConfiguration(backend, distribution.version);
  const instructions = [
    `ENV KAFKA_LOG4J_OPTS="${loggingFlags(backend, LOGGING_IN_IMAGE).join(' ')}"`,
    'EXPOSE 9092',
    `CMD ["${COMMAND_IN_IMAGE}"]`,
  ];
  const key = [RECIPE, distribution.jars, distribution.java.version, home, MODULES];
  const own = [command, logging, instructions];
  const tag = createHash('sha256')
    .update(JSON.stringify([...key, ...own]))
    .update(await readFile(busybox))
    .digest('hex')
    .slice(0, 16);
  const name = await ensureImage(engine, { repository: REPOSITORY, tag, instructions }, async (root) => {
    say(`Making an image of Kafka ${distribution.version} and Java ${distribution.java.version}, once`);
    await addBusybox(root, busybox);
    await addJava(root, (await smallJava(distribution, home)) ?? home);
    for (const jar of jars) await cp(join(distribution.directory, jar), join(root, JARS_IN_IMAGE, jar));
    await addFile(root, LOGGING_IN_IMAGE, logging);
    await addFile(root, COMMAND_IN_IMAGE, command);
    await chmod(join(root, COMMAND_IN_IMAGE), 0o755);
  });
  return {
    name,
    versionName: await nameImage(engine, name, { repository: REPOSITORY, tag: distribution.version }),
    distribution: {
      ...distribution,
      directory: JARS_IN_IMAGE,
      java: { ...distribution.java, path: `${JAVA_IN_IMAGE}/bin/java` },
    },
  };
}

async function addFile(root: string, path: string, text: string): Promise<void> {
  await mkdir(join(root, dirname(path)), { recursive: true });
  await writeFile(join(root, path), text);
}

/** Where the Java lives that runs when it is called. */
async function homeOf({ java }: Distribution): Promise<string> {
  const { stderr } = await execa(java.path, ['-XshowSettings:properties', '-version'], {
    reject: false,
    stdin: 'ignore',
  });
  const home = /^\s*java\.home = (.+)$/m.exec(stderr)?.[1];
  if (home === undefined) throw new Failure(`${java.path} does not say where it lives (java.home).`);
  return home.trim();
}

/** Null where there is no jlink, or none that serves. */
async function smallJava({ java, cacheDirectory }: Distribution, home: string): Promise<string | null> {
  const jlink = join(home, 'bin', 'jlink');
  if (!(await exists(jlink)) || !(await exists(join(home, 'jmods')))) return null;
  const key = createHash('sha256')
    .update(JSON.stringify([RECIPE, java.version, home, MODULES]))
    .digest('hex');
  const entry = join(cacheDirectory, `jre-${java.version}-${key.slice(0, 12)}`);
  const flags = ['--strip-debug', '--no-header-files', '--no-man-pages'];
  try {
    await ensureEntry(entry, async (temporary) => {
      const output = join(temporary, 'jre');
      await execa(jlink, ['--add-modules', MODULES.join(','), ...flags, '--output', output], {
        stdin: 'ignore',
      });
      // Classes of Java itself that are loaded in no time: jlink leaves them out.
      await execa(join(output, 'bin', 'java'), ['-Xshare:dump'], { stdin: 'ignore', reject: false });
    });
    return join(entry, 'jre');
  } catch (error) {
    if (error instanceof Failure) throw error;
    return null;
  }
}

/** Copies a Java with the libraries that it is linked to. Debian keeps parts of a Java in /etc and leads there by links: they become files. */
export async function addJava(root: string, home: string): Promise<void> {
  const target = join(root, JAVA_IN_IMAGE);
  // Some of its links lead to packages that are not installed.
  const isWanted = async (path: string) =>
    !/\/(jmods|demo|docs|man|legal|include|src\.zip)$/.test(path) && (await exists(path));
  await cp(home, target, { recursive: true, dereference: true, force: true, filter: isWanted });
  const libraries = (await readdir(join(target, 'lib'))).filter((file) => NEEDED_LIBRARIES.test(file));
  const files = [
    join(home, 'bin', 'java'),
    join(home, 'lib', 'server', 'libjvm.so'),
    ...libraries.map((file) => join(home, 'lib', file)),
  ];
  await addLibrariesOf(root, files, home);
}

/** Not those that draw: what they are linked to is large. */
const NEEDED_LIBRARIES =
  /^lib(java|jli|net|nio|zip|jimage|verify|management|extnet|prefs|instrument)\w*\.so$/;

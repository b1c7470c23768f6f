import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from '../core/execa.ts';
import { EXIT, Failure } from '../core/failure.ts';
import { cacheDirectory, ensureEntry } from '../jars/cache.ts';
import { assertJava, findJava, type Java } from '../jars/java.ts';
import { fetchWithMaven, type Artifact } from '../jars/maven.ts';
import { storedJars } from '../jars/stored-jars.ts';
import { QUICK_FLAGS } from '../db/kafka/command.ts';
import { NEWEST_VERSION, orderOf, PROVEN_VERSIONS } from '../db/kafka/recipes.ts';

/**
 * Kafka's own Java client as a program: its jars come from Maven, and the program around it (KeptClient.java) is compiled
 * against them by Eclipse's compiler, which comes from there too, since a machine that only runs Java has none. All three stay in
 * the cache, so each version needs a network once.
 */
export interface JavaClientWishes {
  /** That of the newest proven Kafka if absent. */
  version?: string | undefined;
  environment: NodeJS.ProcessEnv;
  /** Told before anything that takes seconds. */
  onProgress?: ((line: string) => void) | undefined;
}

/** The first version whose producer can be closed by the words that all later ones have, and which has delivery.timeout.ms. */
const OLDEST_VERSION = '2.2.0';
/** What the compiler needs; any version of the client runs on it. */
const JAVA_VERSION_MIN = 17;
const COMPILER: Artifact = { group: 'org.eclipse.jdt', name: 'ecj', version: '3.38.0' };
/** Without a backend the library's logging begins with three lines about that; nobody reads its log. */
const NO_LOGGING: Artifact = { group: 'org.slf4j', name: 'slf4j-nop', version: '1.7.36' };
const SOURCE = new URL('../client/process/java/KeptClient.java', import.meta.url);
/** Room for the buffers of some producers (32 MB each at most) and for a thousand that hold little. */
const HEAP_MAX_MB = 256;

/**
 * @returns the command that starts it.
 * @throws Failure (usage) for a version that is too old or none; Failure where Java, Maven or this version is missing, or the program
 *   cannot be compiled against it.
 */
export async function javaClientCommand(wishes: JavaClientWishes): Promise<string[]> {
  const { version = NEWEST_VERSION, environment } = wishes;
  const what = `The Java client ${version}`;
  if (orderOf(version) < orderOf(OLDEST_VERSION)) {
    throw new Failure(`${what} cannot be put under audit: ${OLDEST_VERSION} is the oldest one that can.`, {
      hint: `Name a later one: --client java@${OLDEST_VERSION}; it writes to older brokers, too.`,
      exitStatus: EXIT.usage,
    });
  }
  const java = await findJava(environment, what);
  assertJava(java, { what, javaVersionMin: JAVA_VERSION_MIN, otherwise: 'use another client' });
  const jars = await jarsOf(
    `java-client-${version}`,
    {
      artifacts: [{ group: 'org.apache.kafka', name: 'kafka-clients', version }, NO_LOGGING],
      what: `kafka-clients ${version}`,
      knownVersions: PROVEN_VERSIONS.filter((each) => orderOf(each) >= orderOf(OLDEST_VERSION)),
    },
    wishes,
  );
  const classes = await compiled(version, jars, java, wishes);
  return [
    java.path,
    `-Xmx${HEAP_MAX_MB}m`,
    ...QUICK_FLAGS,
    // Half a client is no client: where memory runs out, the program ends, and says so where it is heard.
    '-XX:+ExitOnOutOfMemoryError',
    '-XX:+DisplayVMOutputToStderr',
    '-cp',
    [classes, ...jars].join(':'),
    'KeptClient',
  ];
}

/** The versions that the cache holds, newest first: they need neither Maven nor a network any more. */
export async function cachedJavaClients(environment: NodeJS.ProcessEnv): Promise<string[]> {
  const entries = await readdir(cacheDirectory(environment)).catch(() => []);
  return entries
    .map((entry) => /^java-client-(\d+\.\d+\.\d+)$/.exec(entry)?.[1])
    .filter((version) => version !== undefined)
    .toSorted((one, other) => orderOf(other) - orderOf(one));
}

/** @returns the jars of an entry of the cache, with their paths. */
async function jarsOf(
  entry: string,
  order: { artifacts: readonly Artifact[]; what: string; knownVersions: readonly string[] },
  { environment, onProgress }: JavaClientWishes,
): Promise<string[]> {
  const { directory, jars } = await storedJars(join(cacheDirectory(environment), entry), {
    what: order.what,
    async make(temporary) {
      onProgress?.(`Fetching ${order.what} with Maven, once`);
      await fetchWithMaven(order, temporary, { environment });
    },
  });
  return Object.keys(jars).map((jar) => join(directory, jar));
}

/** @returns the folder of the program's classes, compiled for this version and this source. */
async function compiled(
  version: string,
  jars: readonly string[],
  java: Java,
  wishes: JavaClientWishes,
): Promise<string> {
  const source = await readFile(SOURCE);
  const hash = createHash('sha256').update(source).update(COMPILER.version).digest('hex').slice(0, 12);
  const entry = join(cacheDirectory(wishes.environment), `java-client-${version}-${hash}`);
  await ensureEntry(entry, async (temporary) => {
    const compiler = await jarsOf(
      `compiler-${COMPILER.version}`,
      {
        artifacts: [COMPILER],
        what: `${COMPILER.name} ${COMPILER.version}`,
        knownVersions: [COMPILER.version],
      },
      wishes,
    );
    wishes.onProgress?.(`Compiling kept's program for the Java client ${version}, once`);
    await compile({ compiler, jars, java, into: join(temporary, CLASSES), version });
  });
  return join(entry, CLASSES);
}

const CLASSES = 'classes';

async function compile(options: {
  compiler: readonly string[];
  jars: readonly string[];
  java: Java;
  into: string;
  version: string;
}): Promise<void> {
  const { compiler, jars, java, into, version } = options;
  await mkdir(into);
  const main = 'org.eclipse.jdt.internal.compiler.batch.Main';
  const source = fileURLToPath(SOURCE);
  const quietly = ['-encoding', 'UTF-8', '-proc:none', '-nowarn'];
  const release = ['-source', String(JAVA_VERSION_MIN), '-target', String(JAVA_VERSION_MIN)];
  const result = await execa(
    java.path,
    [
      ...QUICK_FLAGS,
      '-cp',
      compiler.join(':'),
      main,
      ...release,
      ...quietly,
      '-cp',
      jars.join(':'),
      '-d',
      into,
      source,
    ],
    { reject: false, stdin: 'ignore', all: true },
  );
  if (!result.failed) return;
  const said = result.all ?? '';
  // It shows the line and marks the place before it says what is wrong there.
  const reason = /ERROR in [\s\S]*?\n\s*\^+\n(.+)/.exec(said)?.[1] ?? (said.trim() || result.shortMessage);
  throw new Failure(`kept's program cannot be compiled against the Java client ${version}: ${reason}`, {
    hint: `Versions that are known to work: ${PROVEN_VERSIONS.filter((each) => orderOf(each) >= orderOf(OLDEST_VERSION)).join(', ')}.`,
  });
}

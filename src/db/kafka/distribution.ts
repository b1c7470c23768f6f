import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { execa } from '../../core/execa.ts';
import { EXIT, Failure } from '../../core/failure.ts';
import { cacheDirectory } from '../../jars/cache.ts';
import { assertJava, findJava, type Java } from '../../jars/java.ts';
import { fetchWithMaven } from '../../jars/maven.ts';
import { checksumsOf, sha256, storedJars } from '../../jars/stored-jars.ts';
import { defaultVersion, orderOf, PROVEN_VERSIONS, recipeFor, type KafkaMode } from './recipes.ts';

/**
 * A Kafka that can be started: a folder of jars and a Java. It comes from where the user says, or from Maven through
 * a cache (`storedJars`). An entry of the cache is made beside its place and renamed into it, so it is whole or it is not there.
 */
export interface Distribution {
  version: string;
  scalaVersion: string;
  /** Where the jars are. */
  directory: string;
  /** SHA-256 (hexadecimal) of every jar by file name. */
  jars: Record<string, string>;
  java: Java;
  /** Where it came from, in words: `Maven`, `KAFKA_HOME`, a path. */
  origin: string;
  /** This project's cache, for what is derived from a distribution. */
  cacheDirectory: string;
}

export interface DistributionSpec {
  /** `--kafka`: a version, a folder or a .tgz. Without it KAFKA_HOME counts, then the mode's default version. */
  kafka?: string | undefined;
  mode?: KafkaMode | undefined;
  environment: NodeJS.ProcessEnv;
  /** Told before anything that takes seconds. */
  onProgress?: ((line: string) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/** @throws Failure with what to install or to say instead, when there is no such Kafka or no Java for it. */
export async function resolveDistribution(spec: DistributionSpec): Promise<Distribution> {
  const [java, source] = await Promise.all([findJava(spec.environment), findSource(spec)]);
  const { version, scalaVersion } = nameOf(Object.keys(source.jars), source.directory);
  assertRuns(java, version);
  assertRunnable(Object.keys(source.jars), source.directory, java);
  return { version, scalaVersion, java, cacheDirectory: cacheDirectory(spec.environment), ...source };
}

/** @throws Failure when `java` is older than this version of Kafka asks for. */
export function assertRuns(java: Java, version: string): void {
  const { javaVersionMin } = recipeFor(version);
  assertJava(java, {
    what: `Kafka ${version}`,
    javaVersionMin,
    otherwise: 'use an older Kafka: --kafka 3.9.1',
  });
}

/** The versions that Maven has brought into the cache: they need neither Maven nor a network any more. */
export async function cachedVersions(environment: NodeJS.ProcessEnv): Promise<string[]> {
  const entries = await readdir(cacheDirectory(environment)).catch(() => []);
  return entries
    .map((entry) => /^kafka-(\d+\.\d+\.\d+(?:-[\w-]+)?)$/.exec(entry)?.[1])
    .filter((version) => version !== undefined)
    .toSorted((one, other) => orderOf(other) - orderOf(one));
}

type Source = Pick<Distribution, 'directory' | 'jars' | 'origin'>;

async function findSource(spec: DistributionSpec): Promise<Source> {
  const named = spec.kafka;
  if (named === undefined) {
    const home = spec.environment['KAFKA_HOME'];
    if (home) return fromDirectory(home, 'KAFKA_HOME');
    return fromMaven(defaultVersion(spec.mode), spec);
  }
  const found = await stat(named).catch(() => null);
  if (found?.isDirectory()) return fromDirectory(named, resolve(named));
  if (found?.isFile()) return fromArchive(named, spec);
  if (/^\d+\.\d+\.\d+(-[\w-]+)?$/.test(named)) return fromMaven(named, spec);
  throw new Failure(`“${named}” is neither a version of Kafka nor a folder or .tgz that exists`, {
    hint: 'for example: --kafka 4.4.0, --kafka ~/kafka_2.13-4.4.0, --kafka kafka_2.13-4.4.0.tgz',
    exitStatus: EXIT.usage,
  });
}

async function fromDirectory(home: string, origin: string): Promise<Source> {
  const directory = await folderOfJars(resolve(home));
  return { directory, jars: await checksumsOf(directory), origin };
}

async function fromMaven(version: string, spec: DistributionSpec): Promise<Source> {
  const recipe = recipeFor(version);
  const entry = join(cacheDirectory(spec.environment), `kafka-${version}`);
  return cached(entry, 'Maven', async (temporary) => {
    spec.onProgress?.(`Fetching Kafka ${version} with Maven, once (about 45 MB)`);
    const order = {
      artifacts: recipe.artifacts,
      what: `Kafka ${version}`,
      knownVersions: PROVEN_VERSIONS,
      otherwise: 'name a Kafka that is here: --kafka DIR, --kafka FILE.tgz or KAFKA_HOME',
    };
    await fetchWithMaven(order, temporary, spec);
  });
}

/** The entry is named by the archive's content, so that a replaced file is unpacked anew. */
async function fromArchive(file: string, spec: DistributionSpec): Promise<Source> {
  const checksum = await sha256(file);
  const entry = join(cacheDirectory(spec.environment), `kafka-tgz-${checksum.slice(0, 16)}`);
  return cached(entry, resolve(file), async (temporary) => {
    spec.onProgress?.(`Unpacking ${file}, once`);
    const result = await execa('tar', ['-xzf', resolve(file), '-C', temporary], {
      reject: false,
      stdin: 'ignore',
    });
    if (result.failed) {
      throw new Failure(
        `the archive ${file} could not be unpacked: ${result.stderr || result.shortMessage}`,
        {
          hint: '--kafka takes a binary release of Kafka as .tgz, such as kafka_2.13-4.4.0.tgz',
        },
      );
    }
  });
}

/** Serves an entry of the cache; `make` fills it where it is missing. */
async function cached(
  entry: string,
  origin: string,
  make: (temporary: string) => Promise<void>,
): Promise<Source> {
  return { ...(await storedJars(entry, { what: 'Kafka', find: folderOfJars, make })), origin };
}

/** The folder with kafka_*.jar in it: the given one, its `libs`, or those of the single folder that a .tgz holds. */
async function folderOfJars(home: string): Promise<string> {
  const inside = (await readdir(home, { withFileTypes: true })).filter((file) => file.isDirectory());
  const candidates = [join(home, 'libs'), home, ...inside.map((folder) => join(home, folder.name, 'libs'))];
  for (const candidate of candidates) {
    const files = await readdir(candidate).catch(() => []);
    if (files.some((file) => KAFKA_JAR.test(file))) return candidate;
  }
  throw new Failure(`the folder ${home} holds no Kafka: there is no libs/kafka_SCALA-VERSION.jar`, {
    hint: 'name the folder of an unpacked binary release (the source release has no jars)',
  });
}

const KAFKA_JAR = /^kafka_(\d+\.\d+)-(\d+\.\d+\.\d+.*?)\.jar$/;

/** The version is what the broker's jar is called; whatever the folder is called. */
export function nameOf(
  files: readonly string[],
  directory: string,
): { version: string; scalaVersion: string } {
  for (const file of files) {
    const [, scalaVersion, version] = KAFKA_JAR.exec(file) ?? [];
    if (version && scalaVersion && !/-(sources|javadoc|test|scaladoc)/.test(version))
      return { version, scalaVersion };
  }
  throw new Failure(`the folder ${directory} holds no kafka_SCALA-VERSION.jar`);
}

/** Refuses what is known to start and then hang or stay mute. */
function assertRunnable(files: readonly string[], directory: string, java: Java): void {
  const zookeeper = files.find((file) => /^zookeeper-3\.4\.1[34]\.jar$/.test(file));
  if (zookeeper !== undefined && java.major >= 14) {
    throw new Failure(
      `${zookeeper} in ${directory} does not run on Java ${java.major}: it finds no server to connect to`,
      {
        hint: 'use Java 8 or 11 through JAVA_HOME, or let Maven fetch the version with a ZooKeeper that runs: --kafka VERSION',
      },
    );
  }
}

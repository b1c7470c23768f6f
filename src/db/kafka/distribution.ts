import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { execa } from '../../core/execa.ts';
import { EXIT, Failure } from '../../core/failure.ts';
import { cacheDirectory, ensureEntry } from './cache.ts';
import { assertJava, findJava, type Java } from './java.ts';
import { fetchWithMaven } from './maven.ts';
import { defaultVersion, orderOf, recipeFor, type KafkaMode } from './recipes.ts';

/**
 * A Kafka that can be started: a folder of jars and a Java. It comes from where the user says, or from Maven through
 * a cache. An entry of the cache is made beside its place and renamed into it, so it is whole or it is not there;
 * from then on it serves without a network, and each use compares its jars with the checksums taken when it was made.
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
  assertJava(java, version, recipeFor(version).javaVersionMin);
  assertRunnable(Object.keys(source.jars), source.directory, java);
  return { version, scalaVersion, java, cacheDirectory: cacheDirectory(spec.environment), ...source };
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
    await fetchWithMaven(recipe, temporary, spec);
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
  await ensureEntry(entry, async (temporary) => {
    await make(temporary);
    const made = await checksumsOf(await folderOfJars(temporary));
    await writeFile(join(temporary, CHECKSUMS), JSON.stringify(made, null, 2));
  });
  const directory = await folderOfJars(entry);
  const jars = await checksumsOf(directory);
  const recorded = checksumsSchema.parse(JSON.parse(await readFile(join(entry, CHECKSUMS), 'utf8')));
  const changed = Object.keys({ ...jars, ...recorded }).filter((file) => jars[file] !== recorded[file]);
  if (changed.length > 0) {
    throw new Failure(
      `The cached Kafka in ${entry} has changed since it was fetched: ${changed.join(', ')}`,
      {
        hint: `delete ${entry}; it is made again at the next run`,
      },
    );
  }
  return { directory, jars, origin };
}

const CHECKSUMS = 'checksums.json';
const checksumsSchema = z.record(z.string(), z.string());

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

async function checksumsOf(directory: string): Promise<Record<string, string>> {
  const files = (await readdir(directory)).filter((file) => file.endsWith('.jar')).toSorted();
  const sums = await Promise.all(files.map((file) => sha256(join(directory, file))));
  return Object.fromEntries(files.map((file, index) => [file, sums[index]!]));
}

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

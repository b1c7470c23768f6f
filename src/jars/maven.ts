import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from '../core/execa.ts';
import { Failure } from '../core/failure.ts';

export interface Artifact {
  group: string;
  name: string;
  version: string;
}

/** What Maven is to bring, and how people are told of it. */
export interface Order {
  /** Maven adds what these need at run time. The first one is what the user asked for. */
  artifacts: readonly Artifact[];
  /** `Kafka 4.4.0`. */
  what: string;
  /** Versions of the first artifact that exist for certain. */
  knownVersions: readonly string[];
  /** What else may be done where it cannot be fetched, as the end of a hint; nothing if absent. */
  otherwise?: string;
}

/** A pom that asks for nothing but these. */
export function pomOf(artifacts: readonly Artifact[]): string {
  return [
    '<project xmlns="http://maven.apache.org/POM/4.0.0">',
    '  <modelVersion>4.0.0</modelVersion>',
    '  <groupId>kept</groupId><artifactId>jars</artifactId><version>1</version>',
    '  <packaging>pom</packaging>',
    '  <dependencies>',
    ...artifacts.map(dependencyOf),
    '  </dependencies>',
    '</project>',
    '',
  ].join('\n');
}

function dependencyOf({ group, name, version }: Artifact): string {
  return `    <dependency><groupId>${group}</groupId><artifactId>${name}</artifactId><version>${version}</version></dependency>`;
}

/**
 * The Maven that is on the PATH, by its version.
 * @throws Failure when there is none.
 */
export async function findMaven(environment: NodeJS.ProcessEnv): Promise<string> {
  const result = await execa('mvn', ['--batch-mode', '--version'], {
    reject: false,
    stdin: 'ignore',
    env: environment,
    extendEnv: false,
  });
  const version = /Apache Maven (\d[\w.-]*)/.exec(result.stdout ?? '')?.[1];
  if (version === undefined) {
    throw noMaven({ what: 'Kafka', otherwise: 'name a Kafka that is here: --kafka DIR or KAFKA_HOME' });
  }
  return version;
}

function noMaven({ what, otherwise }: Pick<Order, 'what' | 'otherwise'>): Failure {
  return new Failure(`${what} is fetched with Maven, and no working mvn is on the PATH`, {
    hint: `install Maven, for example with: apt-get install maven${otherwise === undefined ? '' : `; or ${otherwise}`}`,
  });
}

/**
 * Has Maven collect jars in `directory`/libs.
 * @throws Failure when there is no Maven, no such version, or no way to a repository.
 */
export async function fetchWithMaven(
  order: Order,
  directory: string,
  options: { environment: NodeJS.ProcessEnv; signal?: AbortSignal | undefined },
): Promise<void> {
  const pom = join(directory, 'pom.xml');
  await writeFile(pom, pomOf(order.artifacts));
  const goal = [
    'dependency:copy-dependencies',
    '-DincludeScope=runtime',
    `-DoutputDirectory=${directory}/libs`,
  ];
  const result = await execa('mvn', ['--batch-mode', '--quiet', '--file', pom, ...goal], {
    reject: false,
    stdin: 'ignore',
    all: true,
    env: options.environment,
    extendEnv: false,
    ...(options.signal ? { cancelSignal: options.signal } : {}),
  });
  if (!result.failed) return;
  options.signal?.throwIfAborted();
  throw explain(order, result.code === 'ENOENT' ? null : result.all || (result.shortMessage ?? ''));
}

/** @param output what Maven printed; null when it could not be started at all. */
function explain(order: Order, output: string | null): Failure {
  if (output === null) return noMaven(order);
  const { what, artifacts, knownVersions, otherwise } = order;
  const { group, name } = artifacts[0]!;
  if (output.includes('was not found in') || output.includes(`Could not find artifact ${group}:${name}:`)) {
    return new Failure(`Maven's repositories have no ${what}`, {
      hint: `versions that are known to work: ${knownVersions.join(', ')}`,
    });
  }
  const reason =
    /\[ERROR\]\s*(.+)/.exec(output)?.[1] ?? output.trim().split('\n').at(-1) ?? 'it did not say why';
  return new Failure(`Maven could not fetch ${what}: ${reason}`, {
    hint: `check the way to your Maven repository${otherwise === undefined ? '' : `, or ${otherwise}`}`,
  });
}

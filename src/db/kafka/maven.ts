import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from '../../core/execa.ts';
import { Failure } from '../../core/failure.ts';
import type { Artifact, Recipe } from './recipes.ts';
import { PROVEN_VERSIONS } from './recipes.ts';

/** A pom that asks for nothing but what the recipe lists; Maven adds what those need at run time. */
export function pomOf(recipe: Recipe): string {
  return [
    '<project xmlns="http://maven.apache.org/POM/4.0.0">',
    '  <modelVersion>4.0.0</modelVersion>',
    `  <groupId>kept</groupId><artifactId>kafka</artifactId><version>${recipe.version}</version>`,
    '  <packaging>pom</packaging>',
    '  <dependencies>',
    ...recipe.artifacts.map(dependencyOf),
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
  if (version === undefined) throw noMaven();
  return version;
}

function noMaven(): Failure {
  return new Failure('Kafka is fetched with Maven, and no working mvn is on the PATH', {
    hint: 'install Maven, for example with: apt-get install maven; or name a Kafka that is here: --kafka DIR or KAFKA_HOME',
  });
}

/**
 * Has Maven collect the jars of a Kafka version in `directory`/libs.
 * @throws Failure when there is no Maven, no such version, or no way to a repository.
 */
export async function fetchWithMaven(
  recipe: Recipe,
  directory: string,
  options: { environment: NodeJS.ProcessEnv; signal?: AbortSignal | undefined },
): Promise<void> {
  const pom = join(directory, 'pom.xml');
  await writeFile(pom, pomOf(recipe));
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
  throw explain(recipe.version, result.code === 'ENOENT' ? null : result.all || (result.shortMessage ?? ''));
}

/** @param output what Maven printed; null when it could not be started at all. */
function explain(version: string, output: string | null): Failure {
  if (output === null) return noMaven();
  if (/was not found in|Could not find artifact org\.apache\.kafka:kafka_/.test(output)) {
    return new Failure(`Maven's repositories have no Kafka ${version}`, {
      hint: `versions that are known to work: ${PROVEN_VERSIONS.join(', ')}`,
    });
  }
  const reason =
    /\[ERROR\]\s*(.+)/.exec(output)?.[1] ?? output.trim().split('\n').at(-1) ?? 'it did not say why';
  return new Failure(`Maven could not fetch Kafka ${version}: ${reason}`, {
    hint: 'check the way to your Maven repository, or name a Kafka that is here: --kafka DIR, --kafka FILE.tgz or KAFKA_HOME',
  });
}

import { EXIT, Failure } from '../../core/failure.ts';
import type { Artifact } from '../../jars/maven.ts';

/**
 * What each generation of Kafka needs in order to run from bare Maven jars. The published poms describe a library,
 * not a server: the 3.x and 4.x ones bring no logging backend (a broker without one writes an empty log), and the
 * oldest ones bring a ZooKeeper that today's Java cannot run.
 */

/**
 * How the cluster keeps its metadata: in ZooKeeper, or by Raft in nodes that are brokers as well (`kraft-combined`)
 * or controllers only (`kraft-separate`).
 */
export type KafkaMode = 'zookeeper' | 'kraft-combined' | 'kraft-separate';

/** The newest version, and the last one that still knows ZooKeeper: what is taken when no version is named. */
export const NEWEST_VERSION = '4.4.0';
export const NEWEST_ZOOKEEPER_VERSION = '3.9.1';

/** The versions that the project's own tests run; any other one is tried. */
export const PROVEN_VERSIONS: readonly string[] = ['4.4.0', '4.1.0', '3.9.1', '2.0.1'];

export interface Recipe {
  version: string;
  scalaVersion: string;
  /** The broker itself first, then what its pom leaves out or gets wrong. */
  artifacts: Artifact[];
  modes: readonly KafkaMode[];
  /** The oldest Java that runs it. */
  javaVersionMin: number;
}

/** @throws Failure when `version` is not a release number of three parts. */
export function recipeFor(version: string): Recipe {
  const number = orderOf(version);
  const scalaVersion = number >= 2_04_00 ? '2.13' : number >= 1_00_00 ? '2.12' : '2.11';
  const kafka = { group: 'org.apache.kafka', name: `kafka_${scalaVersion}`, version };
  return {
    version,
    scalaVersion,
    artifacts: [kafka, ...loggingArtifacts(number), ...zookeeperArtifacts(number)],
    modes: modesOf(version),
    javaVersionMin: number >= 4_00_00 ? 17 : 8,
  };
}

/** ZooKeeper went in 4.0; KRaft was declared ready in 3.3. */
export function modesOf(version: string): readonly KafkaMode[] {
  const number = orderOf(version);
  if (number >= 4_00_00) return ['kraft-combined', 'kraft-separate'];
  if (number >= 3_03_00) return ['zookeeper', 'kraft-combined', 'kraft-separate'];
  return ['zookeeper'];
}

/** Whether an administrator can move leaders by requests to brokers; before that it took writing into ZooKeeper. */
export function movesLeaders(version: string): boolean {
  return orderOf(version) >= 2_04_00;
}

/** The version to take when only the mode is known. */
export function defaultVersion(mode: KafkaMode | undefined): string {
  return mode === 'zookeeper' ? NEWEST_ZOOKEEPER_VERSION : NEWEST_VERSION;
}

/** @throws Failure when this version cannot run in this mode; the hint names versions that can. */
export function assertMode(version: string, mode: KafkaMode): void {
  if (modesOf(version).includes(mode)) return;
  const hint =
    mode === 'zookeeper'
      ? `ZooKeeper was removed in Kafka 4.0: use --kafka ${NEWEST_ZOOKEEPER_VERSION} or older, or a KRaft mode`
      : `KRaft is ready from Kafka 3.3 on: use --kafka ${NEWEST_VERSION}, or the zookeeper mode`;
  throw new Failure(`Kafka ${version} cannot run in ${mode} mode`, { hint, exitStatus: EXIT.usage });
}

/** `3.9.1` as 3_09_01: comparable. Suffixes such as `-rc0` do not count. */
export function orderOf(version: string): number {
  const parts = /^(\d+)\.(\d+)\.(\d+)/.exec(version);
  if (parts === null) {
    throw new Failure(`“${version}” is not a version of Kafka`, {
      hint: `use a full release number such as ${NEWEST_VERSION}`,
      exitStatus: EXIT.usage,
    });
  }
  return Number(parts[1]) * 10_000 + Number(parts[2]) * 100 + Number(parts[3]);
}

/**
 * 4.x logs through log4j2, 3.x through reload4j; 2.x brings log4j 1.2 itself from 2.0 on, and lacks only the binding.
 * API, core and binding of log4j2 are pinned together: they must be of one version.
 */
function loggingArtifacts(number: number): Artifact[] {
  if (number >= 4_00_00) {
    const version = number >= 4_02_00 ? '2.25.5' : '2.24.3';
    const group = 'org.apache.logging.log4j';
    return ['log4j-api', 'log4j-core', 'log4j-slf4j-impl'].map((name) => ({ group, name, version }));
  }
  if (number >= 3_00_00) return [{ group: 'org.slf4j', name: 'slf4j-reload4j', version: '1.7.36' }];
  return [{ group: 'org.slf4j', name: 'slf4j-log4j12', version: '1.7.25' }];
}

/**
 * Kafka 2.0 to 2.3 ask for ZooKeeper 3.4.13 or 3.4.14, whose client takes an address apart in a way that Java 14
 * broke: it finds no server (UnresolvedAddressException). 3.4.10 speaks the same protocol and runs.
 */
function zookeeperArtifacts(number: number): Artifact[] {
  if (number >= 2_04_00) return [];
  return [{ group: 'org.apache.zookeeper', name: 'zookeeper', version: '3.4.10' }];
}

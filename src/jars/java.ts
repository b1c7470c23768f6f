import { join } from 'node:path';
import { execa } from '../core/execa.ts';
import { Failure } from '../core/failure.ts';

export interface Java {
  /** The executable, as it is started. */
  path: string;
  /** As it calls itself: `17.0.15`, `1.8.0_402`. */
  version: string;
  /** 17, 8. */
  major: number;
}

/**
 * The Java that runs brokers and clients: `JAVA_HOME`'s if that is set, else the `java` on the PATH.
 * @param what needs it, as a sentence begins with it.
 * @throws Failure when there is none.
 */
export async function findJava(environment: NodeJS.ProcessEnv, what = 'Kafka'): Promise<Java> {
  const home = environment['JAVA_HOME'];
  const path = home ? join(home, 'bin', 'java') : 'java';
  const result = await execa(path, ['-version'], {
    reject: false,
    stdin: 'ignore',
    env: environment,
    extendEnv: false,
    all: true,
  });
  const version = /version "([^"]+)"/.exec(result.all ?? '')?.[1];
  if (version === undefined) {
    throw new Failure(
      home
        ? `JAVA_HOME is ${home}, but there is no working ${path}`
        : `${what} needs Java, and ${result.code === 'ENOENT' ? 'no java is on the PATH' : `"java -version" did not tell its version: ${result.shortMessage}`}`,
      { hint: 'install Java 17 or newer, for example with: apt-get install openjdk-17-jre-headless' },
    );
  }
  return { path, version, major: javaMajor(version) };
}

/** 8 of `1.8.0_402`, 17 of `17.0.15`, 25 of `25-ea`. */
export function javaMajor(version: string): number {
  const parts = /^(?:1\.)?(\d+)/.exec(version);
  return Number(parts?.[1] ?? 0);
}

/**
 * @param need.what as a sentence begins with it: `Kafka 4.4.0`.
 * @param need.otherwise what else may be done, as the end of a hint.
 * @throws Failure when `java` is older than that asks for.
 */
export function assertJava(
  java: Java,
  { what, javaVersionMin, otherwise }: { what: string; javaVersionMin: number; otherwise: string },
): void {
  if (java.major >= javaVersionMin) return;
  throw new Failure(`${what} needs Java ${javaVersionMin} or newer, and ${java.path} is ${java.version}`, {
    hint: `install Java ${javaVersionMin} or newer and point JAVA_HOME at it, or ${otherwise}`,
  });
}

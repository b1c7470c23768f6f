import type { Engine } from '../../control/docker/engine.ts';
import { ensureHelperImage } from '../../control/docker/helper-image.ts';
import { pullImage } from '../../control/docker/image.ts';
import { labelsOf } from '../../control/docker/labels.ts';
import { containerRemote, startWaiting } from '../../control/docker/node.ts';
import { startReaper } from '../../control/docker/reaper.ts';
import { Failure, messageOf } from '../../core/failure.ts';
import { freshId } from '../../core/random.ts';
import { assertRuns, nameOf, type Distribution } from './distribution.ts';
import { javaMajor } from '../../jars/java.ts';

/**
 * The Kafka of an image that a user names: its Java and its jars, wherever they are. A run uses these two with
 * configuration files and a command of its own, as it does everywhere; the image's entrypoint and its conventions for
 * environment variables are left aside.
 */

/** Looks in a container of the image. Prints `key value` a line, and each jar with its checksum, where there is a way. */
const LOOK = `
java=$(command -v java 2>/dev/null)
for one in "$java" "$JAVA_HOME/bin/java" /opt/java/*/bin/java /opt/java/bin/java /usr/lib/jvm/*/bin/java; do
  if [ -x "$one" ]; then echo "java $one"; "$one" -version 2>&1 | sed 's/^/version /'; break; fi
done
libs=
for one in /opt/kafka/libs /usr/share/java/kafka /opt/bitnami/kafka/libs; do
  if ls "$one"/kafka_*.jar >/dev/null 2>&1; then libs=$one; break; fi
done
if [ -z "$libs" ] && command -v find >/dev/null 2>&1; then
  jar=$(find / -xdev -name 'kafka_2.*.jar' 2>/dev/null | head -n 1)
  if [ -n "$jar" ]; then libs=\${jar%/*}; fi
fi
if [ -n "$libs" ]; then
  echo "libs $libs"
  cd "$libs" || exit 1
  for jar in *.jar; do
    sum=$(sha256sum "$jar" 2>/dev/null) || sum=unknown
    echo "jar $jar \${sum%% *}"
  done
fi`;
const LOOK_TIMEOUT_MS = 120_000;

/** @throws Failure with one sentence for an image that cannot be had, or that no Kafka can be run from. */
export async function findInImage(
  engine: Engine,
  image: string,
  options: { cacheDirectory: string; say: (line: string) => void },
): Promise<Distribution> {
  await pullImage(engine, image, options.say);
  const said = await lookInto(engine, image, options.say);
  return distributionIn(said, image, options.cacheDirectory);
}

async function lookInto(engine: Engine, image: string, say: (line: string) => void): Promise<string> {
  const run = `look-${freshId()}`;
  const reaper = await startReaper(engine, { run, image: await ensureHelperImage(engine, say) });
  try {
    const container = await startWaiting(engine, {
      name: `kept-${run}`,
      Image: image,
      Labels: labelsOf(run, 'look'),
      HostConfig: { NetworkMode: 'none' },
    }).catch((error: unknown) => {
      throw unusable(image, `it has no /bin/sh: ${messageOf(error)}`);
    });
    const remote = containerRemote(engine, container, { name: image, address: '' });
    const { stdout } = await remote.exec(['sh', '-c', LOOK], { timeoutMs: LOOK_TIMEOUT_MS });
    remote.close();
    return stdout;
  } finally {
    await reaper.reap();
  }
}

/** @param said what `LOOK` has printed. */
export function distributionIn(said: string, image: string, cacheDirectory: string): Distribution {
  const lines = said.split('\n').map((line) => line.split(' '));
  const valuesOf = (key: string) => lines.filter(([first]) => first === key).map(([, ...rest]) => rest);
  const path = valuesOf('java')[0]?.join(' ');
  const javaVersion = /version "([^"]+)"/.exec(
    valuesOf('version')
      .map((words) => words.join(' '))
      .join('\n'),
  )?.[1];
  if (path === undefined || javaVersion === undefined) throw unusable(image, 'it has no Java');
  const directory = valuesOf('libs')[0]?.join(' ');
  if (directory === undefined) throw unusable(image, 'it has no kafka_SCALA-VERSION.jar');
  const jars = Object.fromEntries(valuesOf('jar').map(([jar, sum]) => [jar!, sum!]));
  const { version: named, scalaVersion } = nameOf(Object.keys(jars), `${directory} of ${image}`);
  const version = kafkaVersionOf(named);
  const java = { path, version: javaVersion, major: javaMajor(javaVersion) };
  assertRuns(java, version);
  return { version, scalaVersion, directory, jars, java, origin: `image ${image}`, cacheDirectory };
}

/**
 * Confluent numbers its own: 7.5 is Kafka 3.5, 8.0 is 4.0, 5.0 is 2.0 and 6.0 is 2.6. Its patches are others than Kafka's,
 * so only the first two numbers are told.
 */
export function kafkaVersionOf(named: string): string {
  const [, major = '', minor = ''] = /^(\d+)\.(\d+)\.\d+-(?:ccs|ce)/.exec(named) ?? [];
  const kafka = { 5: [2, 0], 6: [2, 6], 7: [3, 0], 8: [4, 0] }[Number(major)];
  return kafka === undefined ? named : `${kafka[0]}.${kafka[1]! + Number(minor)}.0`;
}

function unusable(image: string, why: string): Failure {
  return new Failure(`No Kafka can be run from the image ${image}: ${why}.`, {
    hint: 'Images that are known to do: apache/kafka:4.4.0 (not -native), confluentinc/cp-kafka:7.9.0. Without --image, kept assembles one.',
  });
}

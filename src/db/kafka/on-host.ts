import { createHash } from 'node:crypto';
import { join } from 'node:path/posix';
import { putDirectory } from '../../control/ssh/upload.ts';
import type { RemoteHost } from '../../control/ssh/remote-host.ts';
import { Failure } from '../../core/failure.ts';
import type { Distribution } from './distribution.ts';
import { javaMajor, type Java } from '../../jars/java.ts';
import { recipeFor } from './recipes.ts';

/** Java and Kafka on a host that was not made for them: found there, or brought there once. */

const LOOK_TIMEOUT_MS = 60_000;
/** Each Java of the usual places with what it says of its version. A login may know one that this shell does not. */
const JAVAS = `
home=$(sh -lc 'echo "$JAVA_HOME"' 2>/dev/null | tail -n 1)
for one in "$JAVA_HOME/bin/java" "$home/bin/java" "$(command -v java 2>/dev/null)" \\
  /usr/lib/jvm/*/bin/java /opt/java/bin/java /opt/java/*/bin/java /opt/*/bin/java /usr/java/*/bin/java \\
  "$HOME"/.sdkman/candidates/java/*/bin/java; do
  [ -x "$one" ] || continue
  echo "java $one"
  "$one" -version 2>&1 | sed 's/^/said /'
done`;

/** @throws Failure that says what to install, when there is none that this Kafka runs on. */
export async function findJavaOn(host: RemoteHost, kafkaVersion: string): Promise<Java> {
  const { javaVersionMin } = recipeFor(kafkaVersion);
  const { stdout } = await host.control.exec(['sh', '-c', JAVAS], { timeoutMs: LOOK_TIMEOUT_MS });
  const javas = javasIn(stdout);
  const found = javas.find(({ major }) => major >= javaVersionMin);
  if (found !== undefined) return found;
  const best = javas.toSorted((one, other) => other.major - one.major)[0];
  const why = best === undefined ? 'has no Java' : `has only Java ${best.version} (${best.path})`;
  throw new Failure(
    `${host.name} ${why}, and Kafka ${kafkaVersion} needs Java ${javaVersionMin} or newer there`,
    {
      hint: `install one on ${host.name}, for example with: apt-get install openjdk-17-jre-headless; it is found on the PATH, in JAVA_HOME and in /usr/lib/jvm`,
    },
  );
}

/** @param said what `JAVAS` has printed. */
export function javasIn(said: string): Java[] {
  return said.split(/^java /m).flatMap((part) => {
    const path = part.split('\n')[0]!;
    const version = /^said .*version "([^"]+)"/m.exec(part)?.[1];
    return version === undefined ? [] : [{ path, version, major: javaMajor(version) }];
  });
}

const USUAL_PLACES = [
  '/opt/kafka/libs',
  '/usr/local/kafka/libs',
  '/usr/share/kafka/libs',
  '/usr/lib/kafka/libs',
];
const SUMS = 'cd "$1" 2>/dev/null || exit 0; sha256sum *.jar';
const CACHE = '.cache/kept';

/**
 * Where the jars of a distribution are on a host. A Kafka that stands there serves if it has the same jars; else they are
 * copied into a cache of the user's there, once, and compared with their checksums then and at every use.
 */
export async function bringKafkaTo(
  host: RemoteHost,
  distribution: Distribution,
  say: (line: string) => void,
): Promise<string> {
  const key = createHash('sha256').update(JSON.stringify(distribution.jars)).digest('hex').slice(0, 12);
  const entry = join(host.facts.home, CACHE, `kafka-${distribution.version}-${key}`);
  for (const place of [entry, ...USUAL_PLACES])
    if (hasAll(await sumsOn(host, place), distribution)) return place;
  const temporary = `${entry}.uploading-${host.facts.hostname}`;
  await run(host, ['rm', '-rf', temporary, entry]);
  let told = 0;
  await putDirectory({
    from: distribution.directory,
    to: temporary,
    remote: host.control,
    connection: host.connection,
    only: (name) => name in distribution.jars,
    onProgress({ bytes, ofBytes }) {
      const quarter = Math.floor((4 * bytes) / ofBytes);
      if (quarter <= told) return;
      told = quarter;
      say(
        `Copying Kafka ${distribution.version} to ${host.name}, once: ${megabytes(bytes)} of ${megabytes(ofBytes)}`,
      );
    },
  });
  if (!hasAll(await sumsOn(host, temporary), distribution))
    throw new Failure(
      `Kafka did not arrive whole on ${host.name}: the checksums in ${temporary} are others`,
      {
        hint: 'is the disk there full? "df -h" on the host tells',
      },
    );
  await run(host, ['mv', temporary, entry]);
  return entry;
}

async function sumsOn(host: RemoteHost, directory: string): Promise<Map<string, string>> {
  const { stdout } = await host.control.exec(['sh', '-c', SUMS, 'sh', directory], {
    timeoutMs: LOOK_TIMEOUT_MS,
  });
  return new Map(
    stdout.split('\n').flatMap((line) => {
      const [, sum, jar] = /^([0-9a-f]{64}) [ *](.+)$/.exec(line) ?? [];
      return sum === undefined || jar === undefined ? [] : [[jar, sum]];
    }),
  );
}

function hasAll(sums: ReadonlyMap<string, string>, { jars }: Distribution): boolean {
  return Object.entries(jars).every(([jar, sum]) => sums.get(jar) === sum);
}

async function run(host: RemoteHost, command: readonly string[]): Promise<void> {
  const { exitStatus, stderr } = await host.control.exec(command, { timeoutMs: LOOK_TIMEOUT_MS });
  if (exitStatus !== 0) throw new Failure(`"${command[0]}" on ${host.name} says: ${stderr}`);
}

const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;

import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { cacheDirectory, ensureEntry } from '../../src/jars/cache.ts';

/** A Spark out of Maven's jars, as much of an installation as a driver and its workers need; kept in the cache. */
const VERSION = '3.5.9';

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>kept</groupId><artifactId>spark</artifactId><version>${VERSION}</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.spark</groupId><artifactId>spark-sql_2.13</artifactId><version>${VERSION}</version></dependency>
  </dependencies>
</project>
`;

/** A few rows need no two hundred tasks, and programs that end soon no second compiler. */
const COMPILER = '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC';
const DEFAULTS = `spark.sql.shuffle.partitions 2
spark.default.parallelism 2
spark.sql.codegen.wholeStage false
spark.sql.codegen.factoryMode NO_CODEGEN
spark.sql.adaptive.enabled false
spark.sql.files.openCostInBytes 0
spark.sql.files.minPartitionNum 1
spark.sql.sources.parallelPartitionDiscovery.threshold 100000
spark.executor.extraJavaOptions ${COMPILER}
spark.ui.enabled false
spark.driver.bindAddress 127.0.0.1
spark.driver.host 127.0.0.1
`;

/** What Spark's own script does: its jars, and the doors in Java's modules that they need. */
const SUBMIT = `#!/bin/sh
export SPARK_HOME="$(cd "$(dirname "$0")/.." && pwd)"
export SPARK_CONF_DIR="$SPARK_HOME/conf"
export SPARK_SCALA_VERSION=2.13
export SPARK_LOCAL_IP=127.0.0.1
opens=
for package in java.lang java.lang.invoke java.lang.reflect java.io java.net java.nio java.util java.util.concurrent \\
  java.util.concurrent.atomic sun.nio.ch sun.nio.cs sun.security.action sun.util.calendar; do
  opens="$opens --add-opens=java.base/$package=ALL-UNNAMED"
done
exec java -Xmx1g ${COMPILER} $opens -cp "$SPARK_HOME/conf:$SPARK_HOME/jars/*" org.apache.spark.deploy.SparkSubmit "$@"
`;

/**
 * @param directory where it is put together, around the jars in the cache; workers leave their logs there.
 * @returns the value of SPARK_HOME.
 */
export async function sparkHome(directory: string): Promise<string> {
  const cached = join(cacheDirectory(process.env), `spark-${VERSION}`);
  await ensureEntry(cached, async (entry) => {
    const pom = join(entry, 'pom.xml');
    writeFileSync(pom, POM);
    const goal = [
      'dependency:copy-dependencies',
      '-DincludeScope=runtime',
      `-DoutputDirectory=${entry}/jars`,
    ];
    await execa('mvn', ['--batch-mode', '--quiet', '--file', pom, ...goal]);
  });
  const home = join(directory, 'spark-home');
  if (existsSync(home)) return home;
  for (const name of ['bin', 'conf']) mkdirSync(join(home, name), { recursive: true });
  symlinkSync(join(cached, 'jars'), join(home, 'jars'));
  writeFileSync(join(home, 'bin', 'spark-submit'), SUBMIT, { mode: 0o755 });
  writeFileSync(join(home, 'conf', 'spark-defaults.conf'), DEFAULTS);
  return home;
}

import test from 'ava';
import { Failure } from '../../../src/core/failure.ts';
import { distributionIn, kafkaVersionOf } from '../../../src/db/kafka/image-distribution.ts';

/** What a look into an image says, line by line, and what is made of it. */
const JAVA = ['java /opt/java/openjdk/bin/java', 'version openjdk version "21.0.4" 2024-07-16'];

test('an image of Apache is a Kafka with its own Java', (t) => {
  const said = [...JAVA, 'libs /opt/kafka/libs', 'jar kafka_2.13-4.1.0.jar 12ab', 'jar zstd.jar unknown'];
  t.deepEqual(distributionIn(said.join('\n'), 'apache/kafka:4.1.0', '/cache'), {
    version: '4.1.0',
    scalaVersion: '2.13',
    directory: '/opt/kafka/libs',
    jars: { 'kafka_2.13-4.1.0.jar': '12ab', 'zstd.jar': 'unknown' },
    java: { path: '/opt/java/openjdk/bin/java', version: '21.0.4', major: 21 },
    origin: 'image apache/kafka:4.1.0',
    cacheDirectory: '/cache',
  });
});

test('Confluent’s numbers are Kafka’s, shifted', (t) => {
  const versions = { '7.5.3-ccs': '3.5.0', '8.0.0-ccs': '4.0.0', '5.0.1-ccs': '2.0.0', '6.2.0-ce': '2.8.0' };
  for (const [named, version] of Object.entries(versions)) t.is(kafkaVersionOf(named), version);
  t.is(kafkaVersionOf('3.9.1'), '3.9.1');
});

test('an image without Java, without Kafka or with a Java that is too old is one sentence', (t) => {
  const refused = (lines: string[]) =>
    t.throws(() => distributionIn(lines.join('\n'), 'some/image', '/cache'), { instanceOf: Failure }).message;
  t.is(refused([]), 'No Kafka can be run from the image some/image: it has no Java.');
  t.is(refused(JAVA), 'No Kafka can be run from the image some/image: it has no kafka_SCALA-VERSION.jar.');
  const old = ['java /bin/java', 'version openjdk version "11.0.2"', 'libs /l', 'jar kafka_2.13-4.4.0.jar x'];
  t.regex(refused(old), /^Kafka 4\.4\.0 needs Java 17 or newer/);
});

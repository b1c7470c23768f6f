import test from 'ava';
import { Failure } from '../../src/core/failure.ts';
import { assertDockerWishes } from '../../src/run/prepare-docker.ts';

/** What contradicts itself is refused before any daemon is asked. */
function refused(
  wishes: Parameters<typeof assertDockerWishes>[0],
  kind: 'docker' | 'netns' = 'docker',
): string | null {
  try {
    assertDockerWishes(wishes, kind);
    return null;
  } catch (error) {
    if (error instanceof Failure && error.exitStatus === 64) return error.message;
    throw error;
  }
}

test('names of images are taken as registries take them', (t) => {
  for (const image of [
    'kafka',
    'apache/kafka:4.4.0',
    'registry.example:5000/team/kafka:3.9.1-rc0',
    `apache/kafka@sha256:${'0'.repeat(64)}`,
  ]) {
    t.is(refused({ image }), null, image);
  }
  for (const image of ['', 'Big', 'two words', 'kafka:', '--rm', 'kafka@sha256:12'])
    t.regex(refused({ image }) ?? '', /is no name of an image/, image);
});

test('an image brings its Kafka, and only containers have one', (t) => {
  t.regex(refused({ image: 'a', kafka: '3.9.1' }) ?? '', /--image brings its own Kafka/);
  t.regex(refused({ image: 'a' }, 'netns') ?? '', /this lab has none/);
  t.regex(refused({ dataDir: '/data' }) ?? '', /--data-dir is a directory of this machine/);
  t.is(refused({ dataDir: '/data' }, 'netns'), null);
});

test('how containers are reached is a matter of containers', (t) => {
  t.is(refused({ dockerReach: 'published' }), null);
  t.is(refused({ dockerReach: 'direct', image: 'a' }), null);
  t.regex(refused({ dockerReach: 'direct' }, 'netns') ?? '', /--docker-reach .* this lab has none/);
});

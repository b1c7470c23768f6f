import test from 'ava';
import { EXIT, Failure } from '../../src/core/failure.ts';
import { javasIn } from '../../src/db/kafka/on-host.ts';
import { planNodes } from '../../src/db/kafka/plan.ts';
import { assign, assertSshWishes } from '../../src/run/prepare-ssh.ts';
import { scenarioSchema } from '../../src/scenario/schema.ts';

const scenario = scenarioSchema.parse({ name: 'any' });
const refusal = (
  options: Parameters<typeof assertSshWishes>[0],
  lab: 'ssh' | 'netns' = 'ssh',
  given = scenario,
) => {
  try {
    assertSshWishes(options, given, lab);
    return null;
  } catch (error) {
    if (!(error instanceof Failure) || error.exitStatus !== EXIT.usage) throw error;
    return error.message;
  }
};

test('each broker has a host of its own; what coordinates them has those that are left, or shares', (t) => {
  const zookeeper = planNodes('zookeeper', 3);
  t.deepEqual(assign(zookeeper, 3), [0, 0, 1, 2], 'ZooKeeper shares the first host');
  t.deepEqual(assign(zookeeper, 4), [3, 0, 1, 2]);
  t.deepEqual(assign(zookeeper, 9), [3, 0, 1, 2]);
  t.deepEqual(assign(planNodes('kraft-combined', 3), 3), [0, 1, 2]);
  t.deepEqual(assign(planNodes('kraft-separate', 2, 3), 3), [2, 0, 1, 0, 1]);
});

test('hosts are named where they are needed, and there only', (t) => {
  t.is(refusal({ nodes: ['a', 'b', 'c'] }), null);
  t.is(refusal({}, 'ssh', { ...scenario, nodes: ['a', 'b', 'c'] }), null, 'a scenario may name them');
  t.regex(refusal({})!, /needs hosts/);
  t.regex(refusal({ nodes: ['a', 'b'] })!, /3 brokers need as many hosts, and 2 are named/);
  t.regex(refusal({ nodes: ['a', 'b', 'a'] })!, /named twice/);
  t.regex(refusal({ nodes: ['a', 'b', 'c d'] })!, /does not name a host/);
  t.regex(refusal({ nodes: ['a'] }, 'netns')!, /--nodes/);
  t.regex(refusal({ sshAcceptNew: true }, 'netns')!, /--ssh-accept-new/);
  t.regex(refusal({ nodes: ['a', 'b', 'c'], dataDir: 'here' })!, /absolute/);
});

test('a Java is what says its version', (t) => {
  const said = `java /opt/broken/bin/java
said sh: cannot execute
java /usr/lib/jvm/8/bin/java
said openjdk version "1.8.0_402"
said OpenJDK Runtime Environment
java /usr/lib/jvm/17/bin/java
said Picked up JAVA_TOOL_OPTIONS: -Xmx1g
said openjdk version "17.0.15" 2025-04-15`;
  t.deepEqual(
    javasIn(said).map(({ path, major }) => [path, major]),
    [
      ['/usr/lib/jvm/8/bin/java', 8],
      ['/usr/lib/jvm/17/bin/java', 17],
    ],
  );
  t.deepEqual(javasIn(''), []);
});

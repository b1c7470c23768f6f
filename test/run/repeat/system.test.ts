import test from 'ava';
import { EXIT, Failure } from '../../../src/core/failure.ts';
import type { Plan } from '../../../src/run/plan.ts';
import { assertSameSystem, systemOf } from '../../../src/run/repeat/system.ts';
import type { SshPlan } from '../../../src/world/plan.ts';

/** What a repeat or a soak ran against must be what it goes on with. */
const distribution = { version: '4.4.0', jars: { 'kafka.jar': 'aa' } } as unknown as SshPlan['distribution'];

function onHosts(...hosts: string[]) {
  const nodes = hosts.map((host, index) => ({ name: `kafka${index + 1}`, host, ports: [9092] }));
  const world = { kind: 'ssh', distribution, local: distribution, nodes } as unknown as SshPlan;
  return systemOf({ world, mode: 'kraft-combined', client: { mode: 'audit' } } as Plan);
}

test('a soak on hosts behind SSH goes on only on the same hosts, each with the same node', (t) => {
  const before = onHosts('a', 'b', 'c');
  t.notThrows(() => assertSameSystem('store/run-1', before, onHosts('a', 'b', 'c'), 'soak'));
  const refused = t.throws(() => assertSameSystem('store/run-1', before, onHosts('a', 'b', 'd'), 'soak'), {
    instanceOf: Failure,
    message:
      'the soak store/run-1 cannot go on, because what it ran against has changed: the list of hosts was kafka1 on a, kafka2 on b, kafka3 on c and is kafka1 on a, kafka2 on b, kafka3 on d',
  });
  t.is(refused.exitStatus, EXIT.usage);
  t.throws(() => assertSameSystem('store/run-1', before, onHosts('b', 'a', 'c'), 'soak'), {
    message: /kafka1 on b, kafka2 on a/,
  });
});

test('one that was begun before the hosts were noted goes on', (t) => {
  const { hosts: _, ...before } = onHosts('a', 'b', 'c');
  t.notThrows(() => assertSameSystem('store/run-1', before, onHosts('a', 'b', 'd'), 'soak'));
});

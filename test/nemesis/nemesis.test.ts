import test from 'ava';
import fc from 'fast-check';
import { realClock } from '../../src/core/clock.ts';
import { seededRandom } from '../../src/core/random.ts';
import type { View } from '../../src/db/db.ts';
import type { Event } from '../../src/history/event.ts';
import type { NodeInfo } from '../../src/history/run.ts';
import { campaign, type CampaignOptions } from '../../src/nemesis/campaign.ts';
import { aimedAtRoles, executedSchedule } from '../../src/nemesis/executed.ts';
import type { Nemesis } from '../../src/nemesis/nemesis.ts';
import { linksCutBy, type PartitionFault } from '../../src/nemesis/partitions.ts';
import { drawSchedule, MIX_KINDS } from '../../src/nemesis/schedule.ts';
import { leaderOf, resolveTarget } from '../../src/nemesis/targets.ts';
import { holds } from '../holds.ts';

const NODES: NodeInfo[] = [
  { name: 'zookeeper', id: null, roles: ['zookeeper'], address: '192.0.2.10' },
  { name: 'kafka1', id: 1, roles: ['broker'], address: '192.0.2.11' },
  { name: 'kafka2', id: 2, roles: ['broker'], address: '192.0.2.12' },
  { name: 'kafka3', id: 3, roles: ['broker'], address: '192.0.2.13' },
];

const observed = (leader: number, epoch: number | null = null, controller = 1) => ({
  controller,
  partitions: [{ partition: 0, leader, epoch, isr: [1, 2, 3] }],
});

const situation = (view: View) => ({ nodes: NODES, view, partition: 0, random: seededRandom(1) });

test('a zombie is outvoted: two brokers know better than one', (t) => {
  t.is(
    leaderOf({ observers: { kafka1: observed(1), kafka2: observed(2), kafka3: observed(2) } }, 0, NODES),
    2,
  );
});

test('a higher leader epoch beats any number of older claims', (t) => {
  t.is(
    leaderOf(
      { observers: { kafka1: observed(1, 4), kafka2: observed(1, 4), kafka3: observed(3, 5) } },
      0,
      NODES,
    ),
    3,
  );
});

test('roles are resolved when the fault strikes', (t) => {
  const view: View = { observers: { kafka1: observed(2), kafka2: observed(2), kafka3: null } };
  const resolve = (target: string) => resolveTarget(target, situation(view));
  t.deepEqual(resolve('leader'), ['kafka2']);
  t.deepEqual(resolve('followers'), ['kafka1', 'kafka3']);
  t.deepEqual(resolve('controller'), ['kafka1']);
  t.deepEqual(resolve('coordination'), ['zookeeper']);
  t.is(resolve('minority').length, 1);
  t.is(resolve('majority').length, 2);
  t.deepEqual(resolve('kafka3'), ['kafka3']);
  t.throws(() => resolve('kafka9'), { message: /no node or role named "kafka9"/ });
});

test('a leader that does not answer is about to be replaced: it is not struck again', (t) => {
  const view = { observers: { kafka1: observed(2), kafka2: null, kafka3: observed(2) } };
  t.is(leaderOf(view, 0, NODES), -1);
});

test('no broker knows a leader: the strike says so instead of guessing', (t) => {
  t.throws(() => resolveTarget('leader', situation({ observers: { kafka1: observed(-1), kafka2: null } })), {
    message: /No broker knows of a leader/,
  });
});

const cuts = (fault: PartitionFault, targets: string[] = []) =>
  linksCutBy(fault, { nodes: NODES, targets, random: seededRandom(3) })
    .map((link) => `${link.from}>${link.to}`)
    .toSorted();

test('isolating a leader from the cluster leaves its clients connected; from everyone does not', (t) => {
  const from = (what: 'cluster' | 'coordination' | 'everyone') =>
    cuts({ kind: 'isolate', target: 'leader', from: what, direction: 'both' }, ['kafka1']);
  t.deepEqual(from('coordination'), ['kafka1>zookeeper', 'zookeeper>kafka1']);
  t.is(from('cluster').length, 6);
  t.false(from('cluster').some((link) => link.includes('client')));
  t.true(from('everyone').includes('client>kafka1'));
});

test('one-way cuts name their direction from the struck node', (t) => {
  const oneWay = (direction: 'inbound' | 'outbound') =>
    cuts({ kind: 'isolate', target: 'leader', from: 'cluster', direction }, ['kafka1']);
  t.true(oneWay('inbound').every((link) => link.endsWith('>kafka1')));
  t.true(oneWay('outbound').every((link) => link.startsWith('kafka1>')));
});

test('a partition into groups cuts each two of them, both ways; the nodes that are in none are one more', (t) => {
  const partition = (...groups: string[][]) => cuts({ kind: 'partition', groups });
  t.deepEqual(
    partition(['kafka1'], ['kafka2', 'kafka3', 'zookeeper']),
    cuts({ kind: 'isolate', target: 'leader', from: 'cluster', direction: 'both' }, ['kafka1']),
    'what isolates a node from the cluster',
  );
  t.deepEqual(partition(['kafka1']), partition(['kafka1'], ['kafka2', 'kafka3', 'zookeeper']));
  t.deepEqual(
    partition(['kafka1', 'client'], ['kafka2']).filter((link) => link.startsWith('client>')),
    ['client>kafka2', 'client>kafka3', 'client>zookeeper'],
  );
  t.is(partition(['kafka1'], ['kafka2']).length, 10);
  for (const [groups, message] of [
    [[['kafka9']], /no node named "kafka9"/],
    [[['kafka1'], ['kafka1', 'kafka2']], /kafka1 stands in two groups/],
  ] as const)
    t.throws(() => partition(...groups.map((group) => [...group])), { message });
});

test('a cut takes one connection, or one direction of it', (t) => {
  t.deepEqual(cuts({ kind: 'cut', from: 'kafka1', to: 'zookeeper', direction: 'both' }), [
    'kafka1>zookeeper',
    'zookeeper>kafka1',
  ]);
  t.deepEqual(cuts({ kind: 'cut', from: 'client', to: 'kafka1', direction: 'outbound' }), ['client>kafka1']);
  t.throws(() => cuts({ kind: 'cut', from: 'kafka1', to: 'kafka9', direction: 'both' }), {
    message: /no node named "kafka9"/,
  });
});

test('in a bisection no node reaches the other half; over a bridge exactly one node sees all; in a ring all see a majority', (t) => {
  const names = NODES.map((node) => node.name);
  const seenBy = (name: string, links: string[]) =>
    names.filter((other) => other === name || !links.includes(`${name}>${other}`)).length;
  const seen = (kind: 'bisect' | 'bridge' | 'majority-ring') => {
    const links = cuts({ kind });
    return names.map((name) => seenBy(name, links)).toSorted((a, b) => a - b);
  };
  t.deepEqual(seen('bisect'), [2, 2, 2, 2]);
  t.is(seen('bridge').filter((count) => count === 4).length, 1);
  t.deepEqual(seen('majority-ring'), [3, 3, 3, 3]);
});

const mixed = { mix: [...MIX_KINDS], meanIntervalMs: 500, meanDurationMs: 1_000, keepBrokersUp: 1 };

test('a seed draws one schedule, faults do not overlap, and all of them end in time', (t) => {
  holds(
    t,
    fc.property(fc.integer(), fc.integer({ min: 1_000, max: 120_000 }), (seed, durationMs) => {
      const schedule = drawSchedule(mixed, durationMs, seededRandom(seed));
      t.deepEqual(schedule, drawSchedule(mixed, durationMs, seededRandom(seed)));
      let freeFromMs = 0;
      for (const { atMs, forMs } of schedule) {
        t.true(atMs >= freeFromMs - 1);
        freeFromMs = atMs + forMs!;
        t.true(freeFromMs <= durationMs + 1);
      }
    }),
  );
});

test('every kind of fault occurs before any occurs twice', (t) => {
  const kinds = drawSchedule({ ...mixed, mix: ['kill', 'pause', 'stop', 'bisect'] }, 600_000, seededRandom(5))
    .slice(0, 4)
    .map((strike) => strike.fault.kind);
  t.is(new Set(kinds).size, 4);
});

/** A nemesis that only takes notes. */
function noted(targets: string[], failing = false): Nemesis & { log: string[] } {
  const log: string[] = [];
  return {
    log,
    aim: async (fault) => ({ fault, targets, links: [] }),
    strike: async (aim) => {
      if (failing) throw new Error('the process is out of reach');
      log.push(`strike ${aim.fault.kind}`);
      return { ...aim, timeNs: 1, evidence: 'seen' };
    },
    heal: async (applied) => {
      log.push(`heal ${applied.fault.kind}`);
      return { timeNs: 2, evidence: 'seen' };
    },
    healAll: async () => ({ done: [], failed: [] }),
  };
}

async function carryOut(nemesis: Nemesis, change: Partial<CampaignOptions> = {}): Promise<Event[]> {
  const events: Event[] = [];
  await campaign({
    schedule: [{ id: 'a', atMs: 0, fault: { kind: 'kill', target: 'leader' }, forMs: 5 }],
    nemesis,
    clock: realClock(),
    record: (event) => events.push(event),
    brokers: ['kafka1', 'kafka2', 'kafka3'],
    keepBrokersUp: 0,
    writesReached: () => Promise.resolve(),
    durationMs: 10,
    onChange: () => undefined,
    signal: new AbortController().signal,
    ...change,
  }).run();
  return events;
}

test('what is struck is healed, and both stand in the history', async (t) => {
  const nemesis = noted(['kafka1']);
  const events = await carryOut(nemesis);
  t.deepEqual(nemesis.log, ['strike kill', 'heal kill']);
  t.deepEqual(
    events.map((event) => event.type),
    ['fault-start', 'fault-stop'],
  );
});

test('a fault without an end of its own is healed when the phase is over', async (t) => {
  const nemesis = noted(['kafka1']);
  await carryOut(nemesis, {
    schedule: [{ id: 'a', atMs: 0, fault: { kind: 'pause', target: 'leader' }, forMs: null }],
  });
  t.deepEqual(nemesis.log, ['strike pause', 'heal pause']);
});

test('an early end heals at once and starts nothing more', async (t) => {
  const nemesis = noted(['kafka1']);
  const stop = new AbortController();
  await carryOut(nemesis, {
    signal: stop.signal,
    durationMs: 60_000,
    schedule: [
      { id: 'a', atMs: 0, fault: { kind: 'kill', target: 'leader' }, forMs: 60_000 },
      { id: 'b', atMs: 50_000, fault: { kind: 'pause', target: 'leader' }, forMs: 1_000 },
    ],
    onChange: (inForce) => {
      if (inForce.length > 0) stop.abort();
    },
  });
  t.deepEqual(nemesis.log, ['strike kill', 'heal kill']);
});

test('a strike that would break what must stay up is left out, and the history says why', async (t) => {
  const nemesis = noted(['kafka1', 'kafka2']);
  const events = await carryOut(nemesis, { keepBrokersUp: 2 });
  t.deepEqual(nemesis.log, []);
  t.like(events[0], { type: 'fault-skipped' });
});

test('a fault that cannot be applied is loud, and the run goes on', async (t) => {
  const events = await carryOut(noted(['kafka1'], true));
  t.like(events[0], { type: 'fault-failed', reason: 'the process is out of reach' });
});

test('what was done can be done again: on the same nodes, though others hold the roles by then', async (t) => {
  const first = await carryOut(noted(['kafka1']));
  const again = executedSchedule([{ type: 'phase', timeNs: 0, name: 'faults' }, ...first]);
  t.like(again[0], { id: 'a', fault: { kind: 'kill', target: 'leader' }, aim: { targets: ['kafka1'] } });
  const second = await carryOut(noted(['kafka2']), { schedule: again });
  t.like(second[0], { type: 'fault-start', targets: ['kafka1'] });
});

test('the executed schedule counts from the faults phase, and knows what was never healed', (t) => {
  const fault = { kind: 'pause', target: 'leader' } as const;
  const strike = { fault, targets: ['kafka2'], links: [], evidence: '' };
  const events: Event[] = [
    { type: 'phase', timeNs: 3e9, name: 'faults' },
    { type: 'fault-start', id: 'a', requestedNs: 4e9, beganNs: 5e9, timeNs: 5.1e9, ...strike },
    { type: 'fault-failed', id: 'b', timeNs: 6e9, fault, reason: 'out of reach' },
    { type: 'fault-stop', id: 'a', requestedNs: 7.1e9, timeNs: 8e9, evidence: '' },
    { type: 'fault-start', id: 'c', requestedNs: 9e9, timeNs: 9e9, ...strike },
  ];
  const aim = { targets: ['kafka2'], links: [] };
  t.deepEqual(executedSchedule(events), [
    { id: 'a', atMs: 2_000, fault, forMs: 2_000, aim },
    { id: 'c', atMs: 6_000, fault, forMs: null, aim },
  ]);
});

test('a process that is struck already is struck again once it is back, and never if it does not come back', async (t) => {
  const pause = { atMs: 0, fault: { kind: 'pause', target: 'leader' } } as const;
  const nemesis = noted(['kafka1']);
  await carryOut(nemesis, {
    schedule: [
      { id: 'a', ...pause, forMs: 5 },
      { id: 'b', ...pause, forMs: 5 },
    ],
  });
  t.deepEqual(nemesis.log, ['strike pause', 'heal pause', 'strike pause', 'heal pause']);
  const events = await carryOut(noted(['kafka1']), {
    schedule: [
      { id: 'a', ...pause, forMs: null },
      { id: 'b', ...pause, forMs: 5 },
    ],
  });
  t.like(
    events.find(({ type }) => type === 'fault-skipped'),
    { id: 'b', reason: 'another fault has kafka1 in its hands' },
  );
});

test('with roles the leader is struck again, whichever node it is; what chance picked stays as it was', (t) => {
  const aim = { targets: ['kafka1'], links: [] };
  const strike = { id: 'a', atMs: 0, forMs: 5, aim };
  const schedule = aimedAtRoles([
    { ...strike, fault: { kind: 'kill', target: 'leader' } },
    { ...strike, fault: { kind: 'kill', target: 'follower' } },
    { ...strike, fault: { kind: 'bisect' } },
  ]);
  t.deepEqual(
    schedule.map((again) => again.aim),
    [undefined, aim, aim],
  );
});

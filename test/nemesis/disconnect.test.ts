import { keyOf, type Link } from '../../src/core/link.ts';
import test from 'ava';
import { EXIT, Failure } from '../../src/core/failure.ts';
import { seededRandom } from '../../src/core/random.ts';
import { virtualClock } from '../../src/core/virtual-clock.ts';
import { countedNet } from '../../src/control/counted-net.ts';
import type { Ability } from '../../src/control/impairing/impairing.ts';
import { type Net, type Probe } from '../../src/control/net.ts';
import type { Db } from '../../src/db/db.ts';
import { faultSchema } from '../../src/history/fault.ts';
import { clusterNemesis } from '../../src/nemesis/cluster-nemesis.ts';
import { drawSchedule } from '../../src/nemesis/schedule.ts';

/** Nodes that are taken off a network that is made up: what proves it, and what does not. */
const NODES = ['kafka1', 'kafka2', 'zookeeper'].map((name, index) => ({
  name,
  id: index < 2 ? index + 1 : null,
  roles: [index < 2 ? ('broker' as const) : ('zookeeper' as const)],
  address: name,
}));

interface Made {
  ability?: Ability;
  /** Whether the daemon does what it says. */
  works?: boolean;
  answer?: (link: Link, isOff: boolean) => Probe['answer'];
  refuses?: boolean;
}

function made({ ability = { answer: 'yes' }, works = true, answer, refuses = false }: Made = {}) {
  const clock = virtualClock();
  const off = new Set<string>();
  const log: string[] = [];
  const probed = new Set<string>();
  const net: Net = countedNet({
    block: async (links) => void log.push(`block ${links.map(keyOf).join(' ')}`),
    unblock: async (links) => void (links.length > 0 && log.push(`unblock ${links.map(keyOf).join(' ')}`)),
    async probe(link) {
      probed.add(keyOf(link));
      await clock.sleep(1);
      const isOff = off.has(link.from) || off.has(link.to);
      return { answer: answer?.(link, isOff) ?? (isOff ? 'silence' : 'connects'), detail: 'told' };
    },
    plugs: {
      ability,
      async pull(node) {
        log.push(`pull ${node}`);
        if (refuses) throw new Failure('Docker cannot disconnect a container from its network: no.');
        if (works) off.add(node);
      },
      async plug(node) {
        log.push(`plug ${node}`);
        off.delete(node);
      },
    },
  });
  const db = { nodes: NODES, view: async () => ({ observers: {} }) } as unknown as Db;
  const nemesis = clusterNemesis({ db, net, clock, random: seededRandom(1) });
  const strike = async (target: string) =>
    nemesis.strike(await nemesis.aim(faultSchema.parse({ kind: 'disconnect', target })));
  return { clock, log, off, probed, nemesis, strike, db, net };
}

test('peers and workers reach a node before it, not during it, and again after it', async (t) => {
  const { clock, nemesis, strike, probed, log } = made();
  const applied = await clock.drive(strike('kafka1'));
  t.deepEqual(applied.targets, ['kafka1']);
  t.is(
    applied.links.map(keyOf).join(' '),
    'kafka1>kafka2 kafka1>zookeeper kafka1>client kafka2>kafka1 zookeeper>kafka1 client>kafka1',
  );
  t.is(applied.verified, undefined);
  t.regex(applied.evidence, /^no TCP connection within 400 ms, where one came about just before: /);
  // Without a network it can make no attempt of its own.
  t.deepEqual([...probed].toSorted(), ['client>kafka1', 'kafka2>kafka1', 'zookeeper>kafka1']);
  const healed = await clock.drive(nemesis.heal(applied));
  t.regex(healed.evidence, /^TCP connects again: /);
  t.deepEqual(log, ['pull kafka1', 'plug kafka1']);
});

test('nodes that are disconnected together lose each other, too', async (t) => {
  const { clock, strike, probed } = made();
  const applied = await clock.drive(strike('brokers'));
  t.is(new Set(applied.links.map(keyOf)).size, applied.links.length);
  t.true(applied.links.some((link) => keyOf(link) === 'kafka1>kafka2'));
  t.false([...probed].some((link) => link === 'kafka1>kafka2' || link === 'kafka2>kafka1'));
  t.is(applied.verified, undefined);
});

test('a disconnection without an effect fails, and nothing of it is left', async (t) => {
  const { clock, strike, log, net } = made({ works: false });
  await t.throwsAsync(clock.drive(strike('kafka1')), { message: /^The cut has no effect: .*kafka1/ });
  t.deepEqual(log, ['pull kafka1', 'plug kafka1']);
  t.false(net.isCut({ from: 'kafka1', to: 'kafka2' }));
});

test('a daemon that refuses is a fault that failed, and nothing of it is left', async (t) => {
  const { clock, strike, log, net } = made({ refuses: true });
  await t.throwsAsync(clock.drive(strike('kafka1')), { message: /^Docker cannot disconnect/ });
  t.deepEqual(log, ['pull kafka1', 'plug kafka1']);
  t.false(net.isCut({ from: 'kafka1', to: 'kafka2' }));
});

test('a probe that observed nothing proves nothing', async (t) => {
  const { clock, strike } = made({
    answer: ({ from }, isOff) =>
      isOff && from === 'client' ? 'no-observation' : isOff ? 'silence' : 'connects',
  });
  const applied = await clock.drive(strike('kafka1'));
  t.false(applied.verified);
  t.regex(applied.evidence, /not observed: client–kafka1: the probe failed \(told\)/);
});

test('a heal tries only what nothing else cuts, and the final heal connects before it opens links', async (t) => {
  const { clock, nemesis, strike, log, off } = made();
  await clock.drive(strike('kafka1'));
  await clock.drive(
    (async () => {
      const cut = faultSchema.parse({ kind: 'cut', from: 'kafka1', to: 'kafka2' });
      const { evidence } = await nemesis.strike(await nemesis.aim(cut));
      t.is(evidence, 'cut by another fault already: kafka1–kafka2');
      t.deepEqual((await nemesis.healAll()).failed, []);
    })(),
  );
  t.is(off.size, 0);
  t.deepEqual(log.slice(-2), ['plug kafka1', 'unblock kafka1>kafka2 kafka2>kafka1']);
});

test('a lab without a daemon, and one that cannot, refuse it in a sentence', async (t) => {
  const fault = faultSchema.parse({ kind: 'disconnect', target: 'kafka1' });
  const { clock, db } = made();
  const without = clusterNemesis({ db, net: null, clock, random: seededRandom(1) });
  const refusal = await t.throwsAsync(clock.drive(without.aim(fault)), { instanceOf: Failure });
  t.is(refusal.exitStatus, EXIT.usage);
  t.regex(refusal.message, /^In this lab no node can be disconnected/);
  const cannot = made({ ability: { answer: 'no', because: 'ports are published', hint: 'Isolate it.' } });
  await t.throwsAsync(cannot.clock.drive(cannot.nemesis.aim(fault)), {
    message: 'No node can be disconnected here: ports are published.',
  });
});

test('a random schedule has it where it is asked for', (t) => {
  const settings = {
    mix: ['disconnect' as const],
    meanIntervalMs: 500,
    meanDurationMs: 500,
    keepBrokersUp: 0,
  };
  const drawn = drawSchedule(settings, 20_000, seededRandom(7)).map(({ fault }) => fault);
  t.true(drawn.length > 3);
  for (const fault of drawn) {
    t.is(fault.kind, 'disconnect');
    t.deepEqual(faultSchema.parse(fault), fault);
  }
});

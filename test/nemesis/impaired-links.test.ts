import { keyOf, type Link } from '../../src/core/link.ts';
import test from 'ava';
import { EXIT, Failure } from '../../src/core/failure.ts';
import { virtualClock } from '../../src/core/virtual-clock.ts';
import { seededRandom } from '../../src/core/random.ts';
import type { Ability, Count, Impairment } from '../../src/control/impairing/impairing.ts';
import { type Net } from '../../src/control/net.ts';
import { faultSchema, type Fault } from '../../src/history/fault.ts';
import type { Db } from '../../src/db/db.ts';
import { clusterNemesis } from '../../src/nemesis/cluster-nemesis.ts';
import { drawSchedule } from '../../src/nemesis/schedule.ts';

/** Faults that impair links, on a network that is made up: what counts as their proof, and what does not. */
const NODES = ['kafka1', 'kafka2', 'zookeeper'].map((name, index) => ({
  name,
  id: index < 2 ? index + 1 : null,
  roles: [index < 2 ? ('broker' as const) : ('zookeeper' as const)],
  address: name,
}));

interface Made {
  ability?: Ability;
  /** Of so many packets that came by, how many were dropped. */
  drop?: (link: Link, seen: number) => number;
  unreadable?: boolean;
  /** By how much a connection really takes longer, as a part of what was asked for. */
  share?: number;
  silent?: boolean;
}

function made({
  ability = { answer: 'yes' },
  drop = (_, seen) => seen >> 2,
  unreadable,
  share = 1,
  silent,
}: Made = {}) {
  const clock = virtualClock();
  const inForce: { impairment: Impairment; links: readonly Link[]; seen: Map<string, number> }[] = [];
  const log: string[] = [];
  const net: Net = {
    cut: async () => undefined,
    heal: async () => [],
    isCut: () => false,
    needsControl: false,
    async probe(link) {
      let ms = 1;
      for (const { impairment, links, seen } of inForce)
        for (const each of [link, { from: link.to, to: link.from }]) {
          if (!links.some((one) => keyOf(one) === keyOf(each))) continue;
          seen.set(keyOf(each), (seen.get(keyOf(each)) ?? 0) + 1);
          if (impairment.kind === 'delay') ms += impairment.delayMs * share;
        }
      await clock.sleep(ms);
      return { answer: silent === true ? 'silence' : 'connects', detail: '' };
    },
    impairing: {
      can: async () => ability,
      async impair(impairment, links) {
        const one = { impairment, links, seen: new Map<string, number>() };
        inForce.push(one);
        log.push(`impaired ${links.map(keyOf).join(' ')}`);
        return {
          async counts() {
            if (unreadable === true) throw new Failure('iptables is gone.');
            return new Map<string, Count>(
              links.map((link) => {
                const seen = one.seen.get(keyOf(link)) ?? 0;
                return [keyOf(link), { seen, dropped: drop(link, seen) }];
              }),
            );
          },
          async lift() {
            inForce.splice(inForce.indexOf(one), 1);
            log.push('lifted');
          },
        };
      },
      async liftAll() {
        inForce.length = 0;
        log.push('lifted all');
      },
    },
  };
  const db = {
    nodes: NODES,
    view: async () => ({ observers: {} }),
  } as unknown as Db;
  const nemesis = clusterNemesis({ db, net, clock, random: seededRandom(1) });
  const strike = async (input: object) => {
    const fault = faultSchema.parse(input);
    return nemesis.strike(await nemesis.aim(fault));
  };
  return { clock, log, inForce, nemesis, net, db, strike };
}

const LOSS = { kind: 'loss', target: 'kafka1', percent: 25 };
const DELAY = { kind: 'delay', target: 'kafka1', peers: 'kafka2', delayMs: 100 };

test('the links are those between target and peers, in the direction that is asked for', async (t) => {
  const cases: [object, string][] = [
    [{}, 'kafka1>kafka2 kafka1>zookeeper kafka2>kafka1 zookeeper>kafka1'],
    [{ peers: 'brokers' }, 'kafka1>kafka2 kafka2>kafka1'],
    [{ peers: 'coordination', direction: 'outbound' }, 'kafka1>zookeeper'],
    [{ peers: 'everyone', direction: 'inbound' }, 'kafka2>kafka1 zookeeper>kafka1 client>kafka1'],
    [{ peers: 'client', direction: 'inbound' }, 'client>kafka1'],
  ];
  for (const [more, links] of cases) {
    const { nemesis } = made();
    const aim = await nemesis.aim(faultSchema.parse({ ...LOSS, ...more }));
    t.is(aim.links.map(keyOf).join(' '), links);
    t.deepEqual(aim.targets, ['kafka1']);
  }
  const { nemesis } = made();
  await t.throwsAsync(nemesis.aim(faultSchema.parse({ ...LOSS, peers: 'kafka9' })), {
    message: 'There is no node named "kafka9" in this cluster.',
  });
  await t.throwsAsync(nemesis.aim(faultSchema.parse({ ...LOSS, peers: 'kafka1' })), {
    message: '"loss" strikes no link here: there is no node on the other side.',
  });
});

test('a loss is in force once packets were dropped on every link, and its end tells how many', async (t) => {
  const { clock, strike, nemesis, log } = made();
  const play = async () => {
    const applied = await strike(LOSS);
    t.is(applied.verified, undefined);
    t.regex(applied.evidence, /^dropped \d+ of \d+ packets: kafka1→kafka2 \d+ of \d+, /);
    const healed = await nemesis.heal(applied);
    t.regex(healed.evidence, /^dropped .*; TCP connects again: kafka1–kafka2, kafka1–zookeeper$/);
    t.is(healed.verified, undefined);
  };
  await clock.drive(play());
  t.is(log.at(-1), 'lifted');
});

test('a loss that dropped nothing of so many packets has no effect, and nothing of it is left', async (t) => {
  const { clock, strike, inForce } = made({ drop: () => 0 });
  await clock.drive(
    (async () => {
      await t.throwsAsync(strike(LOSS), {
        message: /^The loss has no effect: none was dropped of \d+ packets of kafka1→kafka2/,
      });
    })(),
  );
  t.is(inForce.length, 0);
});

test('a loss that may only not have dropped anything yet is not verified', async (t) => {
  const { clock, strike } = made({ drop: ({ to }, seen) => (to === 'kafka1' ? seen : 0) });
  await clock.drive(
    (async () => {
      const applied = await strike({ ...LOSS, percent: 0.1 });
      t.is(applied.verified, false);
      t.regex(applied.evidence, /not observed: none was dropped yet on kafka1→kafka2 \(\d+ packets\)/);
    })(),
  );
});

test('counters that cannot be read prove nothing', async (t) => {
  const { clock, strike, nemesis } = made({ unreadable: true });
  await clock.drive(
    (async () => {
      const applied = await strike(LOSS);
      t.is(applied.verified, false);
      t.regex(applied.evidence, /^not observed: the counters could not be read \(iptables is gone\)$/);
      const healed = await nemesis.heal(applied);
      t.regex(healed.evidence, /^what was dropped in all could not be read; /);
    })(),
  );
});

test('a delay shows in how long a connection takes: there and back', async (t) => {
  const { clock, strike, log } = made();
  await clock.drive(
    (async () => {
      const applied = await strike(DELAY);
      t.is(applied.evidence, 'a TCP connection takes longer: kafka1–kafka2 1.0 → 201.0 ms');
      t.is(applied.verified, undefined);
    })(),
  );
  t.deepEqual(log, ['impaired kafka1>kafka2 kafka2>kafka1']);
});

test('a delay that makes nothing late has no effect; one that cannot be measured is not verified', async (t) => {
  for (const [share, isVain] of [
    [0, true],
    [0.4, false],
  ] as const) {
    const { clock, strike, inForce } = made({ share });
    await clock.drive(
      (async () => {
        if (isVain) {
          await t.throwsAsync(strike(DELAY), {
            message: /^The delay has no effect: kafka1–kafka2 1\.0 → 1\.0 ms\.$/,
          });
        } else t.is((await strike(DELAY)).verified, false);
      })(),
    );
    t.is(inForce.length, isVain ? 0 : 1);
  }
  const { clock, strike } = made({ silent: true });
  await clock.drive(
    (async () => {
      const applied = await strike(DELAY);
      t.is(applied.verified, false);
      t.regex(applied.evidence, /kafka1–kafka2 not observed \(no connection before it\)/);
    })(),
  );
});

test('where it cannot be done, one sentence says what is missing, and nothing is touched', async (t) => {
  const missing: Ability = { answer: 'no', because: 'the kernel of kafka1 has no netem', hint: 'load it' };
  const { strike, log } = made({ ability: missing });
  const failure = await t.throwsAsync(strike(DELAY), { instanceOf: Failure });
  t.is(failure?.message, 'Packets cannot be delayed here: the kernel of kafka1 has no netem.');
  t.is(failure?.exitStatus, EXIT.usage);
  t.deepEqual(log, []);
  const { db, clock, nemesis } = made();
  const without = clusterNemesis({ db, net: null, clock, random: seededRandom(1) });
  await t.throwsAsync(without.strike(await nemesis.aim(faultSchema.parse(LOSS))), {
    message: /^In this lab the links lose no packets/,
  });
});

test('what could not be found out is tried', async (t) => {
  const { clock, strike } = made({ ability: { answer: 'not-observed', because: 'no answer' } });
  await clock.drive(strike(LOSS).then(({ verified }) => t.is(verified, undefined)));
});

test('the final heal lifts everything', async (t) => {
  const { clock, strike, nemesis, log } = made();
  await clock.drive(
    (async () => {
      await strike(LOSS);
      await nemesis.healAll();
    })(),
  );
  t.is(log.at(-1), 'lifted all');
});

test('random schedules have both kinds where they are asked for', (t) => {
  const settings = {
    mix: ['loss', 'delay'] as const,
    meanIntervalMs: 500,
    meanDurationMs: 500,
    keepBrokersUp: 0,
  };
  const drawn: Fault[] = drawSchedule({ ...settings, mix: [...settings.mix] }, 60_000, seededRandom(7)).map(
    ({ fault }) => fault,
  );
  t.deepEqual([...new Set(drawn.map(({ kind }) => kind))].toSorted(), ['delay', 'loss']);
  for (const fault of drawn) t.deepEqual(faultSchema.parse(fault), fault);
});

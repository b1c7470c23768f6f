import test from 'ava';
import type { Net, Probe } from '../../src/control/net.ts';
import { seededRandom } from '../../src/core/random.ts';
import { virtualClock } from '../../src/core/virtual-clock.ts';
import type { Db, Observed } from '../../src/db/db.ts';
import type { Fault, Link } from '../../src/history/fault.ts';
import type { NodeInfo } from '../../src/history/run.ts';
import { clusterNemesis } from '../../src/nemesis/cluster-nemesis.ts';
import type { Nemesis } from '../../src/nemesis/nemesis.ts';

/**
 * A nemesis with a network and a cluster made by hand: what does not take effect is never said to have, and what is not
 * seen is never taken for an effect.
 */
const NODES: NodeInfo[] = [
  { name: 'kafka1', id: 1, roles: ['broker', 'controller'], address: '192.0.2.11' },
  { name: 'kafka2', id: 2, roles: ['broker', 'controller'], address: '192.0.2.12' },
  { name: 'kafka3', id: 3, roles: ['broker', 'controller'], address: '192.0.2.13' },
];
const observed = (leader: number): Observed => ({
  controller: 1,
  partitions: [{ partition: 0, leader, epoch: null, isr: [1, 2, 3] }],
});
const pair = ({ from, to }: Link) => [from, to].toSorted().join('–');

interface HandMade {
  /** What the nth probe of a pair says; without a say it tells the truth. */
  probe?: (pair: string, nth: number, ms: number) => Partial<Probe> | null;
  needsControl?: boolean;
  cut?: (links: readonly Link[]) => Promise<void>;
  db?: Partial<Db>;
  leader?: (ms: number) => number;
}

function handMade(story: HandMade) {
  const clock = virtualClock();
  const cuts: Link[] = [];
  const probes = new Map<string, number>();
  const log: string[] = [];
  const isCut = (link: Link) => cuts.some((cut) => pair(cut) === pair(link));
  const net: Net = {
    needsControl: story.needsControl ?? true,
    isCut,
    async cut(links) {
      cuts.push(...links);
      log.push('cut');
      await story.cut?.(links);
    },
    async heal(links = [...cuts]) {
      log.push('heal');
      for (const link of links) {
        const index = cuts.findIndex((cut) => cut.from === link.from && cut.to === link.to);
        if (index >= 0) cuts.splice(index, 1);
      }
      return links.filter((link) => !isCut(link));
    },
    async probe(link, timeoutMs) {
      const nth = (probes.get(pair(link)) ?? 0) + 1;
      probes.set(pair(link), nth);
      const said = story.probe?.(pair(link), nth, clock.nowNs() / 1e6);
      const answer = said?.answer ?? (isCut(link) ? 'silence' : 'connects');
      if (answer === 'silence') await clock.sleep(timeoutMs);
      return { answer, detail: said?.detail ?? '' };
    },
  };
  const down = new Set<string>();
  const paused = new Set<string>();
  const db: Db = {
    nodes: NODES,
    setup: () => Promise.resolve(),
    teardown: () => Promise.resolve(),
    async view() {
      const leader = story.leader?.(clock.nowNs() / 1e6) ?? 1;
      return { observers: { kafka1: observed(leader), kafka2: observed(leader), kafka3: observed(leader) } };
    },
    async kill(node) {
      down.add(node);
      log.push(`kill ${node}`);
      return `${node} is gone`;
    },
    async start(node) {
      down.delete(node);
      log.push(`start ${node}`);
      return `${node} answers`;
    },
    async pause(node) {
      paused.add(node);
      log.push(`pause ${node}`);
      return `${node} is stopped`;
    },
    async resume(node) {
      paused.delete(node);
      log.push(`resume ${node}`);
      return `${node} runs`;
    },
    async recover(node) {
      log.push(`recover ${node}`);
      if (down.delete(node)) return 'it was started';
      return paused.delete(node) ? 'it was resumed' : null;
    },
    ...story.db,
  };
  const nemesis = clusterNemesis({ db, net, clock, random: seededRandom(1) });
  return { clock, cuts, log, probes, nemesis, down, paused };
}

const ISOLATE: Fault = { kind: 'isolate', target: 'kafka1', from: 'brokers', direction: 'both' };
const KILL: Fault = { kind: 'kill', target: 'brokers' };

async function strike(nemesis: Nemesis, fault: Fault) {
  return nemesis.strike(await nemesis.aim(fault));
}

test('a cut is proven by silence where the same pair connected just before', async (t) => {
  const { clock, nemesis, probes } = handMade({});
  const applied = await clock.drive(strike(nemesis, ISOLATE));
  t.is(applied.verified, undefined);
  t.is(applied.timeNs, 0);
  t.is(
    applied.evidence,
    'no TCP connection within 400 ms, where one came about just before: kafka1–kafka2, kafka1–kafka3',
  );
  t.deepEqual([...probes.values()], [2, 2], 'one probe of each pair before, and one after');
});

test('a cut without effect is healed and fails: it is not in force', async (t) => {
  const { clock, nemesis, cuts } = handMade({
    probe: (name) => (name === 'kafka1–kafka3' ? { answer: 'connects' } : null),
  });
  await t.throwsAsync(clock.drive(strike(nemesis, ISOLATE)), {
    message: 'The cut has no effect: kafka1–kafka3 still connect.',
  });
  t.deepEqual(cuts, []);
});

test('a pair that was silent before proves nothing by being silent', async (t) => {
  const { clock, nemesis, probes } = handMade({
    probe: (name) => (name === 'kafka1–kafka2' ? { answer: 'silence', detail: 'nothing came' } : null),
  });
  const applied = await clock.drive(strike(nemesis, ISOLATE));
  t.is(applied.verified, false);
  t.regex(
    applied.evidence,
    /before: kafka1–kafka3; not observed: kafka1–kafka2: it did not connect before the cut either \(nothing came\)$/,
  );
  t.is(probes.get('kafka1–kafka2'), 4, 'the control is tried three times');
});

test('a pair that is slow to connect before the cut is asked again', async (t) => {
  const askedMs: number[] = [];
  const { clock, nemesis } = handMade({
    probe: (name, nth, ms) => {
      if (name === 'kafka1–kafka2') askedMs.push(ms);
      return name === 'kafka1–kafka2' && nth <= 2 ? { answer: 'silence' } : null;
    },
  });
  t.is((await clock.drive(strike(nemesis, ISOLATE))).verified, undefined);
  t.deepEqual(
    askedMs.slice(0, 3),
    [0, 600, 1_200],
    'silence takes 400 ms, and 200 ms pass before the next try',
  );
});

test('a pair that another fault cuts already needs no control, and is not said to be open', async (t) => {
  const { clock, nemesis, probes } = handMade({});
  const both = async () => {
    await strike(nemesis, ISOLATE);
    return strike(nemesis, { ...ISOLATE, target: 'kafka2' });
  };
  const { verified, evidence } = await clock.drive(both());
  t.is(verified, undefined);
  t.is(
    evidence,
    'no TCP connection within 400 ms, where one came about just before: kafka2–kafka3; cut by another fault already: kafka1–kafka2',
  );
  t.is(probes.get('kafka1–kafka2'), 3);
});

test('a probe that failed before the cut makes silence prove nothing', async (t) => {
  const { clock, nemesis } = handMade({
    probe: (_, nth) => (nth <= 3 ? { answer: 'no-observation', detail: 'exit status 3' } : null),
  });
  const applied = await clock.drive(strike(nemesis, ISOLATE));
  t.is(applied.verified, false);
  t.is(
    applied.evidence,
    'not observed: kafka1–kafka2: the probe before the cut failed (exit status 3), kafka1–kafka3: the probe before the cut failed (exit status 3)',
  );
});

test('a probe that fails after the cut is tried again', async (t) => {
  const failing = (until: number) =>
    handMade({
      probe: (_, nth) => (nth > 1 && nth <= until ? { answer: 'no-observation', detail: 'busy' } : null),
    });
  const twice = failing(3);
  t.is((await twice.clock.drive(strike(twice.nemesis, ISOLATE))).verified, undefined);
  t.deepEqual([...twice.probes.values()], [4, 4]);
  const thrice = failing(4);
  const applied = await thrice.clock.drive(strike(thrice.nemesis, ISOLATE));
  t.is(applied.verified, false);
  t.regex(applied.evidence, /^not observed: kafka1–kafka2: the probe failed \(busy\)/);
  t.is(thrice.cuts.length, 4, 'the cut stays: it may well be in force');
});

test('a network that knows needs no control', async (t) => {
  const { clock, nemesis, probes } = handMade({ needsControl: false });
  const applied = await clock.drive(strike(nemesis, ISOLATE));
  t.is(applied.evidence, 'no TCP connection within 400 ms: kafka1–kafka2, kafka1–kafka3');
  t.deepEqual([...probes.values()], [1, 1]);
});

test('a cut that fails half-way is undone, and says what failed', async (t) => {
  const { clock, nemesis, cuts } = handMade({ cut: () => Promise.reject(new Error('ip: busy')) });
  await t.throwsAsync(clock.drive(strike(nemesis, ISOLATE)), { message: 'ip: busy' });
  t.deepEqual(cuts, []);
});

async function healed(story: HandMade) {
  const made = handMade(story);
  const play = async () => {
    const applied = await strike(made.nemesis, ISOLATE);
    const beganNs = made.clock.nowNs();
    const end = await made.nemesis.heal(applied);
    return { ...end, tookMs: (made.clock.nowNs() - beganNs) / 1e6 };
  };
  return { ...(await made.clock.drive(play())), ...made };
}

test('a heal is proven by connections that come about again', async (t) => {
  const { verified, evidence, tookMs, cuts } = await healed({});
  t.is(verified, undefined);
  t.is(evidence, 'TCP connects again: kafka1–kafka2, kafka1–kafka3');
  t.is(tookMs, 0);
  t.deepEqual(cuts, []);
});

test('a heal that takes its time is waited for', async (t) => {
  const { verified, tookMs } = await healed({
    probe: (_, nth) => (nth > 2 && nth < 8 ? { answer: 'silence' } : null),
  });
  t.is(verified, undefined);
  t.is(tookMs, 5 * 400);
});

test('a heal without effect is told, and ends after ten seconds', async (t) => {
  const { verified, evidence, tookMs } = await healed({
    probe: (name, nth) => (name === 'kafka1–kafka3' && nth > 2 ? { answer: 'silence' } : null),
  });
  t.is(verified, false);
  t.is(evidence, 'no TCP connection after the heal: kafka1–kafka3');
  t.is(tookMs, 10_400);
});

test('a heal that cannot be observed is not waited for', async (t) => {
  const { verified, evidence, tookMs } = await healed({
    probe: (_, nth) => (nth > 2 ? { answer: 'no-observation', detail: 'exit status 3' } : null),
  });
  t.is(verified, false);
  t.is(evidence, 'not observed (exit status 3) after the heal: kafka1–kafka2, kafka1–kafka3');
  t.is(tookMs, 400);
});

test('an observation that fails once is no reason to give up a heal', async (t) => {
  const { verified } = await healed({
    probe: (_, nth) => (nth > 2 && nth < 5 ? { answer: 'no-observation' } : null),
  });
  t.is(verified, undefined);
});

test('while one pair is silent the others’ failed probes do not end the wait', async (t) => {
  const { verified, tookMs } = await healed({
    probe: (name, nth) => {
      if (nth <= 2) return null;
      if (name === 'kafka1–kafka2') return { answer: 'no-observation' };
      return nth < 8 ? { answer: 'silence' } : null;
    },
  });
  t.is(verified, false);
  t.true(tookMs > 3_000);
});

test('links that another fault still cuts are not probed after a heal', async (t) => {
  const { clock, nemesis, probes } = handMade({});
  const play = async () => {
    const first = await strike(nemesis, ISOLATE);
    await strike(nemesis, { kind: 'isolate', target: 'kafka1', from: 'brokers', direction: 'both' });
    const before = new Map(probes);
    const end = await nemesis.heal(first);
    t.deepEqual(probes, before);
    return end;
  };
  const { evidence, verified } = await clock.drive(play());
  t.is(evidence, 'other faults still cut all of its links');
  t.is(verified, undefined);
});

test('a strike that struck all of its targets names them', async (t) => {
  const { clock, nemesis } = handMade({});
  t.like(await clock.drive(strike(nemesis, KILL)), {
    targets: ['kafka1', 'kafka2', 'kafka3'],
    evidence: 'kafka1 is gone; kafka2 is gone; kafka3 is gone',
    missed: undefined,
  });
});

/** kafka2 cannot be killed. */
const TOUGH: HandMade = {
  db: {
    async kill(node) {
      if (node === 'kafka2') throw new Error('kafka2 (pid 7) is still there.');
      return `${node} is gone`;
    },
  },
};

test('a strike that half succeeds names what it really struck, brings the rest back, and heals just that', async (t) => {
  const { clock, nemesis, log } = handMade(TOUGH);
  const play = async () => {
    const applied = await strike(nemesis, KILL);
    t.like(applied, { targets: ['kafka1', 'kafka3'], missed: ['kafka2'] });
    t.is(
      applied.evidence,
      'kafka1 is gone; kafka3 is gone; kafka2 was not struck: kafka2 (pid 7) is still there',
    );
    t.deepEqual(log, ['recover kafka2']);
    await nemesis.heal(applied);
  };
  await clock.drive(play());
  t.deepEqual(log.slice(1), ['start kafka1', 'start kafka3']);
});

test('a role that no node has is struck without a failure: there is nothing to strike', async (t) => {
  const { clock, nemesis } = handMade({});
  const aim = { fault: KILL, targets: [], links: [] };
  t.like(await clock.drive(nemesis.strike(aim)), { targets: [], evidence: '' });
});

test('a strike that struck nothing fails with every reason', async (t) => {
  const { clock, nemesis, log } = handMade({
    db: { kill: (node) => Promise.reject(new Error(`${node} is not running`)) },
  });
  await t.throwsAsync(clock.drive(strike(nemesis, { kind: 'kill', target: 'followers' })), {
    message: 'kafka2 is not running; kafka3 is not running',
  });
  t.deepEqual(log, ['recover kafka2', 'recover kafka3']);
});

test('a node that cannot be brought back at once does not keep the rest from being told', async (t) => {
  const { clock, nemesis } = handMade({
    db: { ...TOUGH.db, recover: () => Promise.reject(new Error('no way')) },
  });
  t.deepEqual((await clock.drive(strike(nemesis, KILL))).targets, ['kafka1', 'kafka3']);
});

test('each kind of fault of a process is undone in its own way', async (t) => {
  const done: string[] = [];
  const act = (what: string) => async (node: string) => {
    done.push(what);
    return `${what} ${node}`;
  };
  const { clock, nemesis } = handMade({
    db: {
      kill: act('kill'),
      stop: act('stop'),
      pause: act('pause'),
      cutPower: act('cut'),
      start: act('start'),
      resume: act('resume'),
    },
  });
  const play = async () => {
    for (const kind of ['kill', 'stop', 'pause', 'power-loss'] as const) {
      const applied = await strike(nemesis, { kind, target: 'kafka1' });
      t.is((await nemesis.heal(applied)).evidence, `${kind === 'pause' ? 'resume' : 'start'} kafka1`);
    }
  };
  await clock.drive(play());
  t.deepEqual(done, ['kill', 'start', 'stop', 'start', 'pause', 'resume', 'cut', 'start']);
});

test('one node that does not come back does not keep the others down', async (t) => {
  const { clock, nemesis, log } = handMade({
    db: {
      async start(node) {
        if (node === 'kafka1') throw new Error('kafka1 does not answer');
        log.push(`start ${node}`);
        return node;
      },
    },
  });
  const play = async () => nemesis.heal(await strike(nemesis, KILL));
  await t.throwsAsync(clock.drive(play()), { message: 'kafka1 does not answer' });
  t.deepEqual(log.slice(-2), ['start kafka2', 'start kafka3']);
});

test('a cluster that cannot do what a fault needs says so', async (t) => {
  const { clock, nemesis } = handMade({});
  await t.throwsAsync(clock.drive(strike(nemesis, { kind: 'power-loss', target: 'kafka1' })), {
    message: 'This cluster has no way to take what is not on its disk from a node.',
  });
});

test('the final heal reconnects, resumes and starts everything, and says what was left to do', async (t) => {
  const { clock, nemesis, cuts, log } = handMade({});
  const play = async () => {
    await strike(nemesis, ISOLATE);
    await strike(nemesis, { kind: 'kill', target: 'kafka2' });
    await strike(nemesis, { kind: 'pause', target: 'kafka3' });
    return nemesis.healAll();
  };
  t.deepEqual(await clock.drive(play()), {
    done: ['kafka2: it was started', 'kafka3: it was resumed'],
    failed: [],
  });
  t.deepEqual(cuts, []);
  t.true(log.includes('recover kafka1'));
});

test('the final heal tells what it could not do, and does the rest', async (t) => {
  const { clock, nemesis, log } = handMade({
    db: {
      async recover(node) {
        if (node === 'kafka1') throw new Error('it does not answer');
        log.push(`recover ${node}`);
        return null;
      },
    },
  });
  t.deepEqual(await clock.drive(nemesis.healAll()), { done: [], failed: ['kafka1: it does not answer'] });
  t.deepEqual(log, ['heal', 'recover kafka2', 'recover kafka3']);
});

test('a cluster without the power to recover is reconnected all the same', async (t) => {
  const { clock, nemesis, cuts } = handMade({});
  const bare = handMade({ db: { recover: undefined } as unknown as Partial<Db> });
  await clock.drive(strike(nemesis, ISOLATE));
  t.is(cuts.length, 4);
  const play = async () => {
    await strike(bare.nemesis, ISOLATE);
    return bare.nemesis.healAll();
  };
  t.deepEqual(await bare.clock.drive(play()), { done: [], failed: [] });
  t.deepEqual(bare.cuts, []);
});

test('an election is waited out: a role without a holder is asked for again', async (t) => {
  const { clock, nemesis } = handMade({ leader: (ms) => (ms < 5_000 ? -1 : 3) });
  const aim = await clock.drive(nemesis.aim({ kind: 'kill', target: 'leader' }));
  t.deepEqual(aim.targets, ['kafka3']);
  t.is(clock.nowNs(), 5e9);
});

test('a role that no node takes in fifteen seconds is given up', async (t) => {
  const { clock, nemesis } = handMade({ leader: () => -1 });
  await t.throwsAsync(clock.drive(nemesis.aim({ kind: 'kill', target: 'leader' })), {
    message: /No broker knows/,
  });
  t.is(clock.nowNs(), 15.2e9);
});

test('a question that fails is asked again; a name that does not exist is not', async (t) => {
  let asked = 0;
  const { clock, nemesis } = handMade({
    db: {
      async view() {
        if (++asked < 3) throw new Error('out of descriptors');
        return { observers: { kafka1: observed(2), kafka2: observed(2), kafka3: observed(2) } };
      },
    },
  });
  t.deepEqual((await clock.drive(nemesis.aim({ kind: 'kill', target: 'leader' }))).targets, ['kafka2']);
  const { clock: other, nemesis: second } = handMade({});
  await t.throwsAsync(other.drive(second.aim({ kind: 'kill', target: 'kafka9' })), { message: /kafka9/ });
  t.is(other.nowNs(), 0);
});

test('a process fault takes a node that is free where its role leaves a choice', async (t) => {
  const { clock, nemesis } = handMade({});
  const aimAt = async (target: string, taken: string[], kind: 'kill' | 'isolate' = 'kill') => {
    const targets = new Set<string>();
    for (let draw = 0; draw < 30; draw++) {
      const fault: Fault =
        kind === 'kill' ? { kind, target } : { kind, target, from: 'brokers', direction: 'both' };
      for (const name of (await nemesis.aim(fault, new Set(taken))).targets) targets.add(name);
    }
    return [...targets].toSorted();
  };
  const play = async () => {
    t.deepEqual(await aimAt('follower', []), ['kafka2', 'kafka3']);
    t.deepEqual(await aimAt('follower', ['kafka2']), ['kafka3']);
    t.deepEqual(await aimAt('follower', ['kafka2', 'kafka3']), ['kafka2', 'kafka3'], 'no one is free');
    t.deepEqual(await aimAt('broker', ['kafka1', 'kafka3']), ['kafka2']);
    t.deepEqual(await aimAt('minority', ['kafka1', 'kafka3']), ['kafka2']);
    t.deepEqual(await aimAt('majority', ['kafka1']), ['kafka2', 'kafka3']);
    t.deepEqual(await aimAt('leader', ['kafka1']), ['kafka1'], 'there is only one');
    t.deepEqual(
      await aimAt('follower', ['kafka2'], 'isolate'),
      ['kafka2', 'kafka3'],
      'a cut may strike it too',
    );
  };
  await clock.drive(play());
});

test('a partition that would cut nothing is refused', async (t) => {
  const { clock, nemesis } = handMade({});
  await t.throwsAsync(
    clock.drive(nemesis.aim({ kind: 'isolate', target: 'all', from: 'brokers', direction: 'both' })),
    { message: '"isolate" cuts nothing here: there is no node on the other side.' },
  );
});

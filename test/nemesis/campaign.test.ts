import test from 'ava';
import type { Clock } from '../../src/core/clock.ts';
import { virtualClock } from '../../src/core/virtual-clock.ts';
import type { Event } from '../../src/history/event.ts';
import type { Fault } from '../../src/history/fault.ts';
import { campaign, type CampaignOptions } from '../../src/nemesis/campaign.ts';
import type { Nemesis } from '../../src/nemesis/nemesis.ts';
import type { Schedule } from '../../src/nemesis/schedule.ts';

/** Whole campaigns in virtual time with a nemesis made by hand: how they end, and what becomes of strikes in each other's way. */
const KILL: Fault = { kind: 'kill', target: 'follower' };

function nemesisOf(change: Partial<Nemesis> = {}): Nemesis & { log: string[] } {
  const log: string[] = [];
  return {
    log,
    aim: async (fault) => ({ fault, targets: ['kafka2'], links: [] }),
    async strike(aim) {
      log.push(`strike ${aim.targets.join()}`);
      return { ...aim, timeNs: 0, evidence: 'seen' };
    },
    async heal({ targets }) {
      log.push(`heal ${targets.join()}`);
      return { timeNs: 0, evidence: 'seen' };
    },
    async healAll() {
      log.push('heal all');
      return { done: [], failed: [] };
    },
    ...change,
  };
}

async function carryOut(
  of: Nemesis | ((clock: Clock) => Nemesis),
  schedule: Schedule,
  change: Partial<CampaignOptions> = {},
  beginsAtMs = 0,
) {
  const clock = virtualClock();
  const events: Event[] = [];
  const inForce: number[] = [];
  const running = campaign({
    schedule,
    nemesis: typeof of === 'function' ? of(clock) : of,
    clock,
    record: (event) => events.push(event),
    brokers: ['kafka1', 'kafka2', 'kafka3'],
    keepBrokersUp: 0,
    writesReached: () => Promise.resolve(),
    durationMs: 10_000,
    onChange: (faults) => inForce.push(faults.length),
    signal: new AbortController().signal,
    ...change,
  });
  await clock.drive(clock.sleep(beginsAtMs).then(() => running.run()));
  return { events, inForce, second: clock.nowNs() / 1e9 };
}

const types = (events: readonly Event[]) => events.map(({ type }) => type);
const strikes = (...list: [id: string, atMs: number, forMs: number | null][]): Schedule =>
  list.map(([id, atMs, forMs]) => ({ id, atMs, forMs, fault: KILL }));

test('every campaign ends with the final heal, even one without a strike', async (t) => {
  const nemesis = nemesisOf();
  const { events, second } = await carryOut(nemesis, []);
  t.deepEqual(nemesis.log, ['heal all']);
  t.deepEqual(events, []);
  t.is(second, 10);
  const struck = nemesisOf();
  await carryOut(struck, strikes(['a', 0, null]));
  t.deepEqual(struck.log, ['strike kafka2', 'heal kafka2', 'heal all']);
});

test('a fault whose own heal fails is over with the final heal', async (t) => {
  const nemesis = nemesisOf({
    heal: () => Promise.reject(new Error('kafka2 does not answer')),
    healAll: async () => ({ done: ['kafka2: it was started'], failed: [] }),
  });
  const { events, inForce } = await carryOut(nemesis, strikes(['a', 0, 1_000]));
  t.deepEqual(types(events), ['fault-start', 'fault-failed', 'fault-stop']);
  t.like(events[1], { id: 'a', reason: 'it could not be healed: kafka2 does not answer' });
  t.like(events[2], { id: 'a', timeNs: 10e9, evidence: 'the final heal: kafka2: it was started' });
  t.deepEqual(inForce, [1, 0]);
});

test('a heal that fails is tried again while the campaign goes on, and told once', async (t) => {
  let left = 2;
  const nemesis = nemesisOf({
    heal: async () => {
      if (left-- > 0) throw new Error('it cannot reach ZooKeeper');
      return { timeNs: 1, evidence: 'it answers' };
    },
  });
  const { events, inForce } = await carryOut(nemesis, strikes(['a', 0, 1_000]), { durationMs: 60_000 });
  t.deepEqual(types(events), ['fault-start', 'fault-failed', 'fault-stop']);
  t.like(events[1], { timeNs: 1e9 });
  t.like(events[2], { id: 'a', requestedNs: 1e9, evidence: 'it answers' });
  t.is(left, -1);
  t.deepEqual(inForce, [1, 0], 'it is in force until then');
  t.deepEqual(nemesis.log, ['strike kafka2', 'heal all']);
});

test('nobody else strikes a node that could not be healed yet, and a run that is stopped waits for no further try', async (t) => {
  const tries: number[] = [];
  const stop = new AbortController();
  const { events, second } = await carryOut(
    (clock) =>
      nemesisOf({
        heal: () => {
          tries.push(clock.nowNs() / 1e9);
          if (tries.length === 3) stop.abort();
          return Promise.reject(new Error('no'));
        },
      }),
    strikes(['a', 0, 1_000], ['b', 2_000, 1_000]),
    { durationMs: 60_000, signal: stop.signal },
  );
  t.deepEqual(tries, [1, 6, 11]);
  t.is(second, 11);
  t.deepEqual(
    events.filter(({ type }) => type === 'fault-start').map((event) => 'id' in event && event.id),
    ['a'],
  );
});

test('a final heal that finds nothing to do ends an unhealed fault all the same', async (t) => {
  const nemesis = nemesisOf({ heal: () => Promise.reject(new Error('ip: busy')) });
  const { events } = await carryOut(nemesis, strikes(['a', 0, 1_000]));
  t.like(events.at(-1), { type: 'fault-stop', evidence: 'the final heal: nothing was left to be healed' });
});

test('a final heal that fails is a warning, and the fault stays unhealed', async (t) => {
  const nemesis = nemesisOf({
    heal: () => Promise.reject(new Error('no')),
    healAll: async () => ({ done: [], failed: ['kafka2: no'] }),
  });
  const { events } = await carryOut(nemesis, strikes(['a', 0, 1_000]));
  t.deepEqual(types(events), ['fault-start', 'fault-failed', 'note']);
  t.like(events.at(-1), {
    about: 'warning',
    text: 'The final heal could not bring everything back: kafka2: no',
  });
});

test('what the final heal brought back although no fault was left is told', async (t) => {
  const nemesis = nemesisOf({ healAll: async () => ({ done: ['kafka3: it was started'], failed: [] }) });
  const { events } = await carryOut(nemesis, strikes(['a', 0, 1_000]));
  t.like(events.at(-1), { about: 'information', text: 'The final heal brought back kafka3: it was started' });
});

test('a strike that did not observe its effect, or missed a node, says so in the history', async (t) => {
  const nemesis = nemesisOf({
    strike: async (aim) => ({
      ...aim,
      timeNs: 0,
      evidence: 'not observed',
      verified: false,
      missed: ['kafka3'],
    }),
    heal: async () => ({ timeNs: 1, evidence: 'not observed', verified: false }),
  });
  const { events } = await carryOut(nemesis, strikes(['a', 0, 1_000]));
  t.like(events[0], { type: 'fault-start', verified: false, missed: ['kafka3'] });
  t.like(events[1], { type: 'fault-stop', verified: false });
});

test('a strike whose node another strike has takes a free one, at once', async (t) => {
  const nemesis = nemesisOf({
    aim: async (fault, taken = new Set()) => ({
      fault,
      targets: [['kafka2', 'kafka3'].find((name) => !taken.has(name)) ?? 'kafka2'],
      links: [],
    }),
  });
  const { events } = await carryOut(nemesis, strikes(['a', 0, 3_000], ['b', 1_000, 1_000]));
  t.deepEqual(
    events.flatMap((event) =>
      event.type === 'fault-start' ? [[event.beganNs! / 1e9, ...event.targets]] : [],
    ),
    [
      [0, 'kafka2'],
      [1, 'kafka3'],
    ],
  );
});

test('two strikes at the same moment do not take the same node', async (t) => {
  const nemesis = nemesisOf({
    aim: async (fault, taken = new Set()) => ({
      fault,
      targets: [['kafka2', 'kafka3'].find((name) => !taken.has(name)) ?? 'kafka2'],
      links: [],
    }),
  });
  const { events } = await carryOut(nemesis, strikes(['a', 0, 3_000], ['b', 0, 3_000]));
  t.deepEqual(
    events.flatMap((event) => (event.type === 'fault-start' ? [[event.beganNs, ...event.targets]] : [])),
    [
      [0, 'kafka2'],
      [0, 'kafka3'],
    ],
  );
});

test('a node that another strike took while this one aimed is left to it: a free one is struck, at once', async (t) => {
  const aiming = (clock: Clock) =>
    nemesisOf({
      aim: async (fault, taken = new Set()) => {
        const free = ['kafka2', 'kafka3'].find((name) => !taken.has(name)) ?? 'kafka2';
        await clock.sleep(500);
        return { fault, targets: [free], links: [] };
      },
    });
  const { events } = await carryOut(aiming, strikes(['a', 0, 3_000], ['b', 100, 3_000]));
  t.deepEqual(
    events.flatMap((event) =>
      event.type === 'fault-start' ? [[event.beganNs! / 1e6, ...event.targets]] : [],
    ),
    [
      [500, 'kafka2'],
      [1_100, 'kafka3'],
    ],
  );
});

test('where no other node is free the strike waits, and the history says since when', async (t) => {
  const { events } = await carryOut(nemesisOf(), strikes(['a', 0, 3_000], ['b', 1_000, 1_000]));
  t.like(
    events.filter(({ type }) => type === 'fault-start'),
    [
      { id: 'a', requestedNs: 0, beganNs: 0 },
      { id: 'b', requestedNs: 1e9, beganNs: 3e9 },
    ],
  );
});

test('a strike on exactly the nodes of an earlier run waits for them: it takes no others', async (t) => {
  const aim = { targets: ['kafka2'], links: [] };
  const schedule = strikes(['a', 0, 3_000], ['b', 1_000, 1_000]).map((strike) => ({ ...strike, aim }));
  const nemesis = nemesisOf({ aim: () => Promise.reject(new Error('it is not to be asked')) });
  const { events } = await carryOut(nemesis, schedule);
  t.deepEqual(
    events.flatMap((event) => (event.type === 'fault-start' ? [event.beganNs! / 1e9] : [])),
    [0, 3],
  );
});

test('a strike that failed leaves its node free', async (t) => {
  let calls = 0;
  const nemesis = nemesisOf({
    strike: async (aim) => {
      if (++calls === 1) throw new Error('out of reach');
      return { ...aim, timeNs: 0, evidence: 'seen' };
    },
  });
  const { events } = await carryOut(nemesis, strikes(['a', 0, 3_000], ['b', 1_000, 1_000]));
  t.deepEqual(types(events), ['fault-failed', 'fault-start', 'fault-stop']);
  t.like(events[1], { id: 'b', beganNs: 1e9 });
});

test('a strike that must wait for what lasts until the end is left out', async (t) => {
  const { events, second } = await carryOut(nemesisOf(), strikes(['a', 0, null], ['b', 1_000, 1_000]));
  t.like(
    events.find(({ type }) => type === 'fault-skipped'),
    { id: 'b', timeNs: 1e9, reason: 'another fault has kafka2 in its hands' },
  );
  t.is(second, 10);
});

test('faults of processes and cuts may strike the same node together', async (t) => {
  const cut: Fault = { kind: 'isolate', target: 'kafka2', from: 'brokers', direction: 'both' };
  const { events } = await carryOut(nemesisOf(), [
    { id: 'a', atMs: 0, forMs: 3_000, fault: cut },
    { id: 'b', atMs: 1_000, forMs: 1_000, fault: KILL },
    { id: 'c', atMs: 1_500, forMs: 1_000, fault: cut },
  ]);
  t.deepEqual(
    events.flatMap((event) => (event.type === 'fault-start' ? [event.beganNs! / 1e9] : [])),
    [0, 1, 1.5],
  );
});

test('enough brokers stay untouched: one strike more is left out, one at the limit is not', async (t) => {
  const untouched = async (keepBrokersUp: number) =>
    types((await carryOut(nemesisOf(), strikes(['a', 0, 1_000]), { keepBrokersUp })).events);
  t.deepEqual(await untouched(2), ['fault-start', 'fault-stop']);
  const { events } = await carryOut(nemesisOf(), strikes(['a', 0, 1_000]), { keepBrokersUp: 3 });
  t.like(events, [
    { type: 'fault-skipped', reason: 'it would leave 2 brokers untouched, and 3 must stay so' },
  ]);
});

test('a strike can wait for a number of writes, and counts its time from there', async (t) => {
  const clock = virtualClock();
  let reached = () => {};
  const asked: number[] = [];
  const events: Event[] = [];
  const running = campaign({
    schedule: [{ id: 'a', atMs: 500, afterWrites: 40, forMs: 1_000, fault: KILL }],
    nemesis: nemesisOf(),
    clock,
    record: (event) => events.push(event),
    brokers: ['kafka1', 'kafka2', 'kafka3'],
    keepBrokersUp: 0,
    writesReached(count) {
      asked.push(count);
      return new Promise((resolve) => (reached = resolve));
    },
    durationMs: 10_000,
    onChange: () => undefined,
    signal: new AbortController().signal,
  }).run();
  clock.at(2e9, () => (clock.wake(), reached()));
  await clock.drive(running);
  t.deepEqual(asked, [40]);
  t.like(events[0], { type: 'fault-start', beganNs: 2.5e9 });
});

test('a run that is stopped strikes no more, and heals what it struck', async (t) => {
  const stop = new AbortController();
  const nemesis = nemesisOf();
  const { events, second } = await carryOut(nemesis, strikes(['a', 0, 60_000], ['b', 5_000, 1_000]), {
    signal: stop.signal,
    onChange: () => stop.abort(),
  });
  t.deepEqual(types(events), ['fault-start', 'fault-stop']);
  t.deepEqual(nemesis.log, ['strike kafka2', 'heal kafka2', 'heal all']);
  t.is(second, 0);
});

test('strikes fall due in the order of their times, counted from the beginning of the campaign', async (t) => {
  const { events, second } = await carryOut(
    nemesisOf(),
    strikes(['late', 6_000, 1_000], ['early', 1_000, 1_000], ['middle', 3_000, 1_000]),
    {},
    50_000,
  );
  t.deepEqual(
    events.flatMap((event) => (event.type === 'fault-start' ? [[event.id, event.requestedNs / 1e9]] : [])),
    [
      ['early', 51],
      ['middle', 53],
      ['late', 56],
    ],
  );
  t.is(second, 60, 'the phase is as long as it was to be');
});

test('a strike on the nodes of an earlier run does not aim anew when another one takes its node meanwhile', async (t) => {
  let asked = 0;
  const aim = { targets: ['kafka2'], links: [] };
  const nemesis = nemesisOf({ aim: async (fault) => (asked++, { fault, targets: ['kafka2'], links: [] }) });
  const schedule = strikes(['a', 0, 3_000], ['b', 0, 1_000]).map((strike) =>
    strike.id === 'b' ? { ...strike, aim } : strike,
  );
  const { events } = await carryOut(nemesis, schedule);
  t.is(asked, 1);
  t.deepEqual(
    events.flatMap((event) => (event.type === 'fault-start' ? [[event.id, event.beganNs! / 1e9]] : [])),
    [
      ['a', 0],
      ['b', 3],
    ],
  );
});

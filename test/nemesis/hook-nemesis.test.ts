import test from 'ava';
import { Failure } from '../../src/core/failure.ts';
import { seededRandom } from '../../src/core/random.ts';
import { virtualClock } from '../../src/core/virtual-clock.ts';
import type { FaultHook, HookAnswer } from '../../src/control/fault-hook.ts';
import type { Db } from '../../src/db/db.ts';
import type { Fault } from '../../src/history/fault.ts';
import type { NodeInfo } from '../../src/history/run.ts';
import { hookNemesis } from '../../src/nemesis/hook-nemesis.ts';

/** A hook is somebody's program: it may tell the truth, lie, fail half-way or not heal at the first attempt. */
const NODES: NodeInfo[] = [1, 2, 3].map((id) => ({
  name: `kafka${id}`,
  id,
  roles: ['broker'],
  address: `b${id}`,
}));
const PAUSE: Fault = { kind: 'pause', target: 'kafka2' };
const BISECT: Fault = { kind: 'bisect' };

function story(hook: Partial<FaultHook> & { silences?: boolean }) {
  const clock = virtualClock();
  const calls: string[] = [];
  const silent = new Set<string>();
  const answered = { controller: 1, partitions: [{ partition: 0, leader: 1, epoch: 1, isr: [1, 2, 3] }] };
  const db: Db = {
    nodes: NODES,
    async setup() {},
    async teardown() {},
    view: async () => ({
      observers: Object.fromEntries(NODES.map(({ name }) => [name, silent.has(name) ? null : answered])),
    }),
  };
  const nemesis = hookNemesis({
    db,
    clock,
    random: seededRandom(1),
    run: 'r',
    topic: 't',
    nodeOf: (name) => ({ name, id: null, host: name, port: null }),
    hook: {
      close() {},
      async apply(order) {
        calls.push(`apply ${order.targets.map(({ name }) => name).join(',')}`);
        if (hook.silences === true) for (const { name } of order.targets) silent.add(name);
        return hook.apply?.(order) ?? { evidence: 'done', verified: false };
      },
      async heal(order) {
        calls.push(`heal ${order.targets.map(({ name }) => name).join(',')}`);
        const answer = (await hook.heal?.(order)) ?? { evidence: '', verified: false };
        silent.clear();
        return answer;
      },
    },
  });
  return { clock, nemesis, calls };
}

const lie = async (): Promise<HookAnswer> => ({ evidence: 'state: paused', verified: true });

test('a fault that silences its target is proven by the silence, and its end by an answer', async (t) => {
  const { clock, nemesis, calls } = story({ silences: true });
  await clock.drive(
    (async () => {
      const applied = await nemesis.strike(await nemesis.aim(PAUSE));
      t.is(applied.verified, undefined);
      t.regex(applied.evidence, /the hook says: done; kafka2 did not answer any more/);
      const healed = await nemesis.heal(applied);
      t.is(healed.verified, undefined);
      t.regex(healed.evidence, /kafka2 answered again/);
      t.deepEqual(await nemesis.healAll(), { done: [], failed: [] });
    })(),
  );
  t.deepEqual(calls, ['apply kafka2', 'heal kafka2']);
});

test('a hook that lies is not believed where it can be seen', async (t) => {
  const { clock, nemesis } = story({ apply: lie });
  await clock.drive(
    (async () => {
      const applied = await nemesis.strike(await nemesis.aim(PAUSE));
      t.is(applied.verified, false);
      t.regex(applied.evidence, /the hook says: state: paused; kafka2 answered all the time/);
    })(),
  );
});

test('where nothing can be seen from here, the hook must have seen it', async (t) => {
  for (const [answer, verified] of [
    [lie, undefined],
    [async () => ({ evidence: 'cut', verified: false }), false],
  ] as const) {
    const { clock, nemesis } = story({ apply: answer });
    await clock.drive(
      (async () => {
        const applied = await nemesis.strike(await nemesis.aim(BISECT));
        t.is(applied.verified, verified);
        t.true(applied.links.length > 0);
      })(),
    );
  }
});

test('an apply that fails is healed at once: a part of it may be in force', async (t) => {
  const { clock, nemesis, calls } = story({
    async apply() {
      throw new Failure('the fault hook did not end "apply" within 60 s');
    },
  });
  await clock.drive(
    t.throwsAsync(async () => nemesis.strike(await nemesis.aim(PAUSE)), {
      message: /did not end "apply".*what it may have done was healed/,
    }),
  );
  t.deepEqual(calls, ['apply kafka2', 'heal kafka2']);
});

test('a heal is tried three times, and then once more by the final heal', async (t) => {
  let failures = 0;
  const { clock, nemesis, calls } = story({
    silences: true,
    async heal() {
      if (++failures <= 4) throw new Failure('no route to host');
      return { evidence: '', verified: false };
    },
  });
  await clock.drive(
    (async () => {
      const applied = await nemesis.strike(await nemesis.aim(PAUSE));
      await t.throwsAsync(() => nemesis.heal(applied), { message: 'no route to host' });
      t.deepEqual(await nemesis.healAll(), { done: ['kafka2: healed by the hook'], failed: [] });
    })(),
  );
  t.deepEqual(calls, ['apply kafka2', ...Array.from({ length: 5 }, () => 'heal kafka2')]);
});

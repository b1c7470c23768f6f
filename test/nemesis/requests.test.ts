import test from 'ava';
import type {
  AppliedRule,
  RequestProxy,
  RequestRule,
  Touched,
} from '../../src/control/proxy/request-proxy.ts';
import { EXIT, Failure } from '../../src/core/failure.ts';
import { seededRandom } from '../../src/core/random.ts';
import { virtualClock } from '../../src/core/virtual-clock.ts';
import type { Db } from '../../src/db/db.ts';
import type { Event } from '../../src/history/event.ts';
import { faultSchema } from '../../src/history/fault.ts';
import { campaign } from '../../src/nemesis/campaign.ts';
import { clusterNemesis } from '../../src/nemesis/cluster-nemesis.ts';

/** What the nemesis makes of a proxy: when the fault took effect, that it did not, or that nobody knows. */
const NODES = [1, 2, 3].map((id) => ({
  name: `kafka${id}`,
  id,
  roles: ['broker' as const],
  address: `kafka${id}`,
}));
const FAULT = faultSchema.parse({ kind: 'requests', do: 'drop', api: 'EndTxn', from: [3] });

/** @param comes when a request comes by that is struck, in milliseconds; never if absent */
function made({
  comes,
  matched = 0,
  unreadable = 0,
}: { comes?: number; matched?: number; unreadable?: number } = {}) {
  const clock = virtualClock();
  const applied: { rule: RequestRule; nodes: string[] }[] = [];
  let lifted = 0;
  const proxy: Pick<RequestProxy, 'apply' | 'liftAll'> = {
    apply(rule, links): AppliedRule {
      applied.push({ rule, nodes: links.filter(({ from }) => from === 'client').map(({ to }) => to) });
      const touched: Touched[] = [];
      const first = new Promise<Touched>((resolve) => {
        if (comes === undefined) return;
        void clock.sleep(comes).then(() => {
          touched.push({
            timeNs: clock.nowNs(),
            api: 'EndTxn',
            version: 1,
            correlationId: 12,
            clientId: 'kept-3',
            node: 'kafka2',
            did: 'dropped',
            isAnswered: false,
          });
          resolve(touched[0]!);
        });
      });
      return {
        first,
        account: () => ({
          struck: touched.length,
          first: touched,
          matched: matched + touched.length,
          unreadable,
        }),
        async lift() {
          lifted++;
        },
      };
    },
    async liftAll() {},
  };
  const db = { nodes: NODES, view: async () => ({ observers: {} }) } as unknown as Db;
  const world = { db, net: null, clock, random: seededRandom(1) };
  const nemesis = clusterNemesis({ ...world, proxy: proxy as RequestProxy });
  const run = async (forMs: number | null, fault = FAULT) => {
    const events: Event[] = [];
    const running = campaign({
      schedule: [{ id: 'fault-1', atMs: 1_000, fault, forMs }],
      nemesis,
      clock,
      record: (event) => events.push(event),
      brokers: NODES.map(({ name }) => name),
      // None of them may be touched, and none is.
      keepBrokersUp: 3,
      writesReached: () => Promise.resolve(),
      durationMs: 10_000,
      onChange: () => undefined,
      signal: new AbortController().signal,
    });
    await clock.drive(running.run());
    return { events, second: clock.nowNs() / 1e9 };
  };
  return { run, applied, world, lifted: () => lifted };
}

test('it takes effect when the first request is struck, lasts from then on, and its end tells all of them', async (t) => {
  const { run, applied } = made({ comes: 2_500 });
  const { events } = await run(4_000);
  const [start, stop] = events;
  t.like(start, {
    type: 'fault-start',
    beganNs: 1e9,
    timeNs: 3.5e9,
    targets: ['kafka1', 'kafka2', 'kafka3'],
    evidence: 'EndTxn v1, request 12 of kept-3 to kafka2: dropped',
  });
  t.false('verified' in start!);
  t.like(stop, {
    type: 'fault-stop',
    timeNs: 7.5e9,
    evidence: 'struck 1 of 1; EndTxn v1, request 12 of kept-3 to kafka2: dropped',
  });
  t.deepEqual(
    applied.map(({ nodes }) => nodes),
    [['kafka1', 'kafka2', 'kafka3']],
  );
  t.like(applied[0]!.rule, { do: 'drop', api: 'EndTxn', from: [3], every: 1, skip: 0 });
});

test('one that strikes nothing by its end has failed, and nothing is left of it', async (t) => {
  for (const [forMs, matched, reason] of [
    [4_000, 0, 'Nothing was struck: no EndTxn request of such a client came by within 4.0 s.'],
    [null, 0, 'Nothing was struck: no EndTxn request of such a client came by within 9.0 s.'],
    [
      4_000,
      2,
      'Nothing was struck: 2 EndTxn requests came by within 4.0 s, and none of them was the one to be struck.',
    ],
  ] as const) {
    const { run, lifted } = made({ matched });
    const { events, second } = await run(forMs);
    t.deepEqual(
      events.map((event) => [event.type, 'reason' in event ? event.reason : '']),
      [['fault-failed', reason]],
    );
    t.is(lifted(), 1);
    t.is(second, 10);
  }
});

test('where connections cannot be read it is not known whether it would have struck', async (t) => {
  const { events } = await made({ unreadable: 2 }).run(4_000);
  t.like(events[0], {
    type: 'fault-start',
    verified: false,
    evidence:
      'not observed: no EndTxn request of such a client came by within 4.0 s; the messages of 2 connections could not be told apart (TLS, or tokens of SASL)',
  });
});

test('without a proxy it is refused in a sentence', async (t) => {
  const { world } = made();
  const error = await t.throwsAsync(clusterNemesis(world).aim(FAULT), { instanceOf: Failure });
  t.is(error.exitStatus, EXIT.usage);
  t.regex(error.message, /do not go through a proxy/);
});

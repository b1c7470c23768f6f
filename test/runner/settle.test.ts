import test from 'ava';
import type { EndOffset } from '../../src/client/client.ts';
import { virtualClock } from '../../src/core/virtual-clock.ts';
import type { View } from '../../src/db/db.ts';
import { settle } from '../../src/runner/settle.ts';
import { agreed, dbOf, endsOf, fails, readerOf, says, view } from './hand-made.ts';

/** When the final scan may start: stories of clusters that are whole, and of some that only look it. */
async function settling(story: {
  view: (second: number) => View;
  ends?: (second: number) => EndOffset[];
  partitions?: number;
  timeoutMs?: number;
  abortAtMs?: number;
}) {
  const clock = virtualClock();
  const abort = new AbortController();
  const second = () => clock.nowNs() / 1e9;
  if (story.abortAtMs !== undefined) clock.at(story.abortAtMs * 1e6, () => (clock.wake(), abort.abort()));
  const settled = await clock.drive(
    settle({
      db: dbOf(() => story.view(second())),
      reader: readerOf({ ends: () => (story.ends ?? (() => endsOf(10)))(second()) }),
      clock,
      partitions: story.partitions ?? 1,
      replicationFactor: 3,
      timeoutMs: story.timeoutMs ?? 10_000,
      signal: abort.signal,
    }),
  );
  return { ...settled, second: second() };
}

test('a cluster that all brokers call whole settles once its ends have stood still for a second and a half', async (t) => {
  const { second, ...settled } = await settling({ view: () => agreed(2) });
  t.deepEqual(settled, { settled: true, reason: '', ends: endsOf(10) });
  t.is(second, 1.5);
});

test('a zombie that claims to lead with a full ISR does not settle the cluster', async (t) => {
  const zombie = view(says([1]), says([2]), says([2]));
  const story = await settling({ view: () => zombie });
  t.false(story.settled);
  t.is(story.reason, 'the brokers do not agree on who leads partition 0');
  t.is(story.second, 10);
});

test('once the zombie knows better, the time begins anew', async (t) => {
  const zombie = view(says([1]), says([2]), says([2]));
  const story = await settling({ view: (second) => (second < 4 ? zombie : agreed(2)) });
  t.true(story.settled);
  t.is(story.second, 5.5);
});

test('a zombie of the last partition is seen too', async (t) => {
  const story = await settling({
    view: () => view(says([1, 1]), says([1, 2]), says([1, 2])),
    ends: () => endsOf(1, 1),
    partitions: 2,
  });
  t.is(story.reason, 'the brokers do not agree on who leads partition 1');
});

test('a broker that does not answer is asked until it does', async (t) => {
  const silent = view(says([2]), says([2]), null);
  t.is((await settling({ view: () => silent })).reason, 'kafka3 did not answer');
  t.true((await settling({ view: (second) => (second < 3 ? silent : agreed(2)) })).settled);
});

test('a broker of which the answer says nothing did not answer: an empty answer is no agreement', async (t) => {
  const { kafka1, kafka2 } = agreed(2).observers;
  t.is(
    (await settling({ view: () => ({ observers: { kafka1: kafka1!, kafka2: kafka2! } }) })).reason,
    'kafka3 did not answer',
  );
  t.is((await settling({ view: () => ({ observers: {} }) })).reason, 'kafka1 did not answer');
});

test('a replica out of sync by anybody’s account is waited for', async (t) => {
  const story = await settling({ view: () => view(says([2]), says([2], [2, 3]), says([2])) });
  t.false(story.settled);
  t.is(story.reason, 'kafka2 says that only 2 of 3 replicas of partition 0 are in sync');
});

test('a partition without a leader, or that a broker does not know, is waited for', async (t) => {
  const reason = 'kafka2 knows of no leader for partition 0';
  t.is((await settling({ view: () => view(says([2]), says([-1]), says([2])) })).reason, reason);
  t.is((await settling({ view: () => view(says([2]), says([]), says([2])) })).reason, reason);
  t.true((await settling({ view: () => agreed(0) })).settled, 'a broker may have the number 0');
});

test('a new leader whose end is too low at first is read to the end that it gives later', async (t) => {
  const story = await settling({ view: () => agreed(2), ends: (second) => endsOf(second < 1 ? 4 : 10) });
  t.deepEqual(story.ends, endsOf(10));
  t.is(story.second, 2.5);
});

test('ends that go on moving do not settle', async (t) => {
  const story = await settling({ view: () => agreed(2), ends: (second) => endsOf(second * 100) });
  t.false(story.settled);
  t.is(story.reason, 'the end offsets were still moving');
});

test('a change of leader begins the time anew, though the ends are the same', async (t) => {
  const story = await settling({ view: (second) => agreed(second < 1 ? 2 : 3) });
  t.true(story.settled);
  t.is(story.second, 2.5);
});

test('a doubt in between begins the time anew, though all is as before afterwards', async (t) => {
  const doubt = view(says([2]), null, says([2]));
  const story = await settling({ view: (second) => (second === 1 ? doubt : agreed(2)) });
  t.is(story.second, 2.75);
});

test('ends that no broker gives, or not for all partitions, do not settle', async (t) => {
  const mute = await settling({ view: () => agreed(2), ends: fails('no leader answers') });
  t.like(mute, { settled: false, reason: 'no leader answers', ends: [] });
  const half = await settling({ view: () => agreed(2, 3), ends: () => endsOf(10), partitions: 2 });
  t.false(half.settled);
});

test('a question that fails is asked again', async (t) => {
  const broken = fails('out of descriptors');
  const story = await settling({ view: (second) => (second < 2 ? broken() : agreed(2)) });
  t.true(story.settled);
  t.is((await settling({ view: broken })).reason, 'the brokers could not be asked: out of descriptors');
});

test('a run that is stopped does not wait', async (t) => {
  const story = await settling({ view: () => agreed(2), abortAtMs: 1_000 });
  t.false(story.settled);
  t.is(story.reason, 'the run was stopped before the cluster had settled');
  t.is(story.second, 1);
});

test('without time nothing is asked, and nothing is settled', async (t) => {
  t.like(await settling({ view: () => agreed(2), timeoutMs: 0 }), {
    settled: false,
    reason: 'there was no time to ask',
  });
});

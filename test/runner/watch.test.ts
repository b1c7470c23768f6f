import test from 'ava';
import { virtualClock } from '../../src/core/virtual-clock.ts';
import type { View } from '../../src/db/db.ts';
import type { Event } from '../../src/history/event.ts';
import { gapsOf } from '../../src/history/gaps.ts';
import { watchEnds, watchViews } from '../../src/runner/watch.ts';
import { agreed, dbOf, endsOf, fails, readerOf, says, view } from './hand-made.ts';

/** Watches that look at a cluster made by hand for some seconds. */
async function viewsFor(lengthMs: number, answer: (ms: number) => View) {
  const clock = virtualClock();
  const events: Event[] = [];
  const shown: View[] = [];
  const ending = new AbortController();
  clock.at(lengthMs * 1e6, () => (clock.wake(), ending.abort()));
  const db = dbOf(() => answer(clock.nowNs() / 1e6));
  await clock.drive(
    watchViews({
      db,
      clock,
      record: (event) => events.push(event),
      onView: (seen) => shown.push(seen),
      signal: ending.signal,
    }),
  );
  return { events, shown, asked: db.asked };
}

const gapsIn = (events: readonly Event[]) => events.filter((event) => event.type === 'gap');

test('each broker’s account is recorded when it changes, and only then', async (t) => {
  const { events, shown } = await viewsFor(1_000, (ms) =>
    ms < 500 ? agreed(1) : view(says([1]), says([2], [3, 2]), null),
  );
  t.is(shown.length, 5);
  t.deepEqual(
    events.flatMap((event) =>
      event.type === 'view'
        ? [`${event.timeNs / 1e6} ${event.observer} ${event.leader} ${event.isr.join()}`]
        : [],
    ),
    ['0 kafka1 1 1,2,3', '0 kafka2 1 1,2,3', '0 kafka3 1 1,2,3', '600 kafka2 2 2,3'],
  );
  t.is(events.filter(({ type }) => type === 'controller').length, 3);
});

test('a change of epoch or of the ISR alone is a change', async (t) => {
  const at = (epoch: number, isr: number[]) => {
    const observed = says([1], isr);
    observed.partitions[0]!.epoch = epoch;
    return view(observed, null, null);
  };
  const { events } = await viewsFor(700, (ms) =>
    at(ms < 200 ? 4 : 5, ms < 400 ? [1, 2, 3] : ms < 600 ? [3, 1] : [1, 3]),
  );
  t.deepEqual(
    events.flatMap((event) => (event.type === 'view' ? [[event.epoch, event.isr]] : [])),
    [
      [4, [1, 2, 3]],
      [5, [1, 2, 3]],
      [5, [1, 3]],
    ],
  );
});

test('a sample that fails is tried again, and the gap is told when it begins and when it is over', async (t) => {
  const { events, asked } = await viewsFor(1_000, (ms) =>
    ms > 300 && ms < 700 ? fails('out of descriptors')() : agreed(ms < 700 ? 1 : 2),
  );
  t.is(asked, 5);
  const common = { type: 'gap', watch: 'views', fromNs: 2e8, reason: 'out of descriptors' } as const;
  t.deepEqual(gapsIn(events), [
    { ...common, timeNs: 4e8, toNs: null },
    { ...common, timeNs: 8e8, toNs: 8e8 },
  ]);
  t.deepEqual(gapsOf(events), [{ watch: 'views', node: null, fromNs: 2e8, toNs: 8e8 }]);
  t.is(events.filter((event) => event.type === 'view' && event.leader === 2).length, 3);
});

test('a gap that is not over lasts until the history ends', async (t) => {
  const { events } = await viewsFor(1_000, fails('no way'));
  t.deepEqual(gapsOf(events), [{ watch: 'views', node: null, fromNs: 0, toNs: Infinity }]);
});

test('gaps one after another are told apart', async (t) => {
  const { events } = await viewsFor(1_000, (ms) => (ms % 400 === 200 ? fails('now and then')() : agreed(1)));
  t.deepEqual(
    gapsOf(events).map(({ fromNs, toNs }) => [fromNs / 1e6, toNs / 1e6]),
    [
      [0, 400],
      [400, 800],
    ],
  );
});

test('what an earlier version gave up for good is a gap until the end', (t) => {
  const note = (text: string): Event => ({ type: 'note', timeNs: 7, about: 'warning', text });
  t.deepEqual(
    gapsOf([
      note('The cluster is no longer watched: no way'),
      note('The log of kafka2 is no longer watched: EACCES'),
      note('The load was stopped early.'),
    ]),
    [
      { watch: 'views', node: null, fromNs: 7, toNs: Infinity },
      { watch: 'log', node: 'kafka2', fromNs: 7, toNs: Infinity },
    ],
  );
});

async function endsFor(lengthMs: number, partitions: number, answer: (ms: number) => number[]) {
  const clock = virtualClock();
  const events: Event[] = [];
  const ending = new AbortController();
  clock.at(lengthMs * 1e6, () => (clock.wake(), ending.abort()));
  const reader = readerOf({
    async ends() {
      await clock.sleep(50);
      return endsOf(...answer(clock.nowNs() / 1e6));
    },
  });
  await clock.drive(
    watchEnds({ reader, partitions, clock, record: (event) => events.push(event), signal: ending.signal }),
  );
  return events;
}

test('ends are recorded with the times of question and answer', async (t) => {
  t.deepEqual(await endsFor(2_000, 2, () => [4, 7]), [
    { type: 'end', partition: 0, offset: 4, invokeNs: 0, completeNs: 5e7, broker: 1 },
    { type: 'end', partition: 1, offset: 7, invokeNs: 0, completeNs: 5e7, broker: 1 },
    { type: 'end', partition: 0, offset: 4, invokeNs: 105e7, completeNs: 110e7, broker: 1 },
    { type: 'end', partition: 1, offset: 7, invokeNs: 105e7, completeNs: 110e7, broker: 1 },
  ]);
});

test('hundreds of partitions are asked for less often', async (t) => {
  const events = await endsFor(4_000, 300, () => [1]);
  t.deepEqual(
    events.map((event) => event.type === 'end' && event.invokeNs / 1e6),
    [0, 3_050],
  );
});

test('ends that no broker gives leave a gap, and are asked for again', async (t) => {
  const events = await endsFor(4_000, 1, (ms) => (ms > 1_000 && ms < 3_000 ? fails('no leader')() : [4]));
  t.deepEqual(gapsOf(events), [{ watch: 'ends', node: null, fromNs: 5e7, toNs: 32e8 }]);
  t.is(events.filter(({ type }) => type === 'end').length, 2);
});

test('a question that fails because the run is over is no gap', async (t) => {
  t.deepEqual(await endsFor(20, 1, fails('the reader was closed')), []);
});

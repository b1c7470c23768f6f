import test from 'ava';
import { fc, testProp } from '@fast-check/ava';
import type { Event } from '../../src/history/event.ts';
import { runOf } from '../../src/history/memory.ts';
import { eventsOf, lastEventNs, viewsByPartition } from '../../src/history/events-of.ts';

/** Whoever asks for one type of event gets what a look at all of them would give. */
const timeNs = fc.nat(20);
const anyEvent: fc.Arbitrary<Event> = fc.oneof(
  fc.record({ type: fc.constant('phase' as const), timeNs, name: fc.constant('faults' as const) }),
  fc.record({
    type: fc.constant('view' as const),
    timeNs,
    observer: fc.constantFrom('kafka1', 'kafka2'),
    partition: fc.nat(2),
    leader: fc.nat(2),
    epoch: fc.constant(null),
    isr: fc.array(fc.nat(2), { maxLength: 0 }),
  }),
  fc.record({
    type: fc.constant('scan' as const),
    scan: fc.constant(0),
    name: fc.constant('final'),
    partition: fc.nat(2),
    from: fc.constant(0),
    end: fc.constant(0),
    covered: fc.boolean(),
    final: fc.boolean(),
    invokeNs: timeNs,
    completeNs: timeNs,
  }),
);
const anyEvents = fc.array(anyEvent, { maxLength: 30 });

testProp('the events of some types are those that a filter finds', [anyEvents], (t, events) => {
  t.deepEqual(
    eventsOf(events, 'view'),
    events.filter(({ type }) => type === 'view'),
  );
  t.deepEqual(
    eventsOf(events, 'scan', 'phase'),
    events.filter(({ type }) => type === 'scan' || type === 'phase'),
  );
  t.deepEqual(eventsOf(events, 'note'), []);
  const times = events.map((event) => ('timeNs' in event ? event.timeNs : event.completeNs));
  t.is(lastEventNs(runOf({ events })), Math.max(0, ...times));
});

testProp(
  'the views of a partition are in the order of time, and then of the history',
  [anyEvents],
  (t, events) => {
    const groups = viewsByPartition(events);
    for (const partition of [0, 1, 2]) {
      const own = eventsOf(events, 'view').filter((view) => view.partition === partition);
      t.deepEqual(
        groups.get(partition) ?? [],
        own.toSorted((a, b) => a.timeNs - b.timeNs),
      );
    }
  },
);

test('a history that has grown is looked at anew', (t) => {
  const note = (timeNsOfIt: number): Event => ({
    type: 'note',
    timeNs: timeNsOfIt,
    text: '',
    about: 'warning',
  });
  const events = [note(1)];
  t.is(eventsOf(events, 'note').length, 1);
  events.push(note(5));
  t.is(eventsOf(events, 'note').length, 2);
  t.is(lastEventNs(runOf({ events })), 5);
});

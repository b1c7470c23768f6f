import test from 'ava';
import { fc } from '@fast-check/ava';
import { FirstBelow } from '../../src/checker/columns/first-below.ts';
import { FaultIndex } from '../../src/checker/facts/fault-index.ts';
import { Leadership } from '../../src/checker/facts/leadership.ts';
import { PowerLosses } from '../../src/checker/facts/power.ts';
import { Truncations } from '../../src/checker/facts/truncations.ts';
import { Unwatched } from '../../src/checker/facts/unwatched.ts';
import type { Event, ViewEvent } from '../../src/history/event.ts';
import { countBelow, countUpTo } from '../../src/core/sorted.ts';
import { effort } from '../oracle/effort.ts';
import * as oracle from '../oracle/leaders.ts';
import { holds } from '../holds.ts';

/**
 * A run may have thousands of leaders and faults, and a question about them for every record that is lost. So they are
 * looked up in sorted lists and trees, and here the answers are held against those of a search through all of them.
 */
const few = fc.integer({ min: -1, max: 12 });
const time = fc.integer({ min: 0, max: 30 });

test('the first value that is not above a limit is found, without those of one owner', (t) => {
  const value = fc.oneof(fc.constant(-Infinity), fc.integer({ min: 0, max: 9 }));
  holds(
    t,
    fc.property(
      fc.array(fc.tuple(value, fc.integer({ min: 1, max: 3 })), { maxLength: 20 }),
      fc.integer({ min: 0, max: 25 }),
      fc.oneof(fc.integer({ min: -1, max: 9 }), fc.constant(Number.MAX_VALUE)),
      fc.option(fc.integer({ min: 1, max: 4 })),
      (items, from, limit, except) => {
        const values = items.map(([each]) => each);
        const owners = items.map(([, owner]) => owner);
        const expected = items.findIndex(
          ([each, owner], index) => index >= from && each <= limit && owner !== except,
        );
        t.is(new FirstBelow(values, owners).find(from, limit, except), expected);
        t.is(
          new FirstBelow(values).find(from, limit),
          values.findIndex((each, index) => index >= from && each <= limit),
        );
      },
    ),
    effort(1000),
  );
});

test('numbers up to a limit are counted in an ascending list', (t) => {
  holds(
    t,
    fc.property(fc.array(time), time, (numbers, limit) => {
      const ascending = numbers.toSorted((a, b) => a - b);
      t.is(countUpTo(ascending, limit), numbers.filter((number) => number <= limit).length);
      t.is(countBelow(ascending, limit), numbers.filter((number) => number < limit).length);
    }),
    effort(300),
  );
});

const view = fc.record({
  type: fc.constant('view' as const),
  timeNs: time,
  observer: fc.constantFrom('kafka1', 'kafka2', 'log:kafka1', 'log:kafka2'),
  partition: fc.constant(0),
  leader: fc.integer({ min: -1, max: 3 }),
  epoch: fc.option(fc.integer({ min: 0, max: 6 })),
  isr: fc.constantFrom<number[]>([1], [1, 2, 3]),
  startOffset: fc.integer({ min: 0, max: 12 }),
});
const loss = fc.record({ node: fc.constantFrom('kafka1', 'kafka2'), timeNs: time });

function leadershipOf(views: readonly ViewEvent[], losses: readonly { node: string; timeNs: number }[]) {
  const events = losses.map(({ node, timeNs }, index): Event => {
    const facts = { id: `f${index}`, requestedNs: timeNs, timeNs, targets: [node], links: [], evidence: '' };
    return { type: 'fault-start', fault: { kind: 'power-loss', target: node }, ...facts };
  });
  const nameOf = (leader: number) => `kafka${leader}`;
  return new Leadership(views, {
    isSampled: false,
    blurNs: 0,
    nameOf,
    power: new PowerLosses(events),
    isWhole: true,
    unwatched: new Unwatched([]),
  });
}

test('who led, who followed and who was deposed is answered as by looking at every term', (t) => {
  holds(
    t,
    fc.property(
      fc.array(view, { maxLength: 14 }),
      fc.array(loss, { maxLength: 4 }),
      fc.integer({ min: -1, max: 3 }),
      time,
      few,
      (views, losses, broker, timeNs, offset) => {
        const leadership = leadershipOf(views, losses);
        const { terms } = leadership;
        t.deepEqual(
          terms.map(oracle.withoutIndex),
          oracle.splitWherePowerWasLost(leadershipOf(views, []).terms, losses),
        );
        t.is(leadership.wasDeposed(broker, timeNs), oracle.wasDeposed(terms, broker, timeNs));
        t.is(leadership.changed, new Set(terms.map(({ leader }) => leader)).size > 1);
        t.is(
          leadership.changedBetween(timeNs - 3, timeNs),
          terms.some(({ index, fromNs }) => index > 0 && fromNs > timeNs - 3 && fromNs < timeNs),
        );
        const expected = oracle.termAt(terms, broker, timeNs);
        if (expected !== null || broker < 0) t.is(leadership.termAt(broker, timeNs), expected);
        for (const term of terms) {
          t.is(leadership.successorOf(term, offset), oracle.successorOf(terms, term, offset));
          t.is(leadership.wasReplaced(term), oracle.successorOf(terms, term, -1) !== null);
        }
      },
    ),
    effort(2000),
  );
});

test('faults in force between two moments are found, in the order of the history', (t) => {
  const span = fc.record({
    id: fc.uuid(),
    label: fc.constant(''),
    kind: fc.constant('kill'),
    targets: fc.constantFrom(['kafka1'], ['kafka2'], ['kafka1', 'kafka2'], []),
    fromNs: time,
    toNs: fc.oneof(time, fc.constant(Infinity)),
  });
  holds(
    t,
    fc.property(fc.array(span), time, time, (spans, fromNs, toNs) => {
      const index = new FaultIndex(spans);
      t.deepEqual(index.during(fromNs, toNs), oracle.faultsDuring(spans, fromNs, toNs));
      const last = spans.filter(({ targets }) => targets.some((node) => node === 'kafka1'));
      t.is(index.lastNs('kafka1'), Math.max(...last.map((each) => each.toNs)));
      // A group of findings without a time was under no fault.
      t.deepEqual(index.during(Infinity, -Infinity), []);
    }),
    effort(500),
  );
});

test('the first truncation of a node at or below an offset is found, of this partition or of one that is not named', (t) => {
  const line = fc.record(
    {
      type: fc.constant('log' as const),
      timeNs: time,
      node: fc.constantFrom('kafka1', 'kafka2'),
      text: fc.string(),
      truncatedTo: few,
      partition: fc.constantFrom(0, 1),
    },
    { requiredKeys: ['type', 'timeNs', 'node', 'text'] },
  );
  holds(
    t,
    fc.property(fc.array(line), time, fc.oneof(few, fc.constant(Infinity)), (lines, sinceNs, offset) => {
      const fitting = lines
        .filter(({ node, partition = 0 }) => node === 'kafka1' && partition === 0)
        .filter(
          ({ truncatedTo, timeNs }) =>
            truncatedTo !== undefined && truncatedTo <= offset && timeNs >= sinceNs,
        );
      const found = new Truncations(lines).first('kafka1', 0, sinceNs, offset);
      t.is(found === undefined, fitting.length === 0);
      if (found === undefined) return;
      t.is(found.timeNs, Math.min(...fitting.map(({ timeNs }) => timeNs)));
      t.true(fitting.some((each) => each.text === found.text));
    }),
    effort(500),
  );
});

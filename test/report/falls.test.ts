import test from 'ava';
import { fc, testProp } from '@fast-check/ava';
import type { Finding } from '../../src/checker/result.ts';
import type { Event } from '../../src/history/event.ts';
import { openEnvelope, TimeGrid, widenEnvelope } from '../../src/report/figures/grid.ts';
import { type FallFacts, fallsOf } from '../../src/report/timeline/falls.ts';
import { NODES } from './scenes.ts';

const S = 1e9;
const NONE: Omit<FallFacts, 'events' | 'ends' | 'findings'> = {
  nodes: NODES,
  partition: 0,
  acked: new Map(),
  bucketNs: S,
  acksAll: true,
};

/** As a history has them: end offsets apart from the other events. */
const told = (events: Event[]) => ({
  events: events.filter(({ type }) => type !== 'end'),
  ends: events.filter((event) => event.type === 'end'),
});

const lost = (offsets: [number, number], seconds: [number, number], node = 'kafka2'): Finding => ({
  kind: 'lost',
  loss: 'truncated',
  partition: 0,
  count: offsets[1] - offsets[0] + 1,
  judgement: 'permitted',
  reason: 'kafka2 lost power',
  blame: 'broker',
  values: '',
  offsets,
  timeNs: [seconds[0] * S, seconds[1] * S],
  leader: { node, id: Number(node.at(-1)), epoch: 0 },
  examples: [],
});

const end = (second: number, offset: number, broker = 2): Event => ({
  type: 'end',
  partition: 0,
  offset,
  invokeNs: second * S - 1e6,
  completeNs: second * S,
  broker,
});

const view = (second: number, observer: string, leader: number, startOffset?: number): Event => ({
  type: 'view',
  timeNs: second * S,
  observer,
  partition: 0,
  leader,
  epoch: 2,
  isr: [leader],
  ...(startOffset !== undefined && { startOffset }),
});

const powerLoss = (second: number): Event[] => [
  { type: 'node', timeNs: second * S, node: 'kafka2', state: 'down', detail: 'lost power' },
  {
    type: 'fault-start',
    id: 'f',
    fault: { kind: 'power-loss', target: 'leader' },
    requestedNs: (second - 0.2) * S,
    timeNs: (second + 0.2) * S,
    targets: ['kafka2'],
    links: [],
    evidence: '',
  },
];

test('the last replica standing loses power: one arrow, at the loss of power, below which later ends lie', (t) => {
  // As it was on Kafka 3.9.1: what was acknowledged early is lost with all the rest, and not before.
  const events = [
    end(10.8, 262),
    end(12.9, 262),
    view(13.6, 'log:kafka2', 2, 279),
    end(19.3, 6514),
    ...powerLoss(19.9),
    view(30.8, 'log:kafka2', 2, 0),
    end(31.6, 34),
  ];
  const findings = [lost([0, 261], [8, 10.8]), lost([273, 7475], [13.7, 19.8])];
  t.deepEqual(fallsOf({ ...NONE, ...told(events), findings }), [
    {
      node: 'kafka2',
      id: 2,
      timeNs: 19.9 * S,
      provenNs: 30.8 * S,
      to: 0,
      text: 'kafka2 loses power: its log falls back to 0',
    },
  ]);
});

test('without a loss of power it fell when the shorter log was first seen, and without a sign there is no arrow', (t) => {
  const findings = [lost([50, 99], [1, 2])];
  const falls = (events: Event[], more: Partial<FallFacts> = {}) =>
    fallsOf({ ...NONE, ...more, ...told(events), findings }).map(({ timeNs, to }) => [timeNs / S, to]);
  t.deepEqual(falls([]), []);
  t.deepEqual(falls([end(3, 100)]), []);
  t.deepEqual(falls([end(3, 100), end(5, 60)]), [[5, 50]]);
  // The end that another broker told is not this one's, nor is another broker's word on who leads.
  t.deepEqual(falls([end(3, 60, 1), view(3, 'kafka1', 1)]), []);
  t.deepEqual(falls([view(3, 'kafka2', 1)]), [[3, 50]]);
  // With acks=1 an end may lag behind what is acknowledged: only one that goes back says something.
  t.deepEqual(falls([end(1.5, 10), end(3, 10), end(4, 12)], { acksAll: false }), []);
  t.deepEqual(falls([end(1.5, 10), end(3, 9)], { acksAll: false }), [[3, 50]]);
  // Other records acknowledged at the same offsets.
  const grid = new TimeGrid();
  const envelope = openEnvelope(grid);
  widenEnvelope(envelope, grid.bucketOf(1.5 * S), 70);
  widenEnvelope(envelope, grid.bucketOf(3 * S), 70);
  t.deepEqual(falls([], { acked: new Map([[2, envelope]]), bucketNs: grid.widthNs }), [[3, 50]]);
});

test('where a log tells when it was cut, nothing is implied', (t) => {
  const cut: Event = {
    type: 'log',
    timeNs: 4 * S,
    node: 'kafka2',
    text: 'Truncating to offset 50',
    truncatedTo: 50,
    partition: 0,
  };
  const falls = fallsOf({ ...NONE, ...told([cut, end(5, 50)]), findings: [lost([50, 99], [1, 2])] });
  t.deepEqual(falls, [
    { node: 'kafka2', id: 2, timeNs: 4 * S, to: 50, text: 'kafka2 cuts its log back to 50' },
  ]);
});

const second = fc.integer({ min: 0, max: 300 }).map((tenths) => tenths / 10);
const anyEvent = fc.oneof(
  fc.record({ at: second, offset: fc.nat(120), broker: fc.integer({ min: 1, max: 3 }) }).map((drawn) => ({
    kind: 'end' as const,
    ...drawn,
  })),
  fc
    .record({
      at: second,
      by: fc.constantFrom('kafka1', 'kafka2', 'log:kafka2'),
      leader: fc.constantFrom(1, 2),
    })
    .chain((drawn) => fc.option(fc.nat(120)).map((start) => ({ kind: 'view' as const, ...drawn, start }))),
  fc.record({ at: second }).map((drawn) => ({ kind: 'power' as const, ...drawn })),
);

testProp(
  'no arrow stands before the acknowledgement of what it takes, nor before an end offset above its target',
  [fc.array(anyEvent, { maxLength: 25 }), fc.nat(60), fc.nat(50), second, fc.boolean()],
  (t, drawn, first, more, ackedAt, acksAll) => {
    const events = drawn
      .toSorted((a, b) => a.at - b.at)
      .flatMap((each): Event[] => {
        if (each.kind === 'end') return [end(each.at, each.offset, each.broker)];
        if (each.kind === 'view') return [view(each.at, each.by, each.leader, each.start ?? undefined)];
        return powerLoss(each.at);
      });
    const last = first + more;
    const findings = [lost([first, last], [0, ackedAt])];
    const falls = fallsOf({ ...NONE, ...told(events), findings, acksAll });
    t.true(falls.length <= 1);

    // Every sign of the shorter log, by its definition.
    const own = events.filter((event) => event.type === 'end' && event.broker === 2);
    const signs = events.flatMap((event): number[] => {
      if (event.type === 'end') {
        if (event.broker !== 2 || event.completeNs <= ackedAt * S || event.offset > last) return [];
        const higher = own.some(
          (other) =>
            other.type === 'end' && own.indexOf(other) < own.indexOf(event) && other.offset > event.offset,
        );
        return acksAll || higher ? [event.completeNs] : [];
      }
      if (event.type !== 'view' || event.timeNs <= ackedAt * S) return [];
      if (event.leader === 2)
        return event.startOffset !== undefined && event.startOffset <= last ? [event.timeNs] : [];
      return event.observer.endsWith('kafka2') ? [event.timeNs] : [];
    });
    t.is(falls.length, signs.length > 0 ? 1 : 0);
    for (const { timeNs, to } of falls) {
      const provenNs = Math.min(...signs);
      t.is(to, first);
      t.true(timeNs >= ackedAt * S && timeNs <= provenNs);
      // Until it is proven, nothing that the broker tells lies above the target.
      t.false(
        own.some(
          (event) =>
            event.type === 'end' &&
            event.offset > to &&
            event.completeNs > timeNs &&
            event.completeNs < provenNs,
        ),
      );
    }
  },
  { numRuns: 300 },
);

import test from 'ava';
import { fc } from '@fast-check/ava';
import type { MemberEvent } from '../../src/history/group.ts';
import { membersOf } from '../../src/report/timeline/members.ts';
import { holds } from '../holds.ts';

/** What the picture shows of the members of a consumer group. */
const S = 1e9;
const event = (
  at: number,
  member: number,
  what: MemberEvent['what'],
  partitions?: number[],
): MemberEvent => ({
  type: 'member',
  timeNs: at * S,
  member,
  scan: 0,
  what,
  ...(partitions && { partitions }),
});

test('a member joins, owns partitions, is stopped, owns them still, is killed, and is replaced', (t) => {
  const events = [
    event(1, 0, 'joined'),
    event(2, 0, 'assigned', [0, 1]),
    event(5, 0, 'paused'),
    event(8, 0, 'continued'),
    event(9, 0, 'killed'),
    event(12, 0, 'joined'),
  ];
  const span = (from: number, to: number, state: string, partitions: number[] = []) => ({
    fromNs: from * S,
    toNs: to * S,
    state,
    partitions,
  });
  t.deepEqual(membersOf(events, 20 * S), [
    {
      member: 0,
      spans: [
        span(1, 2, 'joining'),
        span(2, 5, 'owning', [0, 1]),
        span(5, 8, 'paused', [0, 1]),
        span(8, 9, 'owning', [0, 1]),
        span(12, 20, 'joining'),
      ],
      died: [9 * S],
    },
  ]);
});

test('one that leaves ends without a cross, and one that owns nothing any more is there all the same', (t) => {
  const events = [
    event(1, 3, 'joined'),
    event(2, 3, 'assigned', [1]),
    event(4, 3, 'assigned', []),
    event(6, 3, 'left'),
  ];
  const [lane] = membersOf(events, 20 * S);
  t.deepEqual(
    lane!.spans.map(({ state }) => state),
    ['joining', 'owning', 'joining'],
  );
  t.deepEqual(lane!.died, []);
});

test('whatever befalls members, each has one lane, whose stretches follow each other inside the picture', (t) => {
  const what = fc.constantFrom(
    ...(['joined', 'assigned', 'paused', 'continued', 'killed', 'left', 'ended'] as const),
  );
  const any = fc.record({
    at: fc.integer({ min: 0, max: 50 }),
    member: fc.integer({ min: 0, max: 3 }),
    what,
  });
  holds(
    t,
    fc.property(fc.array(any), (drawn) => {
      const lanes = membersOf(
        drawn.map(({ at, member, what: befell }) => event(at, member, befell, [0])),
        50 * S,
      );
      t.deepEqual(
        lanes.map(({ member }) => member),
        [...new Set(drawn.map(({ member }) => member))].toSorted((a, b) => a - b),
      );
      for (const { spans } of lanes)
        for (const [index, { fromNs, toNs }] of spans.entries()) {
          t.true(fromNs < toNs && toNs <= 50 * S);
          t.true(index === 0 || spans[index - 1]!.toNs <= fromNs);
        }
    }),
  );
});

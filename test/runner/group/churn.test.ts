import test from 'ava';
import { seededRandom } from '../../../src/core/random.ts';
import { churnSteps } from '../../../src/runner/group/churn.ts';
import { groupSchema } from '../../../src/scenario/group-schema.ts';

/** What is done to members: by the seed alone, each kind in turn, and pauses that outlast a session. */
const first = (count: number, group: Parameters<typeof groupSchema.parse>[0], seed = 1) => {
  const steps = churnSteps(groupSchema.parse(group), seededRandom(seed));
  return Array.from({ length: count }, () => steps.next().value!);
};

test('each kind comes once before any comes again', (t) => {
  for (let seed = 0; seed < 20; seed++) {
    const kinds = first(9, {}, seed).map(({ kind }) => kind);
    for (const from of [0, 3, 6]) t.is(new Set(kinds.slice(from, from + 3)).size, 3);
  }
});

test('the seed says everything', (t) => {
  t.deepEqual(first(50, {}), first(50, {}));
  t.notDeepEqual(first(50, {}, 1), first(50, {}, 2));
});

test('of a group of five, all are struck, at the pace that was asked for', (t) => {
  const steps = first(3_000, {
    members: 5,
    churn: { meanIntervalMs: 2_000, mix: ['leave'], meanAwayMs: 700 },
  });
  t.is(new Set(steps.map(({ member }) => member)).size, 5);
  const mean = (of: (step: (typeof steps)[number]) => number) =>
    steps.reduce((sum, step) => sum + of(step), 0) / steps.length;
  t.true(Math.abs(mean(({ afterMs }) => afterMs) - 2_000) < 200);
  t.true(Math.abs(mean(({ forMs }) => forMs) - 700) < 70);
});

test('a pause is longer than any session may last without a heartbeat', (t) => {
  for (const sessionTimeoutMs of [1_000, 6_000, 45_000])
    for (const { kind, forMs } of first(30, { sessionTimeoutMs }))
      if (kind === 'pause') t.true(forMs > sessionTimeoutMs);
});

test('members that are left alone are struck by nothing', (t) => {
  t.deepEqual([...churnSteps(groupSchema.parse({ churn: null }), seededRandom(1))], []);
});

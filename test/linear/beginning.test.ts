import test from 'ava';
import fc from 'fast-check';
import { findBeginning } from '../../src/linear/beginning.ts';
import { check } from '../../src/linear/check.ts';
import { modelNamed, type ModelName } from '../../src/linear/models/catalog.ts';
import type { Value } from '../../src/linear/operation.ts';
import { drafts, historyOf } from '../oracle/drafts.ts';
import { effort } from '../oracle/effort.ts';
import { SORTS } from '../oracle/kinds.ts';
import { flawOf, isLinearizable } from '../oracle/sequential.ts';
import { holds } from '../holds.ts';

/**
 * Objects that began with something, against the twin that begins with it, and whether the beginning that explains a
 * history is found.
 */
const list = fc.array(fc.nat(3), { maxLength: 3 });
const members = fc.uniqueArray(fc.nat(3), { maxLength: 3 }).map((set) => set.toSorted((a, b) => a - b));
const sorted = list.map((items) => items.toSorted((a, b) => a - b));
const value = fc.oneof(fc.nat(3), fc.constant(null));

const BEGINNINGS: [sort: string, start: fc.Arbitrary<Value>][] = [
  ['cas register', value],
  ['cas register, distinct values', value],
  ['set', members],
  ['set, distinct members', members],
  ['queue', list],
  ['queue, distinct values', list],
  ['unordered queue', sorted],
  ['stack', list],
  ['stack with peeks', list],
  ['priority queue', sorted],
  ['counter', fc.integer({ min: -3, max: 3 })],
  ['list, repeating values', list],
  ['list, distinct values', list],
];

for (const [name, starts] of BEGINNINGS) {
  const sort = SORTS[name]!;
  test(`${name}: what the object holds at first is where brute force begins`, async (t) => {
    t.timeout(3_600_000);
    const found = { valid: 0, invalid: 0, unknown: 0 };
    await holds(
      t,
      fc.asyncProperty(drafts({ operationsMax: 6, values: 3 }), starts, async (plan, start) => {
        const object = { ...sort.object, start };
        const history = historyOf({ ...sort, object }, plan);
        const { verdict, witness, culprit } = await check(
          modelNamed(sort.model, { initial: start }),
          history,
        );
        found[verdict]++;
        if (verdict === 'unknown') return;
        t.is(
          verdict,
          isLinearizable(object, history) ? 'valid' : 'invalid',
          JSON.stringify({ start, history }),
        );
        if (verdict === 'valid')
          t.is(
            flawOf(
              object,
              history,
              witness!.flatMap(({ order }) => order),
            ),
            null,
          );
        for (const { index } of [culprit?.operation, ...(culprit?.conflicts ?? [])].flatMap(
          (each) => each ?? [],
        ))
          t.true(index >= 0);
      }),
      effort(700),
    );
    t.true(found.valid > 20 && found.invalid > 5, JSON.stringify(found));
  });
}

test('a beginning that explains a register is found, where there is one', async (t) => {
  const sort = SORTS['cas register']!;
  let explained = 0;
  await holds(
    t,
    fc.asyncProperty(drafts({ operationsMax: 6, values: 3 }), fc.nat(3), async (plan, start) => {
      const history = historyOf({ ...sort, object: { ...sort.object, start } }, plan);
      if ((await check(modelNamed('cas-register'), history)).verdict !== 'invalid') return;
      const seen = [0, 1, 2, 3].filter((each) => isLinearizable({ ...sort.object, start: each }, history));
      const beginning = await findBeginning('cas-register', history, {});
      t.is(beginning !== 'none', seen.length > 0, JSON.stringify({ seen, beginning, history }));
      if (typeof beginning === 'object') t.true(seen.includes(beginning.initial as number));
      explained += seen.length > 0 ? 1 : 0;
    }),
    effort(2000),
  );
  t.true(explained > 20, String(explained));
});

test('each key of a store begins with its own value', async (t) => {
  const sort = SORTS['two keys']!;
  await holds(
    t,
    fc.asyncProperty(drafts({ operationsMax: 6, values: 3 }), fc.tuple(value, value), async (plan, start) => {
      const object = { ...sort.object, start };
      const history = historyOf({ ...sort, object }, plan);
      const initial = Object.fromEntries(start.map((each, key) => [String(key), each]));
      const { verdict } = await check(modelNamed('kv', { initial }), history);
      if (verdict !== 'unknown') t.is(verdict, isLinearizable(object, history) ? 'valid' : 'invalid');
      const beginning = await findBeginning('kv', history, {});
      if (verdict === 'valid' && !hasFailedCas(history)) t.not(beginning, 'none');
    }),
    effort(1000),
  );
  t.pass();
});

/** What found another value than nil says nothing of which one it was. */
function hasFailedCas(history: readonly { output: Value }[]): boolean {
  return history.some(({ output }) => output === false);
}

test('values that are put in and found are no beginning', async (t) => {
  const models: [ModelName, string, string][] = [
    ['fifo-queue', 'enqueue', 'dequeue'],
    ['unordered-queue', 'enqueue', 'dequeue'],
    ['stack', 'push', 'pop'],
    ['priority-queue', 'insert', 'poll'],
    ['max-priority-queue', 'insert', 'poll'],
  ];
  for (const [model, put, take] of models) {
    const operation = (index: number, f: string, input: Value, output: Value) =>
      ({ index, process: 0, f, input, output, outcome: 'ok', call: 2 * index, ret: 2 * index + 1 }) as const;
    const lost = [operation(0, put, 1, null), operation(1, take, null, null)];
    t.is(await findBeginning(model, lost, {}), 'none', model);
    const twice = [operation(0, put, 1, null), operation(1, take, null, 1), operation(2, take, null, 1)];
    t.deepEqual(await findBeginning(model, twice, {}), { initial: [1] }, model);
  }
});

import test from 'ava';
import { fc } from '@fast-check/ava';
import { GrowingNumbers, NarrowNumbers } from '../../src/checker/transactions/growing-numbers.ts';
import { holds } from '../holds.ts';

const few = fc.nat(2 ** 16 - 1);
const large = fc.integer({ min: 2 ** 16, max: 2 ** 32 - 1 });
const numbers = fc.array(fc.oneof({ weight: 50, arbitrary: few }, { weight: 1, arbitrary: large }), {
  maxLength: 700,
});

test('numbers are what was pushed, whenever the first one comes that takes more room', (t) => {
  holds(
    t,
    fc.property(numbers, (pushed) => {
      const narrow = new NarrowNumbers();
      for (const each of pushed) narrow.push(each);
      t.is(narrow.length, pushed.length);
      t.deepEqual(
        pushed.map((_, at) => narrow.at(at)),
        pushed,
      );
    }),
  );
});

test('a list grows as it needs to, and tells where each number is', (t) => {
  const list = new GrowingNumbers('float64', [7, 8]);
  for (let at = 2; at < 1_000; at++) t.is(list.push(at / 2), at);
  t.is(list.length, 1_000);
  t.deepEqual([...list.values.subarray(0, 4)], [7, 8, 1, 1.5]);
  t.is(list.values[999], 499.5);
});
